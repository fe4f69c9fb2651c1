"""
Where a parent waits
====================

A parent that hangs with idle workers nearly always waits for an answer that nobody
will give. Its stack says which: below ``get``, at the end of a pool, or at the end of
the program.

Each of the five parents below is given up after a while, so that you can compare its
stack with yours. The main thread is the last of each. The other threads are the pool's
own: one starts workers, one sends tasks, one receives results.
"""

# sphinx_gallery_tags = ["Pool", "Process", "deadlock", "faulthandler", "default start method"]
# sphinx_gallery_timeout = 60

import faulthandler
import multiprocessing
import os
import signal
import sys
import threading
import time


def die(_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def wait_for(promise):
    faulthandler.dump_traceback_later(1)
    try:
        print("answer:", promise.get(timeout=1.5))
    except multiprocessing.TimeoutError:
        print("no answer after 1.5 seconds")


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        wait_for(pool.apply_async(die, (0,)))

# %%
# A worker was killed in its task, and the pool has started another. All three threads
# of the pool are at work, and the main thread is in ``get``: see
# :doc:`/gallery/pools/killed_worker`.
#
# An exception that cannot be unpickled
# -------------------------------------
# One thread is missing now. The one that receives results has died of the exception:


class BadRow(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")


def check(row):
    raise BadRow(row, "no date")


if __name__ == "__main__":
    threading.excepthook = lambda args: print("a thread died:", args.exc_type.__name__)
    pool = multiprocessing.Pool(2)
    wait_for(pool.apply_async(check, (7,)))
    try:
        pool.terminate()
    except AssertionError:
        print("the pool cannot be terminated without that thread")
    threading.excepthook = threading.__excepthook__

# %%
# See :doc:`/gallery/pools/unpicklable_exception`.
#
# An initializer that fails
# -------------------------
# The same stack as after a kill. But workers come and go:


def fail():
    sys.stderr = open(os.devnull, "w")  # the tracebacks, out of our way
    raise ConnectionError("no database")


def pids():
    return {child.pid for child in multiprocessing.active_children()}


if __name__ == "__main__":
    with multiprocessing.Pool(1, initializer=fail) as pool:
        before = pids()
        wait_for(pool.apply_async(abs, (-1,)))
        print("the workers of the beginning are still there:", before == pids())

# %%
# See :doc:`/gallery/pools/failing_initializer`. A missing guard looks the same
# (:doc:`/gallery/start_methods/main_guard`).
#
# A worker that was killed while it was idle
# ------------------------------------------
# It had the lock of the queue of tasks. Here it is the end of the pool that waits, in a
# thread, so that it can be given up. Both workers are killed, so that it does not depend
# on chance:


def whoami(_):
    time.sleep(0.1)
    return os.getpid()


if __name__ == "__main__":
    pool, workers = multiprocessing.Pool(2), set()
    while len(workers) < 2:
        workers.update(pool.map(whoami, range(2), chunksize=1))
    time.sleep(0.3)  # now both are idle
    for pid in workers:
        os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    time.sleep(0.3)
    ending = threading.Thread(target=pool.terminate, daemon=True)
    ending.start()
    faulthandler.dump_traceback_later(1)
    ending.join(1.5)
    faulthandler.cancel_dump_traceback_later()
    print("terminate has come back:", not ending.is_alive())
    for child in multiprocessing.active_children():
        child.kill()
        child.join()

# %%
# See :doc:`/gallery/pools/killed_while_idle`.
#
# The end of the program
# ----------------------
# A child that is no daemon is waited for, though nobody calls ``join``. The program is
# here itself a child, whose last line has been run:


def program():
    multiprocessing.Process(target=time.sleep, args=(2,)).start()
    faulthandler.dump_traceback_later(1)
    print("the last line of the program")


if __name__ == "__main__":
    last = multiprocessing.Process(target=program)
    last.start()
    last.join()

# %%
# See :doc:`/gallery/countdown/daemon_processes`.
#
# What to look at
# ---------------
# Read the last thread of each stack down to the first line of this file. ``get`` waits
# for an answer, ``_help_stuff_finish`` for the lock of a queue, ``_exit_function`` for a
# child. What to do about each stands in :doc:`/guides/why_does_it_hang`.
