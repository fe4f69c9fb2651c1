"""
What start and join do
======================

``start`` returns while the child is only beginning; ``join`` returns when it has
ended. Between the two the parent is free to do something else.
"""

# sphinx_gallery_tags = ["Process", "default start method"]

import multiprocessing
import os
import time


def countdown(count):
    while count > 0:
        print("count", count)
        time.sleep(0.1)
        count -= 1


if __name__ == "__main__":
    child = multiprocessing.Process(target=countdown, args=(3,))
    print("made:   ", child)
    child.start()
    print("started:", child)
    child.join()
    print("joined: ", child)

# %%
# The three lines of the parent show the three states: *initial*, *started*, *stopped*.
# Which comes first, the line that says *started* or the child's first count, is a race:
# ``start`` did not wait for the child.
#
# Joined too early
# ----------------
# A ``join`` directly after each ``start`` turns two processes into one after the
# other. Start all, then join all:

if __name__ == "__main__":
    begin = time.perf_counter()
    for _ in range(2):
        child = multiprocessing.Process(target=time.sleep, args=(0.5,))
        child.start()
        child.join()
    print(f"start, join, start, join: {time.perf_counter() - begin:.1f} s")

    begin = time.perf_counter()
    children = [
        multiprocessing.Process(target=time.sleep, args=(0.5,)) for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(f"start, start, join, join: {time.perf_counter() - begin:.1f} s")

# %%
# Forgotten
# ---------
# Without ``start`` there is nothing to join. A process can be started once only. And
# :meth:`~multiprocessing.Process.run` is not ``start``: it calls the function here, in
# the parent, and no process is made.


def whose_pid(parent):
    print("in the parent" if os.getpid() == parent else "in a child")


if __name__ == "__main__":
    child = multiprocessing.Process(target=whose_pid, args=(os.getpid(),))
    try:
        child.join()
    except AssertionError as error:
        print("join without start:", error)
    child.run()
    child.start()
    try:
        child.start()
    except AssertionError as error:
        print("second start:", error)
    child.join()

# %%
# And without ``join``? The parent goes on, too early to use what the child was to do.
# The child is not lost: at its own end the parent waits for every child that is not
# :doc:`a daemon </gallery/countdown/daemon_processes>`.

if __name__ == "__main__":
    multiprocessing.Process(target=countdown, args=(2,)).start()
    print("this was the last line of the program")

# %%
# What to do
# ----------
# Join whatever you start. A child that ended and was not joined stays in the system's
# process table until the parent joins it, starts another, or ends; such an entry is
# called a zombie (:doc:`/gallery/debugging/zombies_and_orphans`). ``join`` takes a
# timeout in seconds. It returns ``None`` either way, so afterwards ask
# :meth:`~multiprocessing.Process.is_alive`.
#
# Said about this, and tested: :ref:`folklore-start-join`.
