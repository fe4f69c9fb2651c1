"""
Where is it stuck
=================

A process that hangs can still print its Python stack, if :mod:`faulthandler` was told
to before. It needs no cooperation from the code that hangs: the stack is written by a
thread of its own or by a signal handler in C.

Two children move money between two accounts, each with the locks in its own order.
Each takes one lock and waits for the other, for ever.
"""

# sphinx_gallery_tags = ["deadlock", "faulthandler", "spawn"]

import faulthandler
import multiprocessing
import os
import signal
import time


def move(first, second, everybody, delay):
    with first:
        everybody.wait()
        faulthandler.dump_traceback_later(delay)
        with second:
            print("never reached")


def end(processes):
    """Give the processes some time, then end those that are stuck."""
    time.sleep(1)
    stuck = [process for process in processes if process.is_alive()]
    print("stuck:", [process.name for process in stuck])
    for process in stuck:
        process.kill()
        process.join()


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    savings, current, everybody = context.Lock(), context.Lock(), context.Barrier(3)
    to_current = (savings, current, everybody, 0.2)
    to_savings = (current, savings, everybody, 0.5)
    processes = [
        context.Process(target=move, args=to_current, name="to current", daemon=True),
        context.Process(target=move, args=to_savings, name="to savings", daemon=True),
    ]
    for process in processes:
        process.start()
    everybody.wait()
    end(processes)

# %%
# :func:`faulthandler.dump_traceback_later` starts a watchdog. Its stacks are read from
# the top: the first line is where the process is, and further down comes the first
# line of this file, which is the ``with second``. Both processes are in the same line,
# each with the other's lock. That is the whole diagnosis.
#
# Ask from outside
# ----------------
# If you do not know when it will hang, register a signal. Then any process can be asked
# at any time, with ``kill -USR1`` and its pid, and goes on as if nothing had happened.


def patient(lock, ready):
    faulthandler.register(signal.SIGUSR1)
    ready.set()
    with lock:
        print("got the lock at last, and the answer did no harm")


if __name__ == "__main__":
    if hasattr(faulthandler, "register"):
        lock, ready = context.Lock(), context.Event()
        with lock:
            process = context.Process(target=patient, args=(lock, ready))
            process.start()
            ready.wait()
            time.sleep(0.2)
            os.kill(process.pid, signal.SIGUSR1)
            time.sleep(0.2)
        process.join()
    else:
        print("no signals to register on this platform")

# %%
# What to do
# ----------
# * In tests, call ``dump_traceback_later(60, exit=True)`` at the start of each *task*
#   and ``cancel_dump_traceback_later()`` at its end: a hang becomes an exit code and a
#   stack. Called once at the start of a worker it would end a healthy worker after 60
#   seconds, and with a ``Pool`` the whole program may then hang
#   (:doc:`/gallery/pools/killed_while_idle`).
# * Where a worker must not be ended, use ``repeat=True`` without ``exit``, or a signal.
# * In a service, register a signal in every process, and write its number down where
#   the person on call will find it. A forked child inherits the registration.
# * Give the parent a limit, as ``end`` does, or a timeout to ``join``. A ``join()``
#   without one turns one stuck process into two.
# * If nothing was prepared, look from outside: :doc:`/gallery/debugging/py_spy_dump`.
