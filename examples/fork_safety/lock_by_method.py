"""
A locked lock under each start method
=====================================

A lock that a thread of the parent holds is locked for ever in a forked child, and free
in any other. A spawned child makes a lock of its own when it imports this file, and so
does a child of the forkserver, or the server before it.

The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "threads"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import faulthandler
import multiprocessing
import sys
import threading

lock = threading.Lock()
held, done = threading.Event(), threading.Event()


def hold_the_lock():
    with lock:
        held.set()
        done.wait()


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("locked:", lock.locked())
    with lock:
        print("the child has the lock")
    faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    thread = threading.Thread(target=hold_the_lock)
    thread.start()
    held.wait()
    context = multiprocessing.get_context(*sys.argv[1:])
    process = context.Process(target=child)
    process.start()
    process.join()
    print("exit code of the child:", process.exitcode)
    done.set()
    thread.join()

# %%
# The forked child waits for a thread that does not exist in it. After a second a
# watchdog prints its stack and ends it; a real program would wait on. The thread still
# holds the parent's lock when the other children take theirs.
#
# Why that is so: :doc:`/concepts/fork`. With twenty children more:
# :doc:`/gallery/fork_safety/lock_at_fork`.
