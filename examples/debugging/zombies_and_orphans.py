"""
Zombies and orphans
===================

A child that has ended but was not joined is a zombie, and a child whose parent was
killed is an orphan that works on. The first is harmless and goes away. The second is
neither, and ``daemon=True`` does not prevent it.

The state of a process is read from ``/proc``: ``R`` runs, ``S`` sleeps, ``Z`` is a
zombie.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["zombie", "orphan", "spawn", "Linux"]

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
from multiprocessing import connection
from pathlib import Path


def state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"


if __name__ == "__main__":
    if sys.platform != "linux":
        print("this script reads /proc, which needs Linux")
        sys.exit()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=time.sleep, args=(0.1,))
    process.start()
    connection.wait([process.sentinel])  # it has ended
    time.sleep(0.1)
    print("ended, not joined:", state(process.pid))
    process.join()
    print("joined:", state(process.pid))

# %%
# The kernel keeps the exit code until somebody asks for it. ``join`` asks; so do
# ``is_alive``, :func:`multiprocessing.active_children` and the start of the next
# process. A zombie uses no memory, only a line in the process table.
#
# The parent is killed
# --------------------
# Now a program in the middle starts a worker and is killed with ``SIGKILL``, which
# leaves it no time to end its children. That is what the kernel does when memory runs
# out.


def leave_with_parent():
    """End this process as soon as its parent has ended."""
    parent = multiprocessing.parent_process()

    def watch():
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def worker(report, watchful):
    if watchful:
        leave_with_parent()
    report.send(os.getpid())
    time.sleep(30)


def program(report, watchful):
    context = multiprocessing.get_context("spawn")
    context.Process(target=worker, args=(report, watchful), daemon=True).start()
    time.sleep(30)


def kill_parent_of_worker(watchful):
    receiver, sender = context.Pipe(duplex=False)
    middle = context.Process(target=program, args=(sender, watchful))
    middle.start()
    sender.close()
    pid = receiver.recv()
    print("worker before:", state(pid))
    middle.kill()
    middle.join()
    time.sleep(0.5)
    print("worker after its parent was killed:", state(pid))
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    kill_parent_of_worker(watchful=False)

# %%
# The worker slept on, though it was a daemon: a daemonic process is ended by its
# parent's exit handlers, and a killed parent runs none.
#
# The worker watches
# ------------------
# :func:`multiprocessing.parent_process` has a ``sentinel`` that becomes ready when the
# parent ends, in whatever way. A thread waits for it.

if __name__ == "__main__":
    kill_parent_of_worker(watchful=True)

# %%
# What to look at
# ---------------
# The second worker is ``gone``, or a ``Z`` until the system's init process collects it.
# Either way it has ended.
#
# What to do
# ----------
# * Call ``leave_with_parent`` in every worker that runs for long, in a pool as its
#   ``initializer``.
# * ``os._exit`` skips exit handlers and ``finally``. Set an event instead, where the
#   worker can notice it and needs to clean up.
# * In a service, let systemd or the container end the whole group of processes.
#
# Said about this, and tested: :ref:`folklore-daemon-dies`.
