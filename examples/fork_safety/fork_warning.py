"""
The warning that you do not see
===============================

Since Python 3.12, a fork in a process with several threads gives a
:exc:`DeprecationWarning`, but by default :mod:`multiprocessing` does not show it.
Python shows such warnings only where ``__main__`` causes them, and the call of
:func:`os.fork` stands in a module of the library.

A thread that only waits, a bare fork, and a process:
"""

# sphinx_gallery_tags = ["fork", "forkserver", "threads", "warnings"]

import multiprocessing
import os
import sys
import threading
import warnings

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
finished = threading.Event()


def child():
    print("the child runs")


if __name__ == "__main__":
    thread = threading.Thread(target=finished.wait)
    thread.start()

    print("os.fork:")
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

    fork = multiprocessing.get_context("fork")
    print("multiprocessing.Process:")
    process = fork.Process(target=child)
    process.start()
    process.join()
    if sys.version_info < (3, 12):
        print("this Python never warns of a fork with threads: 3.12 and later do")

# %%
# Python 3.11 says nothing to either. Later ones warned once above, for the bare fork.
# Your test runner may show both, since pytest turns these warnings on. To see them
# elsewhere, run Python with ``-W always::DeprecationWarning``, or:

if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("always", DeprecationWarning)
        process = fork.Process(target=child)
        process.start()
        process.join()

# %%
# In tests one would turn it into an error. See what this does on the Python that ran
# this page:

if __name__ == "__main__":
    process = fork.Process(target=child)
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            process.start()
        except DeprecationWarning as warning:
            print("start() raised:", warning)
            os.waitpid(-1, 0)
        else:
            print("start() raised nothing")
            process.join()

# %%
# Either way the child ran. Up to 3.14 the filter swallows the warning, so that you are
# told less than before. From 3.15 on there is an exception
# (https://github.com/python/cpython/issues/135427), and it comes when the fork has been
# made: there is a child that the :class:`~multiprocessing.Process` object does not
# know, and that nobody would join.
#
# What works on all versions from 3.12 is to collect the warnings, and to fail
# afterwards:


def assert_fork_safe(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    if any("use of fork()" in str(warning.message) for warning in caught):
        raise AssertionError("forked while threads were running")


def start_one(context):
    process = context.Process(target=child)
    process.start()
    process.join()


if __name__ == "__main__":
    for method in ("fork", "forkserver"):
        context = multiprocessing.get_context(method)
        try:
            assert_fork_safe(lambda context=context: start_one(context))
            print(f"{method}: no warning")
        except AssertionError as error:
            print(f"{method}: {error}")
    finished.set()
    thread.join()

# %%
# What to look at
# ---------------
# That no warning appeared is no sign of safety. And a warning is no sign of a hang: it
# counts threads, and knows nothing of locks. Threads that a library stops before the
# fork, as OpenBLAS does, are not counted; a lock that a thread has left locked, and
# then ended, is not noticed.
#
# Said about this, and tested: :ref:`folklore-warning`.
