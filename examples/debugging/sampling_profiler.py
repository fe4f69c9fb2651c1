# /// script
# requires-python = ">=3.15"
# ///
"""
Profile a worker while it runs
==============================

Since Python 3.15 the standard library can attach to a running process and say where it
spends its time, without a change to the program and without slowing it down much.
:mod:`profiling.sampling` takes the pid of any worker.
"""

# sphinx_gallery_needs = ["python>=3.15", "linux"]
# sphinx_gallery_tags = ["profiler", "3.15", "Linux"]

import ctypes
import multiprocessing
import subprocess
import sys


def allow_tracing():
    """Let any process of this user look into this one (Linux, Yama)."""
    PR_SET_PTRACER = 0x59616D61
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1))


def parse(lines):
    return [line.split(",") for line in lines]


def add_up(rows):
    total = 0
    for row in rows:
        for field in row:
            total += int(field)
    return total


def work(ready, done):
    allow_tracing()
    ready.set()
    lines = ["1,2,3,4,5,6,7,8"] * 2000
    while not done.is_set():
        add_up(parse(lines))


def sampling(command, process, *options):
    """Run the profiler on a process and return what it prints."""
    result = subprocess.run(
        [sys.executable, "-m", "profiling.sampling", command, *options]
        + [str(process.pid)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=20,
    )
    return result.stdout


if __name__ == "__main__":
    if sys.version_info < (3, 15) or sys.platform != "linux":
        print("profiling.sampling is new in Python 3.15; this script needs Linux")
        sys.exit()
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=work, args=(ready, done), daemon=True)
    process.start()
    ready.wait()
    table = sampling("attach", process, "--duration=1", "--limit=5", "--no-summary")
    print(table.partition("\n\nLegend")[0])

# %%
# ``tottime`` is the time in the function itself, ``cumtime`` includes what it calls.
# Most samples are in ``add_up``, which turns each field into a number; ``parse``, with
# the list in it, takes less. Make ``add_up`` faster, and the worker is; with ``parse``
# there is little to be gained.
#
# The same tool has the stack of this moment, with the source lines:

if __name__ == "__main__":
    print(sampling("dump", process))
    done.set()
    process.join()
    print("the worker ended with exit code", process.exitcode)

# %%
# What to do
# ----------
# * For a whole program, start it under the profiler:
#   ``python -m profiling.sampling run --subprocesses program.py`` writes one file for
#   each process.
# * ``--flamegraph -o out.html`` draws; ``--mode=cpu`` counts only the time on a
#   processor, ``--mode=wall``, the default, also counts waiting.
# * For a process that hangs, ``dump`` does what
#   :doc:`/gallery/debugging/py_spy_dump` does, with nothing to install. It can only look
#   into a process of its own version of Python.
