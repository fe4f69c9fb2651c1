"""
Logging beside a fork
=====================

The locks of :mod:`logging` survive a fork, and a program that logs in a thread can
hang all the same. Python gives each handler a new lock in the child. Below the handler
stands a stream, whose buffer has a lock too, and this one nobody renews.

Three handlers, each of them busy in a thread while children are forked that log one
line:
"""

# sphinx_gallery_tags = ["fork", "threads", "logging"]

import faulthandler
import logging
import multiprocessing
import os
import tempfile
import threading
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore


class SlowHandler(logging.Handler):
    def emit(self, record):
        time.sleep(0.1)


class HandlerWithItsOwnLock(logging.Handler):
    own_lock = threading.Lock()

    def emit(self, record):
        with self.own_lock:
            time.sleep(0.1)


def child(stack):
    faulthandler.dump_traceback_later(1, exit=True, file=stack)
    logging.warning("hello from a child")


def count_stuck(handler):
    logging.getLogger().handlers[:] = [handler]
    finished = threading.Event()

    def log_all_day():
        while not finished.is_set():
            logging.warning("still working")

    thread = threading.Thread(target=log_all_day)
    thread.start()
    time.sleep(0.05)
    fork = multiprocessing.get_context("fork")
    stacks = [tempfile.TemporaryFile("w+") for _ in range(20)]
    children = [fork.Process(target=child, args=(stack,)) for stack in stacks]
    for process in children:
        process.start()
    for process in children:
        process.join()
    finished.set()
    thread.join()
    stuck = [stack for stack, process in zip(stacks, children) if process.exitcode == 1]
    print(f"{type(handler).__name__:22} stuck {len(stuck)} of 20")
    return stuck


if __name__ == "__main__":
    count_stuck(SlowHandler())
    count_stuck(HandlerWithItsOwnLock())
    with tempfile.TemporaryDirectory() as folder:
        handler = logging.FileHandler(os.path.join(folder, "program.log"))
        stuck = count_stuck(handler)
        handler.close()

# %%
# The thread was inside the first handler all the time, with its lock, and no child
# minded: this is what was repaired in https://github.com/python/cpython/issues/50970.
# The repair knows the lock that logging made. It does not know the one that a handler
# adds, nor that of the file.
#
# The third number is a matter of chance, as the thread must be writing just then. Here
# is where a stuck child of the :class:`logging.FileHandler` waits, innermost first:

if __name__ == "__main__":
    for stack in stuck[:1]:
        stack.seek(0)
        print(*stack.read().splitlines()[1:6], sep="\n")

# %%
# What to look at
# ---------------
# The frames end in logging, and still logging is not to blame: it flushes a file, as
# ``print`` does in :doc:`/gallery/fork_safety/innocent_print`. "Logging is safe since
# it was repaired" is half true, and a test with a slow handler shows the good half.
#
# With forked workers and threads, let the workers log into a queue, and one process
# write: :doc:`/gallery/debugging/logging_from_workers`.
#
# Said about this, and tested: :ref:`folklore-logging-safe`.
