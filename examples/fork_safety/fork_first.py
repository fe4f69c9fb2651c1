"""
Fork first, start threads later
===============================

A program that starts all its children before its first thread may fork safely. At that
moment no other thread exists, so nobody else can have a lock, and no half-finished
work is copied.

Here the workers of a pool are forked first. Then a thread takes the lock that the
tasks need:
"""

# sphinx_gallery_tags = ["fork", "threads", "Pool"]

import multiprocessing
import threading

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")
lock = threading.Lock()
finished = threading.Event()


def task(n):
    with lock:
        return n * n


def hold_the_lock():
    with lock:
        locked.set()
        finished.wait()


if __name__ == "__main__":
    with fork.Pool(2) as pool:
        locked = threading.Event()
        thread = threading.Thread(target=hold_the_lock)
        thread.start()
        locked.wait()

        print("with the lock held in the parent:", pool.map(task, range(5)))

# %%
# Each worker has its own copy of the lock, copied while it was free.
#
# The rule is easy to break without noticing, because pools fork again. A pool with
# ``maxtasksperchild`` replaces its workers, and any pool replaces a worker that died.
# The replacement is forked late, from a thread of the pool:

if __name__ == "__main__":
    finished.set()
    thread.join()
    finished.clear()

    with fork.Pool(2, maxtasksperchild=1) as pool:
        locked.clear()
        thread = threading.Thread(target=hold_the_lock)
        thread.start()
        locked.wait()

        results = [pool.apply_async(task, (n,)) for n in range(5)]
        for n, result in enumerate(results):
            try:
                print(f"task {n}:", result.get(timeout=0.5))
            except multiprocessing.TimeoutError:
                print(f"task {n}: no result")
    finished.set()
    thread.join()

# %%
# What to look at
# ---------------
# The first workers did their one task each. Their successors inherited the lock locked,
# and from there on there was no result.
#
# So the rule has a second half: and never fork again. A fixed set of
# :class:`multiprocessing.Process` objects keeps it, and a
# :class:`~concurrent.futures.ProcessPoolExecutor` on fork, which starts all its
# workers at the first task, keeps it if you submit one early. If you cannot say when
# the last fork happens, use the forkserver. It is this very rule made into a process:
# forked from nothing, without threads, and all children come from it. The rule holds
# for it, too: :doc:`/gallery/fork_safety/thread_in_forkserver`.
