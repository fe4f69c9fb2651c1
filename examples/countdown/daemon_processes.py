"""
Daemon processes end with their parent
======================================

At its end a Python program waits for its children, except for those marked
``daemon=True``: these it terminates.

The mark must be set before ``start``, and such a process may not have children of its
own, because they would be orphans when it is terminated:
"""

# sphinx_gallery_tags = ["Process", "default start method", "daemon"]

import multiprocessing
import time


def parent_to_be():
    try:
        multiprocessing.Process(target=print).start()
    except AssertionError as error:
        print("in the daemon:", error)


if __name__ == "__main__":
    child = multiprocessing.Process(target=parent_to_be, daemon=True)
    child.start()
    try:
        child.daemon = False
    except AssertionError as error:
        print("in the parent:", error)
    child.join()

# %%
# What the daemon says is what people meet when they start processes inside the worker
# of a ``multiprocessing.Pool``, because such workers are daemons. The workers of a
# ``ProcessPoolExecutor`` are not: :doc:`/gallery/pools/nested_pools`.
#
# Two children at the end of the program
# --------------------------------------
# Both count down for longer than the parent has to do.


def countdown(name, count):
    while count > 0:
        print(name, count)
        time.sleep(0.1)
        count -= 1
    print(name, "has come to its end")


if __name__ == "__main__":
    for name in ("patient", "daemon"):
        child = multiprocessing.Process(target=countdown, args=(name, 7), name=name)
        child.daemon = name == "daemon"
        child.start()
    time.sleep(0.35)
    print("this was the last line of the program")

# %%
# What to look at
# ---------------
# After the parent's last line *patient* counts on to its end. *daemon* stops where it
# is. It never says that it has come to its end, and no ``finally`` block of it would
# have run.
#
# The parent must get the chance to do that. A parent that is killed, or that leaves by
# :func:`os._exit`, terminates nobody, and the daemon lives on:
# :doc:`/gallery/debugging/zombies_and_orphans`.
#
# These are not the daemons of Unix. They do not detach from the terminal, and they do
# not outlive the program: they are like the daemon threads of :mod:`threading`. Use
# them for what may be lost at any moment, a progress display for instance. A child
# that writes a file should be :doc:`asked to stop </gallery/countdown/stopping>`.
#
# Said about this, and tested: :ref:`folklore-daemon-outlives`.
