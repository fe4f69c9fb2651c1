"""
How a process ended: exit codes
===============================

:attr:`~multiprocessing.Process.exitcode` is the child's own verdict: zero for
success, a positive number that the child chose, or the negative number of the signal
that ended it.
"""

# sphinx_gallery_tags = ["Process", "default start method", "exit code", "signals"]

import multiprocessing
import os
import signal
import sys
import time


def returns():
    return 7


def exits_3():
    sys.exit(3)


def exits_with_text():
    sys.exit("the disk is full")


def raises():
    sys.stderr = open(os.devnull, "w")  # the traceback is another example's subject
    raise ValueError


def exits_256():
    sys.exit(256)


def hard_exit():
    try:
        os._exit(4)
    finally:
        print("this line is never printed")


if __name__ == "__main__":
    calls = [returns, exits_3, exits_with_text, raises, exits_256, hard_exit]
    for call in calls:
        child = multiprocessing.Process(target=call)
        child.start()
        child.join()
        print(f"{call.__name__:<16} {child.exitcode:>4}")

# %%
# What to look at
# ---------------
# - What a function *returns* is thrown away. Seven is not the exit code.
# - ``sys.exit`` with a text prints the text on stderr and counts as failure.
# - An exception counts as failure too. Its traceback was hidden here:
#   :doc:`/gallery/countdown/exception_in_child` shows one.
# - On Linux and macOS a parent is told only the lowest eight bits of the code
#   (https://man7.org/linux/man-pages/man3/exit.3.html). There 256 becomes 0, which
#   looks like success.
# - :func:`os._exit` leaves at once. No ``finally`` block runs, nothing is flushed.
#
# Ended by a signal
# -----------------
# Before it has ended, a process has no exit code. Afterwards a negative one names a
# signal:

if __name__ == "__main__":
    for stop in (multiprocessing.Process.terminate, multiprocessing.Process.kill):
        child = multiprocessing.Process(target=time.sleep, args=(60,))
        child.start()
        time.sleep(0.1)
        print(f"{'still running':<16} {child.exitcode!s:>4}")
        stop(child)
        child.join()
        name = signal.Signals(-child.exitcode).name
        print(f"{stop.__name__:<16} {child.exitcode:>4}", name)

# %%
# What to do
# ----------
# Nobody tells you that a child failed: check ``exitcode`` after every ``join``. Do not
# pass results through it; a number between 0 and 255 is all that fits. When the code
# is -9 and you did not call ``kill``, suspect the system: when memory runs out, Linux
# kills (https://docs.kernel.org/admin-guide/mm/concepts.html). When it is -11
# (``SIGSEGV``), look for a C extension that crashed, and run again with
# :mod:`faulthandler` enabled.
#
# Said about this, and tested: :ref:`folklore-exit-code`.
