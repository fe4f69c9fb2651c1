"""
The same pool, with threads
===========================

:class:`multiprocessing.pool.ThreadPool` has the methods of a ``Pool`` and threads for
workers: nothing is pickled, nothing is started anew, and everything is shared. For
tasks that wait it does what processes do, and for tasks that compute it does not.

:mod:`multiprocessing.dummy` is the same for the whole module: its ``Process`` is a
thread, its ``Pool`` is a ``ThreadPool``.
"""

# sphinx_gallery_tags = ["ThreadPool", "multiprocessing.dummy", "Pool", "threads", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import multiprocessing
import multiprocessing.dummy
import os
import sys
import threading
import time
from multiprocessing.pool import ThreadPool

results = []


def remember(n):
    results.append(n)
    return os.getpid(), threading.current_thread() is threading.main_thread()


if __name__ == "__main__":
    for kind in (multiprocessing.Pool, ThreadPool):
        results.clear()
        with kind(2) as pool:
            where = pool.map(remember, range(4))
        elsewhere = {pid for pid, _ in where} - {os.getpid()}
        name = type(pool).__name__
        print(
            f"{name}: in other processes {bool(elsewhere)}, list here {sorted(results)}"
        )

# %%
# The threads filled the list of this process, and the processes each a copy of it.
# Nor is there anything to pickle, so a lambda is welcome:

if __name__ == "__main__":
    with ThreadPool(2) as pool:
        print(pool.map(lambda n: n * n, range(4)))
    with multiprocessing.dummy.Pool(2) as pool:
        print("multiprocessing.dummy.Pool is a", type(pool).__name__)
    process = multiprocessing.dummy.Process(target=print, args=("from a thread",))
    process.start()
    process.join()
    print("dummy.Process is a thread:", isinstance(process, threading.Thread))

# %%
# Which tasks?
# ------------
# One task waits, as for a server, the other computes. How many times as fast as a loop
# are two workers?


def wait(_):
    time.sleep(0.05)


def compute(_):
    for _ in range(1_000_000):
        pass


def timed(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print("the GIL is", "on" if has_gil else "off", "in this interpreter")
    for task in (wait, compute):
        alone = timed(lambda task=task: [task(n) for n in range(8)])
        for kind in (multiprocessing.Pool, ThreadPool):
            with kind(2) as pool:
                pool.map(wait, range(2), chunksize=1)  # the workers are up
                both = timed(
                    lambda task=task, pool=pool: pool.map(task, range(8), chunksize=1)
                )
            print(
                f"{task.__name__:8} {type(pool).__name__:11} {alone / both:.1f} times"
            )

# %%
# What to look at
# ---------------
# For ``wait`` the two are alike. For ``compute`` the threads stay at about 1 where the
# GIL is on; the processes gain as far as CPUs are idle.
#
# What to mind
# ------------
# - A thread cannot be killed. ``terminate`` of a ``ThreadPool`` stops handing out tasks,
#   and then waits for those that run.
# - A ``ThreadPool`` in the parent is a danger to children that are forked:
#   :doc:`/gallery/fork_safety/thread_pool_in_parent`.
# - In new code :class:`~concurrent.futures.ThreadPoolExecutor` is the more usual choice,
#   and changes places with the ``ProcessPoolExecutor`` in the same way.
