"""
Counting what leaks
===================

A leak shows when the same thing is done several times and a count keeps growing. Count
file descriptors, threads, children and shared memory before and after, and whatever is
not zero has not been given back.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["leak", "resources", "spawn", "Linux"]

import gc
import multiprocessing
import os
import sys
import threading
from multiprocessing import shared_memory
from pathlib import Path

ROUNDS = 5
GIVE_BACK = []  # what should have been called, and keeps the object alive till then


def count():
    """Return how much of everything this process holds."""
    children = multiprocessing.active_children()  # which also joins those that ended
    gc.collect()
    return {
        "children": len(children),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "threads": threading.active_count(),
        "blocks of shared memory": len(list(Path("/dev/shm").glob("leak_demo_*"))),
    }


def watch(function):
    """Call a function several times and print what has grown."""
    before = count()
    for _ in range(ROUNDS):
        function()
    grown = {name: n - before[name] for name, n in count().items() if n != before[name]}
    print(f"{function.__name__}: {grown or 'nothing'}")


def work():
    pass


def started_process():
    process = context.Process(target=work)
    process.start()
    process.join()
    GIVE_BACK.append(process.close)


def pool():
    pool = context.Pool(1)
    pool.apply(work)
    GIVE_BACK.extend([pool.terminate, pool.join])


def queue():
    queue = context.Queue()
    queue.put("something")
    GIVE_BACK.extend([queue.get, queue.close, queue.join_thread])


def shared_block():
    name = f"leak_demo_{os.getpid()}_{len(GIVE_BACK)}"
    block = shared_memory.SharedMemory(name, create=True, size=1000)
    GIVE_BACK.extend([block.close, block.unlink])


if __name__ == "__main__":
    if sys.platform != "linux":
        print("this script reads /proc, which needs Linux")
        sys.exit()
    context = multiprocessing.get_context("spawn")
    started_process()  # starts a helper too, which is no leak: it comes only once
    GIVE_BACK.pop()()
    before = count()
    for function in (started_process, pool, queue, shared_block):
        watch(function)

# %%
# Each process was joined, and yet it holds descriptors, one of them its ``sentinel``. A
# pool that nobody ended has its worker, its threads and its pipes. A queue has the
# thread that feeds it. A block of shared memory would even outlive the program, if the
# resource tracker did not remove it.
#
# Giving back
# -----------
# All of it can be given back, by a method that is easily forgotten.

if __name__ == "__main__":
    for release in GIVE_BACK:
        release()
    GIVE_BACK.clear()
    after = count()
    print({name: after[name] - before[name] for name in after})

# %%
# What to do
# ----------
# * Use ``with`` for pools, executors and managers, :func:`contextlib.closing` for
#   queues, and call :meth:`Process.close <multiprocessing.Process.close>` on processes
#   that you keep.
# * Put ``count()`` around a test, or around one request of a service, and repeat: what
#   grows with every round is a leak, what grows once is a helper or a cache.
# * ``python -X dev`` shows a :exc:`ResourceWarning` for some of these.
# * For shared memory see :doc:`/gallery/communication/leaked_shared_memory`.
