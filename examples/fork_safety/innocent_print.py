"""
An innocent print beside a fork
===============================

A ``print`` in one thread can hang the ``print`` of a child that another thread forks.
Standard output is a buffer with a lock. While a thread's line is on its way out, the
thread has that lock and has let go of the GIL, so this is just the moment at which
another thread gets to run, and fork. The child inherits the lock closed.

Below, a thread prints its progress, as many programs do. So that you need not read
all of it, standard output is led into ``cat`` first, as in
``python program.py | cat > /dev/null``.
"""

# sphinx_gallery_tags = ["fork", "threads", "print"]

import faulthandler
import multiprocessing
import os
import subprocess
import sys
import threading
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
screen = sys.stdout
nowhere = open(os.devnull, "w")
finished = threading.Event()


def show_progress():
    step = 0
    while not finished.is_set():
        step += 1
        print("step", step)


if __name__ == "__main__":
    cat = subprocess.Popen(
        ["cat"], stdin=subprocess.PIPE, stdout=nowhere, text=True, bufsize=1
    )
    sys.stdout = cat.stdin  # a pipe, flushed after each line as a terminal is
    thread = threading.Thread(target=show_progress)
    thread.start()
    time.sleep(0.1)

    pid = os.fork()
    if pid == 0:
        faulthandler.dump_traceback_later(1, exit=True)
        print("hello from the child", file=screen, flush=True)
        print("hello from the child")
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    print("exit code:", os.waitstatus_to_exitcode(status), file=screen)

# %%
# The first greeting went round the busy stream and arrived. The second took the same
# way as the thread's lines and hangs: after a second the watchdog printed the stack,
# whose innermost frame is that call of ``print``, and ended the child. The lock cannot
# be seen in it. It belongs to the :class:`io.BufferedWriter` below ``sys.stdout``, and
# CPython does not make it anew after a fork. (Python 3.12 and later also warned; more
# of that in :doc:`/gallery/fork_safety/fork_warning`.)
#
# Was it bad luck? Twenty children more. Each has half a second for one line:


def greet():
    faulthandler.dump_traceback_later(0.5, exit=True, file=nowhere)
    print("hello from a child")


if __name__ == "__main__":
    pids = []
    for _ in range(20):
        time.sleep(0.01)
        pids.append(os.fork())
        if pids[-1] == 0:
            greet()
            os._exit(0)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    print("os.fork: children stuck in print:", codes.count(1), "of 20", file=screen)

# %%
# The same through :mod:`multiprocessing`, which flushes standard output before it
# forks, and for that waits for the lock:

if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=greet) for _ in range(20)]
    for child in children:
        time.sleep(0.01)
        child.start()
    for child in children:
        child.join()
    stuck = [child for child in children if child.exitcode == 1]
    print("Process: children stuck in print:", len(stuck), "of 20", file=screen)

    finished.set()
    thread.join()
    cat.communicate()
    sys.stdout = screen

# %%
# What to look at
# ---------------
# With a bare :func:`os.fork` the hang is the rule. With multiprocessing it is a matter
# of chance: after the flush, the thread and the fork race for the lock. A bug that
# strikes now and then is not the better one.
#
# ``PYTHONUNBUFFERED=1``, which many container images set, removes this buffer and so
# hides the hang of ``print``. It does not help any other lock.
#
# A thread that prints is enough to make fork unsafe. Start the children first
# (:doc:`/gallery/fork_safety/fork_first`), or use ``forkserver`` or ``spawn``.
#
# Said about this, and tested: :ref:`folklore-not-in-pure-python`.
