"""
Stopping a process, politely and less so
========================================

A process can tidy up only if it learns that it is to stop. ``terminate`` and ``kill``
end it where it stands, and its ``finally`` blocks do not run.
"""

# sphinx_gallery_tags = ["Process", "default start method", "Event", "signals"]

import multiprocessing
import signal
import sys


def countdown(started, enough):
    try:
        started.set()
        count = 50
        while count > 0 and not enough.wait(0.1):
            count -= 1
    except KeyboardInterrupt:
        print("interrupted")
    finally:
        print("tidied up")


def ask(child, enough):
    enough.set()


def terminate(child, enough):
    child.terminate()


def kill(child, enough):
    child.kill()


def interrupt(child, enough):
    child.interrupt()


if __name__ == "__main__":
    ways = [ask, terminate, kill]
    if hasattr(multiprocessing.Process, "interrupt") and sys.platform != "win32":
        ways.append(interrupt)
    for way in ways:
        started, enough = multiprocessing.Event(), multiprocessing.Event()
        child = multiprocessing.Process(
            target=countdown, args=(started, enough), name=way.__name__
        )
        child.start()
        started.wait()
        way(child, enough)
        child.join()
        print(f"{way.__name__}: exit code {child.exitcode}")

# %%
# Look for the words *tidied up*. They are there after asking with an
# :class:`~multiprocessing.Event`, and missing after ``terminate`` and ``kill``.
# :meth:`~multiprocessing.Process.interrupt`, there from Python 3.14 on, sends the
# signal that Ctrl-C sends: ``KeyboardInterrupt`` is raised in the child, and
# ``finally`` runs.
#
# Make terminate polite
# ---------------------
# On Linux and macOS ``terminate`` sends the signal ``SIGTERM``, and a child may answer
# with an exception. Then its ``finally`` blocks run. (On Windows there is nothing to
# answer: the system ends the process.)


def leave(signum, frame):
    sys.exit(128 + signum)


def polite_countdown(started, enough):
    signal.signal(signal.SIGTERM, leave)
    countdown(started, enough)


def deaf_countdown(started, enough):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    countdown(started, enough)


if __name__ == "__main__":
    for target in (polite_countdown, deaf_countdown):
        started, enough = multiprocessing.Event(), multiprocessing.Event()
        child = multiprocessing.Process(target=target, args=(started, enough))
        child.start()
        started.wait()
        child.terminate()
        child.join(timeout=1)
        if child.is_alive():
            print("still alive a second later")
            child.kill()
            child.join()
        print(f"{target.__name__}: exit code {child.exitcode}")

# %%
# What to do
# ----------
# Escalate: ask, and ``join`` with a timeout; ``terminate``, and ``join`` with a
# timeout; ``kill``, and ``join``. As the second run shows, a child can ignore
# ``terminate``. It cannot ignore ``kill``.
#
# ``terminate`` and ``kill`` may strike at any moment. A process that dies while it
# holds a lock never releases it; one that dies while it writes to a queue or pipe may
# leave half a message. What such a process shared with others, do not use again: the
# documentation warns of it under :meth:`~multiprocessing.Process.terminate`.
#
# Said about this, and tested: :ref:`folklore-terminate-finally`.
