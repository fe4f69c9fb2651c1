# What does the parent learn when a worker dies, or when a result or an exception cannot be sent?
# sphinx_gallery_timeout = 90
from __future__ import print_function

import multiprocessing
import os
import signal
import sys

COUNT = 20  # so often a worker is killed for each start method
METHODS = getattr(multiprocessing, "get_all_start_methods", lambda: ["fork"])()
METHOD = "fork" if "fork" in METHODS else "spawn"
PATIENCE = 1 if METHOD == "fork" else 20  # seconds; a spawned worker starts slowly


class Picky(Exception):
    """An exception that pickle cannot make again: it needs two arguments."""

    def __init__(self, one, two):
        Exception.__init__(self, "needs two arguments")


def die(_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def leave(_):
    os._exit(7)


def make_lambda(_):
    return lambda: None


def raise_picky(_):
    raise Picky(1, 2)


def with_pool(task):
    context = (
        multiprocessing.get_context(METHOD)
        if hasattr(multiprocessing, "get_context")
        else multiprocessing
    )
    pool = context.Pool(1)
    try:
        pool.map_async(task, [1]).get(PATIENCE)
        return "no error"
    except multiprocessing.TimeoutError:
        return "no answer (waited %d s)" % PATIENCE
    finally:
        try:
            pool.terminate()
        except AssertionError:  # the thread that takes results has died
            pass


def executor_of_one(method=METHOD):
    from concurrent.futures import ProcessPoolExecutor

    options = (
        {"mp_context": multiprocessing.get_context(method)}
        if sys.version_info >= (3, 7)
        else {}
    )
    return ProcessPoolExecutor(1, **options)


def with_executor(task):
    from concurrent.futures import TimeoutError

    executor = executor_of_one()
    try:
        executor.submit(task, 1).result(2 * PATIENCE)
        return "no error"
    except TimeoutError:
        return "no answer (waited %d s)" % (2 * PATIENCE)
    finally:
        executor.shutdown(wait=False)


def causes(method):
    """Kill a worker so many times; return the causes that name its exit code."""
    found = []
    for _ in range(COUNT):
        executor = executor_of_one(method)
        cause = str(getattr(executor.submit(die, 1).exception(), "__cause__", ""))
        executor.shutdown()
        found += [line for line in cause.splitlines() if "exit code" in line]
    return found


def attempt(name, way, task):
    try:
        result = way(task)
    except Exception as error:
        result = "%s: %s" % (
            type(error).__name__,
            str(error).splitlines()[0] if str(error) else "",
        )
    print("%s: %s" % (name, result))
    sys.stdout.flush()


if __name__ == "__main__":
    cases = [
        ("a worker is killed", die), ("a worker calls os._exit(7)", leave), ("the result is a lambda", make_lambda),
        ("an exception cannot be unpickled", raise_picky),
    ]  # fmt: skip
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # tracebacks of threads and workers
    for name, task in cases:
        attempt("Pool, " + name, with_pool, task)
    try:
        import concurrent.futures
    except ImportError:
        print("Executor, a worker is killed: there is no concurrent.futures here")
    else:
        for name, task in cases:
            attempt("Executor, " + name, with_executor, task)
        # Which of the two the executor learns first, that the worker is gone or its
        # exit code, is a matter of chance: so it is counted.
        told = []
        if sys.version_info >= (3, 7):
            for method in sorted(METHODS):
                lines = causes(method)
                told += lines
                print(
                    "Executor, the cause names the exit code, %s: %d of %d"
                    % (method, len(lines), COUNT)
                )
                sys.stdout.flush()
        print(
            "Executor, such a cause: %s" % (told[0].strip("'\" ") if told else "none")
        )
    # Not by the usual way out, which would wait for what hangs.
    for process in multiprocessing.active_children():
        process.terminate()
        process.join()
    os._exit(0)
