# Which changes of the version history does this Python have? Each is tried.
# sphinx_gallery_every_release = True
# sphinx_gallery_timeout = 180
from __future__ import print_function

import ctypes
import gc
import logging
import mmap
import multiprocessing
import multiprocessing.connection
import os
import pickle
import random
import resource
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings

AT_ONCE = 6  # probes; they mostly wait
QUIET = 4  # seconds without any use of a CPU: then a probe hangs whose "no" is that it hangs
PATIENCE = 60  # seconds that a probe is given
PROBES = []
IMPORTED_BY = os.getpid()
ARGUMENTS = sys.argv[1:]


class NotTried(Exception):
    """The question makes no sense here."""


def probe(function, hangs=False):
    PROBES.append((function.__name__.replace("_", "-"), function, hangs))
    return function


def probe_that_hangs(function):
    return probe(function, hangs=True)


def context(method):
    if not hasattr(multiprocessing, "get_all_start_methods"):
        raise NotTried("no start method can be chosen")
    if method not in multiprocessing.get_all_start_methods():
        raise NotTried("there is no %s" % method)
    return multiprocessing.get_context(method)


def since(*version):
    if sys.version_info < version:
        raise NotTried(
            "there is nothing to try before %s" % ".".join(map(str, version))
        )


def program(code, *options, **variables):
    """Run a program; return its last line, and its exit code."""
    process = subprocess.Popen(
        [sys.executable] + list(options) + ["-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
        env=dict(os.environ, **variables),
    )
    lines = process.communicate()[0].splitlines()
    return lines[-1] if lines else "", process.returncode


def forked(function, seconds=8):
    """Return what a function says in a forked child; None if it says nothing in time."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(writer, repr(function()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    ready = select.select([reader], [], [], seconds)[0]
    said = os.read(reader, 100) if ready else b""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return said.decode() or None


def report(sender, function):
    sender.send(function())
    sender.close()


def told_by_child(method, function):
    """Return what a function says in a child that is started with this method."""
    ctx = context(method)
    receiver, sender = ctx.Pipe(False)
    process = ctx.Process(target=report, args=(sender, function))
    process.start()
    said = receiver.recv() if receiver.poll(PATIENCE) else None
    process.join(5)
    return said


def nothing():
    pass


# -- Start methods


@probe
def forkserver_default():
    return getattr(multiprocessing, "get_start_method", nothing)() == "forkserver"


@probe
def spawn_without_temporary_folder():
    since(3, 14)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # no file can be written
    try:
        return multiprocessing.get_start_method() == "spawn"
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@probe
def spawn_leaves_method_open():
    process = context("spawn").Process(target=nothing)
    process.start()
    process.join()
    return multiprocessing.get_start_method(allow_none=True) is None


@probe
def freeze_support_under_spawn():
    context("spawn")
    said, _ = program("""if True:
        import multiprocessing.spawn, sys
        sys.frozen = True
        sys.argv[1:] = ["--multiprocessing-fork", "tracker_fd=3", "pipe_handle=4"]
        multiprocessing.spawn.spawn_main = lambda **known: print("begins as a child")
        multiprocessing.set_start_method("spawn")
        multiprocessing.freeze_support()
        print("goes on as the program")""")
    return said == "begins as a child"


@probe
def freeze_support_settles_nothing():
    context("spawn")
    multiprocessing.freeze_support()
    return multiprocessing.get_start_method(allow_none=True) is None


@probe
def x_options_reach_children():
    context("spawn")
    here = os.path.abspath(__file__)
    command = [sys.executable, "-X", "mine", here, "told-its-x-options"]
    return subprocess.check_output(command).split()[-1] == b"True"


def my_x_option():
    return sys._xoptions.get("mine")  # noqa: SLF001


def told_its_x_options():
    print(told_by_child("spawn", my_x_option))


@probe
def signals_stay_blocked():
    ctx = context("spawn")
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    process = ctx.Process(target=nothing)
    process.start()
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    process.join()
    return signal.SIGINT in blocked


@probe
def descriptors_not_inherited():
    reader, _ = os.pipe()
    code = "import os; os.fstat(%d)" % reader
    nowhere = open(os.devnull, "w")
    return (
        subprocess.call([sys.executable, "-c", code], stderr=nowhere, close_fds=False)
        != 0
    )


# -- The fork server


def server():
    from multiprocessing.forkserver import _forkserver

    context("forkserver")
    return _forkserver


@probe
def server_survives_ctrl_c():
    context("forkserver")
    told_by_child("forkserver", os.getpid)
    pid = server()._forkserver_pid  # noqa: SLF001
    os.kill(pid, signal.SIGINT)
    time.sleep(0.5)
    return os.waitpid(pid, os.WNOHANG) == (0, 0)


def how_imported():
    return IMPORTED_BY, ARGUMENTS, os.getppid()


@probe
def server_imports_main():
    imported_by, _, server_pid = told_by_child("forkserver", how_imported)
    return imported_by == server_pid


@probe
def server_sets_argv():
    imported_by, arguments, server_pid = told_by_child("forkserver", how_imported)
    if imported_by != server_pid:
        raise NotTried("the server does not import the main file")
    return arguments == sys.argv[1:]


@probe
def server_asks_for_key():
    told_by_child("forkserver", os.getpid)
    stranger = socket.socket(socket.AF_UNIX)
    stranger.settimeout(5)
    stranger.connect(server()._forkserver_address)  # noqa: SLF001
    try:
        return b"CHALLENGE" in stranger.recv(100)
    except socket.timeout:
        return False


# -- Forks of a process with threads


def with_thread(function):
    """Call a function while there is a second thread; return what it returns."""
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        return function()
    finally:
        over.set()
        thread.join()


def fork_and_wait():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def warnings_of(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [str(one.message) for one in caught if "fork" in str(one.message)]


@probe
def fork_warning():
    return bool(with_thread(lambda: warnings_of(fork_and_wait)))


@probe
def no_warning_for_thread_of_handler():
    since(3, 12)
    os.register_at_fork(
        after_in_parent=threading.Thread(target=time.sleep, args=(1,)).start
    )
    return not warnings_of(fork_and_wait)


@probe
def fork_warning_as_error():
    since(3, 12)
    warnings.simplefilter("error")
    me = os.getpid()
    try:
        with_thread(fork_and_wait)
        return False
    except DeprecationWarning:
        return True
    finally:
        if os.getpid() != me:  # the child has been forked by then
            os._exit(0)


@probe
def random_seeded_in_fork():
    random.random()
    return forked(random.random) != forked(random.random)


def handler_held_at_fork():
    """Return whether a forked child gets a handler's lock that a thread held, and how long the
    fork took.
    """
    handler = logging.StreamHandler()
    logging.getLogger().addHandler(handler)
    held = threading.Event()

    def hold():
        handler.acquire()
        held.set()
        time.sleep(4)
        handler.release()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    began = time.time()
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        handler.acquire()
        os.write(writer, b"got it")
        os._exit(0)
    took = time.time() - began
    got = bool(select.select([reader], [], [], 3)[0])
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return got, took


@probe
def logging_after_fork():
    return handler_held_at_fork()[0]


@probe
def fork_does_not_wait_for_logging():
    got, took = handler_held_at_fork()
    return got and took < 3


@probe
def warnings_after_fork():
    since(3, 14)
    from _warnings import _acquire_lock, _release_lock

    held = threading.Event()

    def hold():
        _acquire_lock()
        held.set()
        time.sleep(1)  # then the parent, which warns of the thread, goes on
        _release_lock()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    return forked(lambda: warnings.simplefilter("always")) is not None


# -- How children end


def call_exit():
    sys.exit()


@probe
def sys_exit_gives_0():
    process = multiprocessing.Process(target=call_exit)
    process.start()
    process.join()
    return process.exitcode == 0


def leave_thread(path):
    def write():
        time.sleep(0.5)
        open(path, "w").close()

    threading.Thread(target=write).start()


def leave_exit_handler(path):
    import atexit

    atexit.register(lambda: open(path, "w").close())


def file_made_by(methods, target):
    folder = tempfile.mkdtemp()
    try:
        for method in methods:
            path = os.path.join(folder, "file")
            ctx = context(method) if method else multiprocessing
            process = ctx.Process(target=target, args=(path,))
            process.start()
            process.join()
            if not os.path.exists(path):
                return False
            os.remove(path)
        return True
    finally:
        shutil.rmtree(folder)


def start_methods():
    return getattr(multiprocessing, "get_all_start_methods", lambda: [None])()


@probe
def threads_of_child_joined():
    return file_made_by(start_methods(), leave_thread)


@probe
def exit_handlers_in_children():
    return file_made_by(start_methods(), leave_exit_handler)


@probe
def no_fork_at_end():
    said, _ = program("""if True:
        import os
        class Last:
            def __del__(self, fork=os.fork, leave=os._exit, write=os.write, wait=os.waitpid):
                try:
                    pid = fork()
                except Exception:
                    write(1, b"refused")
                else:
                    if pid == 0: leave(0)
                    wait(pid, 0)
                    write(1, b"forked")
        last = Last()""")
    return said == "refused"


@probe
def exit_handlers_may_fork():
    said, _ = program("""if True:
        import atexit, os
        def last():
            try:
                pid = os.fork()
            except Exception:
                os.write(1, b"refused")
            else:
                if pid == 0: os._exit(0)
                os.waitpid(pid, 0)
                os.write(1, b"forked")
        atexit.register(last)""")
    return said == "forked"


USES_TRACKER = """if True:
    import multiprocessing, os, time
    lock = multiprocessing.get_context("spawn").Lock()
    """


@probe
def tracker_is_waited_for():
    """If its program does not wait for it, the tracker is left to the subreaper. (A process 1 is
    one, too.) A program that looks only once could be lucky, so it is tried five times.
    """
    context("spawn")
    if not sys.platform.startswith("linux"):
        raise NotTried("there are no subreapers here")
    PR_SET_CHILD_SUBREAPER = 36
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    left = 0
    for _ in range(5):
        program(USES_TRACKER)
        try:
            os.waitpid(-1, 0)
            left += 1
        except OSError:  # there is no child to wait for
            pass
    return not left


@probe
def forked_child_may_stay():
    context("spawn")
    ended = tempfile.NamedTemporaryFile()
    child = "time.sleep(8); open(%r, 'w').write('ended'); os._exit(0)" % ended.name
    code = USES_TRACKER + "\n    if os.fork() == 0: " + child
    nowhere = open(os.devnull, "w")
    subprocess.call([sys.executable, "-c", code], stdout=nowhere, stderr=nowhere)
    return os.path.getsize(ended.name) == 0


# -- Queues, pipes, locks, managers


@probe_that_hangs
def ctrl_c_interrupts_locks():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    lock = threading.Lock()
    lock.acquire()
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.daemon = True
    timer.start()
    try:
        lock.acquire()
    except KeyboardInterrupt:
        return True


@probe
def closed_queue_value_error():
    queue = multiprocessing.Queue()
    queue.close()
    found = []
    for method in (lambda: queue.put(1), lambda: queue.get(False)):
        try:
            method()
        except Exception as error:
            found.append(type(error).__name__)
    return True if found == ["ValueError"] * 2 else "no (%s)" % ", ".join(found)


@probe
def message_over_2_gib():
    reader, writer = multiprocessing.Pipe()
    try:
        message = mmap.mmap(-1, (2 << 30) + 1)  # of memory that is never touched
    except (OSError, ValueError, OverflowError) as error:
        raise NotTried("no memory for it: %s" % error)
    reader.close()  # that the pipe is broken is noticed only after the length
    try:
        writer.send_bytes(message)
    except (IOError, OSError) as error:
        return "roken pipe" in str(error)
    except Exception as error:
        return "no (%s)" % type(error).__name__


@probe
def fork_lock_in_spawned_child():
    try:
        context("spawn").Process(target=nothing, args=(context("fork").Lock(),)).start()
        return False
    except RuntimeError:
        return True


@probe
def authentication_by_sha256():
    ours, theirs = multiprocessing.Pipe()
    challenge = threading.Thread(
        target=multiprocessing.connection.deliver_challenge, args=(ours, b"key")
    )
    challenge.daemon = True
    challenge.start()
    return b"{sha256}" in theirs.recv_bytes()


@probe
def nested_proxies():
    manager = multiprocessing.Manager()
    outer = manager.dict()
    outer["inner"] = manager.list([1])
    outer["inner"].append(2)
    return list(outer["inner"]) == [1, 2]


@probe
def long_temporary_folder():
    context("fork")
    folder = tempfile.mkdtemp("_of_a_long_name" * 6)
    try:
        said, _ = program(
            "import multiprocessing\n"
            "with multiprocessing.get_context('fork').Manager(): print('works')",
            TMPDIR=folder,
        )
        return said == "works"
    finally:
        shutil.rmtree(folder)


@probe
def pickling_says_where():
    try:
        pickle.dumps({"key": nothing, "other": lambda: None})
    except Exception as error:
        return bool(getattr(error, "__notes__", None))


@probe
def cpu_count_option():
    code = "import os; print(os.process_cpu_count())"
    return program(code, "-X", "cpu_count=1")[0] == "1"


# -- Pools and executors


def executor_of(workers, method=None, **options):
    futures = concurrent_futures()
    if method:
        since(3, 7)
        options["mp_context"] = context(method)
    return futures.ProcessPoolExecutor(workers, **options)


def concurrent_futures():
    try:
        import concurrent.futures
    except ImportError:
        raise NotTried("there is no concurrent.futures")
    return concurrent.futures


def kill_myself(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def divide_by_zero(_):
    return 1 / 0


def error_of(function, *arguments):
    try:
        function(*arguments)
    except Exception as error:
        return error


@probe_that_hangs
def dead_worker_breaks_executor():
    error = error_of(executor_of(1).submit(kill_myself).result)
    return type(error).__name__ == "BrokenProcessPool"


@probe
def executor_remote_traceback():
    error = error_of(executor_of(1).submit(divide_by_zero, 1).result)
    return "divide_by_zero" in str(getattr(error, "__cause__", ""))


@probe
def pool_remote_traceback():
    error = error_of(multiprocessing.Pool(1).apply, divide_by_zero, (1,))
    return "divide_by_zero" in str(getattr(error, "__cause__", ""))


@probe_that_hangs
def executor_after_unpicklable_task():
    executor = executor_of(1)
    error = error_of(executor.submit(abs, lambda: 0).result)
    return error is not None and executor.submit(abs, -1).result() == 1


@probe
def pool_resource_warning():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pool = multiprocessing.Pool(1)
        del pool
        gc.collect()
    return any("pool" in str(one.message) for one in caught)


@probe
def executor_workers_on_demand():
    executor = executor_of(3, "spawn")
    executor.submit(abs, -1).result()
    return len(multiprocessing.active_children()) == 1


@probe
def idle_threads_used_again():
    executor = concurrent_futures().ThreadPoolExecutor(3)
    for _ in range(3):
        executor.submit(abs, -1).result()
        time.sleep(0.5)
    return threading.active_count() == 2


@probe
def tasks_end_before_exit_handlers():
    concurrent_futures()
    said, _ = program("""if True:
        import atexit, sys, time
        from concurrent.futures import ThreadPoolExecutor
        def say(what, seconds=0):
            time.sleep(seconds)
            print(what)
            sys.stdout.flush()
        ThreadPoolExecutor(1).submit(say, "task", 1)
        atexit.register(say, "handler")""")
    return said == "handler"


@probe
def one_timeout_error():
    return concurrent_futures().TimeoutError is getattr(
        __builtins__, "TimeoutError", None
    )


@probe
def no_max_tasks_with_fork():
    since(3, 11)
    error = error_of(lambda: executor_of(1, "fork", max_tasks_per_child=1))
    return isinstance(error, ValueError)


def kill_myself_at_1(number, _):
    if number == 1:
        kill_myself()


@probe_that_hangs
def executor_ends_though_it_was_writing():
    executor = executor_of(2)
    tasks = [executor.submit(kill_myself_at_1, n, bytes(30000000)) for n in range(10)]
    executor.shutdown()
    return type(error_of(tasks[-1].result)).__name__ == "BrokenProcessPool"


@probe_that_hangs
def very_many_tasks():
    """The thread that looks after the executor runs a callback, until more tasks are submitted
    than the pipe that wakes it can tell it of.
    """
    tasks = []
    waits = threading.Event()

    def wait_until_no_more_are_submitted(_):
        waits.set()
        before = -1
        while len(tasks) != before:
            before = len(tasks)
            time.sleep(1)

    executor = executor_of(1)
    first = executor.submit(time.sleep, 1)
    first.add_done_callback(wait_until_no_more_are_submitted)
    waits.wait()
    for _ in range(20000):
        tasks.append(executor.submit(abs, -1))  # noqa: PERF401 (the callback counts them)
    return tasks[0].result() == 1


def pid_of_worker(_):
    return os.getpid()


@probe_that_hangs
def max_tasks_replaces_workers():
    since(3, 11)
    executor = executor_of(1, "spawn", max_tasks_per_child=2)
    tasks = [executor.submit(pid_of_worker, n) for n in range(5)]
    return len({task.result() for task in tasks}) == 3


@probe_that_hangs
def work_done_after_shutdown():
    since(3, 11)
    executor = executor_of(1, "spawn", max_tasks_per_child=2)
    tasks = [executor.submit(pid_of_worker, n) for n in range(5)]
    executor.shutdown(wait=False)
    return len({task.result() for task in tasks}) == 3


@probe_that_hangs
def dropped_executor_fails_its_work():
    since(3, 11)
    executor = executor_of(1, "spawn", max_tasks_per_child=2)
    tasks = [executor.submit(pid_of_worker, n) for n in range(5)]
    del executor
    gc.collect()
    return type(error_of(tasks[-1].result)).__name__ == "BrokenProcessPool"


@probe
def each_task_its_own_error():
    executor = executor_of(1)
    tasks = [executor.submit(kill_myself), executor.submit(abs, -1)]
    first, second = [error_of(task.result) for task in tasks]
    return first is not second


@probe
def cause_names_exit_code():
    error = error_of(executor_of(1, "forkserver").submit(kill_myself).result)
    return "exit code -9" in str(error.__cause__)


# -- Run them: each in a process of its own, bounded in time


def answer(function):
    try:
        said = function()
    except NotTried as reason:
        return "not tried: %s" % reason
    except Exception as error:
        return "no (%s)" % type(error).__name__
    return {True: "yes", False: "no"}.get(said, said)


def start(name):
    output = tempfile.NamedTemporaryFile()
    nowhere = open(os.devnull, "w")
    # As without the recorder, which would be in every process.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, os.path.abspath(__file__), name]
    return output, subprocess.Popen(
        command,
        stdout=output,
        stderr=nowhere,
        env=environment,
        preexec_fn=os.setsid,  # noqa: PLW1509 (2.7 has no start_new_session, and there are no threads)
    )


def used():
    """Return how much CPU the processes of each session have used, as far as this system tells."""
    sessions = {}
    for pid in filter(
        str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()
    ):
        try:
            with open("/proc/%s/stat" % pid) as file:
                fields = file.read().rpartition(")")[2].split()
        except (IOError, OSError):  # it has ended
            continue
        session = int(fields[3])
        sessions[session] = sessions.get(session, 0) + sum(map(int, fields[11:15]))
    return sessions


def result(output, process, hung):
    """Return what a probe said, when it has ended, hangs, or its time is over."""
    code = process.poll()
    try:
        os.killpg(process.pid, signal.SIGKILL)  # and what it left behind
    except OSError:
        pass
    process.wait()
    with open(output.name) as file:
        said = [line[8:].strip() for line in file if line.startswith("answer: ")]
    if said:
        return said[-1]
    if code is not None:
        return "not tried: ended with %d" % code
    return "no (it hangs)" if hung else "not tried: no answer in %d s" % PATIENCE


def run_all():
    waiting = sorted(
        PROBES, key=lambda one: not one[2]
    )  # first those that take their time
    running, answers = {}, {}
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            name, _, hangs = waiting.pop(0)
            output, process = start(name)
            running[name] = [output, process, hangs, time.time(), 0, time.time()]
        cpu = used()
        for name, (output, process, hangs, began, before, moved) in list(
            running.items()
        ):
            now = cpu.get(process.pid, 0)
            if now != before:
                running[name][4:] = [now, time.time()]
            hung = hangs and time.time() - moved > QUIET
            if process.poll() is not None or hung or time.time() - began > PATIENCE:
                answers[name] = result(output, process, hung)
                del running[name]
        time.sleep(0.05)
    for name, _, _ in PROBES:
        print("%s: %s" % (name, answers[name]))


if __name__ == "__main__":
    functions = {name: function for name, function, _ in PROBES}
    if sys.argv[1:] == ["told-its-x-options"]:
        told_its_x_options()
    elif sys.argv[1:]:
        print("answer: %s" % answer(functions[sys.argv[1]]))
        sys.stdout.flush()
        os._exit(0)
    elif hasattr(os, "fork"):
        run_all()
    else:
        print("fork-warning: not tried: there is no fork here")
