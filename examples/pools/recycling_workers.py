"""
Recycling workers
=================

``Pool(maxtasksperchild=n)`` and ``ProcessPoolExecutor(max_tasks_per_child=n)``
replace a worker after ``n`` tasks, and so give back whatever the tasks left behind in
it. That is a remedy for leaks you cannot mend, and it costs one process start each
time.

The task leaks on purpose: it keeps every item in a global list.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "spawn", "measures"]
# sphinx_gallery_files = {"PROGRAM": "program.py"}
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

leaked = []


def leaky(n):
    leaked.append(n)
    return os.getpid(), len(leaked)


def report(title, run):
    start = time.perf_counter()
    results = list(run(leaky, range(6)))
    seconds = time.perf_counter() - start
    workers = len({pid for pid, _ in results})
    most = max(count for _, count in results)
    print(f"{title} {workers:2} processes, {most:2} items leaked, {seconds:.2f} s")


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        report("one worker for all    ", pool.imap)
    with context.Pool(1, maxtasksperchild=3) as pool:
        report("maxtasksperchild=3    ", pool.imap)
    with context.Pool(1, maxtasksperchild=1) as pool:
        report("maxtasksperchild=1    ", pool.imap)

# %%
# What is a task?
# ---------------
# For a ``Pool`` a task is a chunk, not an item. ``map`` makes chunks by itself, so the
# same limit of one lets more pass than it did above:

if __name__ == "__main__":
    with context.Pool(1, maxtasksperchild=1) as pool:
        report("map, no chunksize     ", pool.map)

# %%
# The executor has the same since Python 3.11, under another name. Up to Python 3.13.14
# and 3.14.6 it stops for good with work still waiting, because the worker is not
# replaced (https://github.com/python/cpython/issues/115634). So a program of its own
# tries it, and is given up after a while. How far does it come on this Python?

PROGRAM = """
import multiprocessing, os
from concurrent.futures import ProcessPoolExecutor, as_completed

def task(_):
    return os.getpid()

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(1, mp_context=context, max_tasks_per_child=3)
    for future in as_completed([executor.submit(task, n) for n in range(6)]):
        print(future.result(), flush=True)
    executor.shutdown()
"""

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        script, output = Path(folder, "program.py"), Path(folder, "output")
        script.write_text(PROGRAM)
        with output.open("w") as file:
            program = subprocess.Popen([sys.executable, script], stdout=file)
            try:
                program.wait(timeout=5)
                end = "the program ended"
            except subprocess.TimeoutExpired:
                end = "the program hung, and was killed"
                program.kill()
                program.wait()
        pids = output.read_text().split()
    print(f"max_tasks_per_child=3: {len(pids)} of 6 tasks done", end=" ")
    print(f"by {len(set(pids))} processes; {end}")

# %%
# With the bug there are 3, by one process. Without it, 6 by two. And the limit does not
# go together with ``fork``:

if __name__ == "__main__":
    if "fork" in multiprocessing.get_all_start_methods():
        fork = multiprocessing.get_context("fork")
        try:
            ProcessPoolExecutor(1, mp_context=fork, max_tasks_per_child=3)
        except ValueError as error:
            print("ValueError:", error)

# %%
# What to look at
# ---------------
# The more often the worker is replaced, the fewer items it has leaked, and the longer
# it all takes. Choose ``n`` so large that a start is nothing beside ``n`` tasks.
#
# On a Python with the bug, use the ``Pool``'s limit, or end the executor yourself after
# so many tasks and make a new one.
