"""
Two countdowns at once
======================

Two processes count down side by side, and neither waits for the other.
"""

# sphinx_gallery_tags = ["Process", "default start method"]

import multiprocessing
import time


def countdown(name, count):
    while count > 0:
        print(name, count)
        time.sleep(0.1)
        count -= 1


if __name__ == "__main__":
    short = multiprocessing.Process(target=countdown, args=("short", 5))
    long = multiprocessing.Process(target=countdown, args=("long", 9))

    short.start()
    long.start()

    short.join()
    long.join()
    print("both have ended")

# %%
# Follow one name down the output: its numbers are in order. Between them stand the
# lines of the other, because both processes run at the same time, and no rule says
# whose line comes first.
#
# - A :class:`~multiprocessing.Process` is a description: the function to call, and
#   with what. Nothing runs yet.
# - :meth:`~multiprocessing.Process.start` makes a new process of the operating system,
#   with a Python interpreter of its own, which calls ``countdown`` there.
# - :meth:`~multiprocessing.Process.join` waits until that process has ended. So the
#   last line is the last line.
#
# On most platforms the new process must first import this file to find ``countdown``.
# The ``if __name__ == "__main__":`` keeps it from starting two more countdowns while it
# does: see :doc:`/gallery/start_methods/main_guard`.
