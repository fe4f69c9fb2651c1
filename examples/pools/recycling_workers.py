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
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

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
# The executor has the same since Python 3.11, under another name. Before Python 3.14.7
# it can stop for good with work still waiting, because the worker is not replaced
# (https://github.com/python/cpython/issues/115634), so it is not tried there. And it
# does not go together with ``fork``:

if __name__ == "__main__":
    if sys.version_info >= (3, 14, 7):
        with ProcessPoolExecutor(
            1, mp_context=context, max_tasks_per_child=3
        ) as executor:
            report("max_tasks_per_child=3 ", executor.map)
    else:
        print("max_tasks_per_child: not on this Python, it could hang")
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
