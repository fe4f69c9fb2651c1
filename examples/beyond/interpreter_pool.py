# /// script
# requires-python = ">=3.14"
# ///
"""
Interpreters instead of processes
=================================

:class:`~concurrent.futures.InterpreterPoolExecutor` runs tasks in interpreters of one
process, each with a GIL of its own: they compute in parallel like processes, and
start faster, but one crash ends them all. It exists since Python 3.14 (:pep:`734`).
"""

# sphinx_gallery_needs = ["python>=3.14"]
# sphinx_gallery_tags = ["interpreters", "ProcessPoolExecutor", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import concurrent.futures
import importlib
import multiprocessing
import os
import sys
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and sys.version_info < (3, 14):
    print("This example needs Python 3.14 or later.")
    raise SystemExit
# sphinx_gallery_end_ignore

seen = []


def remember(n):
    seen.append(n)
    return os.getpid(), list(seen)


if __name__ == "__main__":
    with concurrent.futures.InterpreterPoolExecutor(1) as executor:
        for pid, kept in executor.map(remember, range(3)):
            print(f"same process {pid == os.getpid()}, the list there: {kept}")
    print("the list here:", seen)

# %%
# One process, and still two lists: each interpreter has its own modules and globals.
# As with ``spawn``, the script is run there to find the function. A lambda gets through
# if it needs nothing but itself, and not if it uses a global; and an extension module
# gets through only if it was made for this:

limit = 10


def load(name):
    importlib.import_module(name)
    return "loaded"


def attempt(title, function, *args):
    try:
        print(f"{title}:", executor.submit(function, *args).result())
    except Exception as error:
        message = str(error).rpartition(") ")[2]
        print(f"{title}: {type(error).__name__}: {message}")


if __name__ == "__main__":
    with concurrent.futures.InterpreterPoolExecutor(1) as executor:
        attempt("lambda", lambda: 1)
        attempt("lambda with a global", lambda: limit)
        attempt("sqlite3", load, "sqlite3")
        attempt("readline", load, "readline")

# %%
# Measured
# --------
# A computation on each of two workers, and the time from nothing to the first result and
# back to nothing, the best of three.


def countdown(n):
    while n > 0:
        n -= 1


def spawned(workers):
    context = multiprocessing.get_context("spawn")
    return concurrent.futures.ProcessPoolExecutor(workers, mp_context=context)


def first_result(make):
    with make(1) as executor:
        executor.submit(countdown, 1).result()


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    serial = timed(lambda: [countdown(4_000_000) for _ in range(2)])
    print("                       start and end   two countdowns (serial = 1)")
    for name, make in {
        "threads": concurrent.futures.ThreadPoolExecutor,
        "interpreters": concurrent.futures.InterpreterPoolExecutor,
        "processes (spawn)": spawned,
    }.items():
        first = min(timed(lambda: first_result(make)) for _ in range(3))
        with make(2) as executor:
            list(executor.map(time.sleep, [0.2, 0.2]))  # both are up
            both = timed(lambda: list(executor.map(countdown, [4_000_000] * 2)))
        print(f"{name:20} {first * 1000:11.1f} ms {both / serial:18.2f}")

# %%
# What to look at
# ---------------
# On an idle machine with two CPUs, interpreters and processes come to about half of
# the serial time; threads only on a free-threaded build. An interpreter is up sooner
# than a spawned process, later than a thread.
#
# What it costs
# -------------
# Extension modules must support it; those that do not raise :exc:`ImportError`, so try
# yours first. Output, working directory and signals are those of the one process, and
# so is its memory when it runs out: a crash or a kill takes everything.
#
# ``os.environ`` is not: it is a copy that each interpreter makes when it imports
# :mod:`os`. What one changes in it afterwards no other interpreter sees in its own:


def look(name):
    return os.environ.get(name)


def change_folder(path):
    os.chdir(path)


if __name__ == "__main__":
    here = os.getcwd()
    with concurrent.futures.InterpreterPoolExecutor(1) as executor:
        executor.submit(len, "the interpreter is up").result()
        print("before:", executor.submit(look, "COLOUR").result())
        os.environ["COLOUR"] = "blue"
        print("set here, seen there:", executor.submit(look, "COLOUR").result())
        executor.submit(change_folder, "/").result()
        print("folder changed there, changed here:", os.getcwd() != here)
        os.chdir(here)

# %%
#
# It is worth it for pure Python that computes, in a program that must not start
# processes, or starts many short ones.
