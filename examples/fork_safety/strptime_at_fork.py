"""
Three lines of pure standard library
====================================

A thread that parses dates is enough to hang a forked child that parses dates. You need
no lock of your own for it: :meth:`datetime.datetime.strptime` has one, around its
cache of formats. It is Python code calling Python code.
"""

# sphinx_gallery_tags = ["fork", "forkserver", "threads"]

import faulthandler
import multiprocessing
import tempfile
import threading
from datetime import datetime

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
finished = threading.Event()


def parse():
    return datetime.strptime("2026-11-22", "%Y-%m-%d")


def parse_all_day():
    while not finished.is_set():
        parse()


def child(stack=None):
    if stack:
        faulthandler.dump_traceback_later(1, exit=True, file=stack)
    parse()


if __name__ == "__main__":
    parse()  # so that no import is under way at the fork
    threads = [threading.Thread(target=parse_all_day) for _ in range(2)]
    for thread in threads:
        thread.start()

    fork = multiprocessing.get_context("fork")
    stacks = [tempfile.TemporaryFile("w+") for _ in range(40)]
    children = [fork.Process(target=child, args=(stack,)) for stack in stacks]
    for process in children:
        process.start()
    for process in children:
        process.join()
    stuck = [stack for stack, process in zip(stacks, children) if process.exitcode == 1]
    print("fork: stuck", len(stuck), "of 40")

# %%
# How many depends on the version of Python and on the day: the fork must fall into the
# moment at which some thread has the lock. Where the stuck ones are is always the same.
# These are the innermost frames of the first one:

if __name__ == "__main__":
    for stack in stuck[:1]:
        stack.seek(0)
        print(*stack.read().splitlines()[1:6], sep="\n")

# %%
# Python's own source stands there, line by line, and no compiled library. The same work
# in children that are no copies, while the threads go on parsing:

if __name__ == "__main__":
    forkserver = multiprocessing.get_context("forkserver")
    children = [forkserver.Process(target=child) for _ in range(5)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    print("forkserver: exit codes", [process.exitcode for process in children])
    finished.set()
    for thread in threads:
        thread.join()

# %%
# What to look at
# ---------------
# "With pure Python, multiprocessing takes care of it" is a common belief. It would
# have to know each lock of each module. A few modules repair their own at fork, such as
# :mod:`threading` and :mod:`logging`. This one does not, and nor do most packages.
#
# You rarely see the two lines together. One thread is in a client library that reads
# the date of a reply; the fork is in a pool that you start because of the reply.
#
# Said about this, and tested: :ref:`folklore-not-in-pure-python`.
