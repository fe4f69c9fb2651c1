# Which names and parameters of the version history does this Python have?
# sphinx_gallery_every_release = True
from __future__ import print_function

import importlib

# Each probe and what it looks for: a path, and, in brackets, parameters.
PROBES = [
    ("pool-maxtasksperchild", "multiprocessing.pool.Pool.__init__(maxtasksperchild)"),
    ("concurrent-futures", "concurrent.futures.ProcessPoolExecutor"),
    ("broken-process-pool", "concurrent.futures.process.BrokenProcessPool"),
    ("faulthandler", "faulthandler.dump_traceback_later"),
    ("process-daemon-argument", "multiprocessing.Process.__init__(daemon)"),
    ("process-sentinel", "multiprocessing.Process.sentinel"),
    ("connection-wait", "multiprocessing.connection.wait"),
    ("pool-starmap", "multiprocessing.pool.Pool.starmap"),
    ("barrier", "multiprocessing.Barrier"),
    ("pool-with", "multiprocessing.pool.Pool.__enter__"),
    ("manager-with", "multiprocessing.managers.BaseManager.__enter__"),
    ("listener-with", "multiprocessing.connection.Listener.__enter__"),
    ("set-start-method", "multiprocessing.set_start_method"),
    ("get-context", "multiprocessing.get_context"),
    ("get-all-start-methods", "multiprocessing.get_all_start_methods"),
    ("set-forkserver-preload", "multiprocessing.set_forkserver_preload"),
    ("executor-chunksize", "concurrent.futures.Executor.map(chunksize)"),
    (
        "thread-name-prefix",
        "concurrent.futures.ThreadPoolExecutor.__init__(thread_name_prefix)",
    ),
    ("register-at-fork", "os.register_at_fork"),
    ("gc-freeze", "gc.freeze"),
    ("process-kill", "multiprocessing.Process.kill"),
    ("process-close", "multiprocessing.Process.close"),
    (
        "executor-initializer",
        "concurrent.futures.ProcessPoolExecutor.__init__(mp_context initializer initargs)",
    ),
    ("shared-memory", "multiprocessing.shared_memory.SharedMemory"),
    ("shareable-list", "multiprocessing.shared_memory.ShareableList"),
    ("shared-memory-manager", "multiprocessing.managers.SharedMemoryManager"),
    ("resource-tracker", "multiprocessing.resource_tracker"),
    ("parent-process", "multiprocessing.parent_process"),
    (
        "cancel-futures",
        "concurrent.futures.ProcessPoolExecutor.shutdown(cancel_futures)",
    ),
    ("simple-queue-close", "multiprocessing.queues.SimpleQueue.close"),
    (
        "max-tasks-per-child",
        "concurrent.futures.ProcessPoolExecutor.__init__(max_tasks_per_child)",
    ),
    (
        "manager-shutdown-timeout",
        "multiprocessing.managers.BaseManager.__init__(shutdown_timeout)",
    ),
    ("process-cpu-count", "os.process_cpu_count"),
    (
        "shared-memory-track",
        "multiprocessing.shared_memory.SharedMemory.__init__(track)",
    ),
    ("process-interrupt", "multiprocessing.Process.interrupt"),
    ("terminate-workers", "concurrent.futures.ProcessPoolExecutor.terminate_workers"),
    ("kill-workers", "concurrent.futures.ProcessPoolExecutor.kill_workers"),
    ("executor-buffersize", "concurrent.futures.ProcessPoolExecutor.map(buffersize)"),
    ("lock-locked", "multiprocessing.synchronize.Lock.locked"),
    ("manager-set", "multiprocessing.managers.SyncManager.set"),
    ("interpreter-pool", "concurrent.futures.InterpreterPoolExecutor"),
    ("concurrent-interpreters", "concurrent.interpreters.create"),
    ("remote-exec", "sys.remote_exec"),
    (
        "preload-on-error",
        "multiprocessing.forkserver.ForkServer.set_forkserver_preload(on_error)",
    ),
    ("sampling-profiler", "profiling.sampling"),
]


def find(path):
    """Return what a dotted path leads to; the longest part that is a module is imported."""
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for name in parts[length:]:
            found = getattr(found, name)
        return found
    raise ImportError(path)


def there(path, parameters):
    try:
        found = find(path)
    except (ImportError, AttributeError):
        return False
    if not parameters:
        return True
    code = found.__code__
    known = code.co_varnames[: code.co_argcount + getattr(code, "co_kwonlyargcount", 0)]
    return all(name in known for name in parameters)


if __name__ == "__main__":
    for name, what in PROBES:
        path, _, parameters = what.rstrip(")").partition("(")
        print("%s: %s" % (name, "yes" if there(path, parameters.split()) else "no"))
