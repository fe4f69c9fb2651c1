"""
One at a time: Lock
===================

A lock lets one process at a time do what must not be done by two. It protects nothing
by itself: it works because all who touch the thing take the lock.

Here two processes write lines to a file, each line in two pieces.
"""

# sphinx_gallery_tags = ["Process", "Lock", "RLock", "default start method"]

import contextlib
import multiprocessing
import os
import tempfile
import time


def write_lines(path, name, lock):
    for number in range(3):
        with lock, open(path, "a") as file:
            file.write(f"{name} begins {number}, ")
            file.flush()
            time.sleep(0.05)
            file.write(f"{name} ends {number}\n")
        time.sleep(0.01)


if __name__ == "__main__":
    locks = {"no lock": contextlib.nullcontext(), "a lock": multiprocessing.Lock()}
    for title, lock in locks.items():
        handle, path = tempfile.mkstemp()
        os.close(handle)
        children = [
            multiprocessing.Process(target=write_lines, args=(path, name, lock))
            for name in ("Ann", "Bob")
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        with open(path) as file:
            print(f"{title}:", *file.read().splitlines(), sep="\n    ")
        os.remove(path)

# %%
# Without the lock one writes into the other's line. With it every line is whole. Who
# comes next is not promised: a lock keeps no queue.
#
# A lock can be lost
# ------------------
# An exception is no danger: ``with`` releases the lock. But a process that is killed
# while it holds the lock takes it to the grave:


def hold(lock, held):
    with lock:
        held.set()
        time.sleep(60)


if __name__ == "__main__":
    lock, held = multiprocessing.Lock(), multiprocessing.Event()
    child = multiprocessing.Process(target=hold, args=(lock, held))
    child.start()
    held.wait()
    child.kill()
    child.join()
    print("the holder is dead; can we have the lock?", lock.acquire(timeout=1))

# %%
# Twice by the same process
# -------------------------
# A ``Lock`` does not know who holds it. Taken twice by the same process it waits for
# itself. An ``RLock`` counts:

if __name__ == "__main__":
    for lock in (multiprocessing.Lock(), multiprocessing.RLock()):
        with lock:
            print(f"{type(lock).__name__} again:", lock.acquire(timeout=0.3))

# %%
# What to do
# ----------
# - Hold a lock briefly, and never while you wait for another process.
# - If you need two locks, let everybody take them in the same order.
# - Give ``acquire`` a timeout where a holder may be killed, and treat what the lock
#   protected as damaged. A lock on the file itself (:func:`fcntl.flock`) goes when
#   the file is closed, thus also when its holder dies
#   (https://man7.org/linux/man-pages/man2/flock.2.html).
# - The lock must reach the child as an argument. A lock made at the top of the module
#   is made anew in every child that imports the module, and then each has its own.
#
# Said about this, and tested: :ref:`folklore-dead-holder`.
