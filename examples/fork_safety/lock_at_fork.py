"""
A lock held at fork
===================

A lock that another thread holds at the moment of :func:`os.fork` is locked in the
child for ever. The child gets a copy of all memory, and so of the locked lock, but
only one thread: the one that called fork. The thread that would release the lock
does not exist there.

Nothing below is written in C. Pure Python code is not protected from this.
"""

# sphinx_gallery_tags = ["fork", "forkserver", "spawn", "threads"]

import faulthandler
import multiprocessing
import threading
import time

lock = threading.Lock()
done = threading.Event()


def hold_the_lock():
    with lock:
        done.wait()


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("child's threads:", [thread.name for thread in threading.enumerate()])
    print("is the lock locked?", lock.locked())
    with lock:
        print("the child has the lock")


# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
if __name__ == "__main__":
    thread = threading.Thread(target=hold_the_lock, name="holder")
    thread.start()
    while not lock.locked():
        time.sleep(0.01)
    print("parent's threads:", [thread.name for thread in threading.enumerate()])

    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=child)
    process.start()
    process.join()
    print("exit code of the child:", process.exitcode)

# %%
# The child never got the lock. :func:`faulthandler.dump_traceback_later` has a watchdog
# print the stack of the stuck process after one second and end it. Read it from the
# top: the innermost line is ``with lock:``. Below it stand the parent's own frames,
# down to the module, since they too were copied.
#
# It is not a matter of luck. Twenty children more, forked while the thread holds the
# lock:


def quiet_child():
    with lock:
        pass


def count_stuck(context):
    children = [context.Process(target=quiet_child) for _ in range(20)]
    for process in children:
        process.start()
    deadline = time.monotonic() + 2
    for process in children:
        process.join(max(0, deadline - time.monotonic()))
    stuck = [process for process in children if process.is_alive()]
    for process in stuck:
        process.kill()
        process.join()
    return len(stuck)


if __name__ == "__main__":
    print("fork: stuck", count_stuck(fork), "of 20")

# %%
# A child that is no copy of this process has another lock, made when this file was
# imported once more: by the child itself, or by the forkserver. The thread is still
# holding the parent's:

if __name__ == "__main__":
    for method in ("forkserver", "spawn"):
        process = multiprocessing.get_context(method).Process(target=quiet_child)
        process.start()
        process.join()
        print(f"{method}: exit code {process.exitcode}")
    done.set()
    thread.join()

# %%
# What to look at
# ---------------
# The parent listed two threads and the child one, and yet the lock was locked in both.
# No release in the parent reaches the child: since the fork these are two locks.
#
# Your program need not own such a lock. The standard library and every library that
# starts a thread have some, and :doc:`/gallery/fork_safety/innocent_print` shows one
# that all programs have. Start children before threads
# (:doc:`/gallery/fork_safety/fork_first`), repair the locks that are yours
# (:doc:`/gallery/fork_safety/register_at_fork`), or do not fork: see
# :ref:`python:multiprocessing-start-methods`.
#
# Said about this, and tested: :ref:`folklore-avoid-surprises`;
# :ref:`folklore-locked-lock`.
