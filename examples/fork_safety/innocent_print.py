"""
An innocent print beside a fork
===============================

A ``print`` in one thread can hang the ``print`` of a child that another thread
forks. Standard output is a buffer with a lock. A thread that waits for the reader of
a pipe, or for a terminal, waits with that lock in its hand, and a child forked in
this moment inherits the lock closed.

Below, a thread prints its progress, as many programs do. Whoever reads the output is
a little slow, as a terminal on a far machine is. Here that is a pipe of our own, so
that you need not read it all.
"""

# sphinx_gallery_tags = ["fork", "threads", "print"]

import faulthandler
import multiprocessing
import os
import sys
import threading
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
screen = sys.stdout
fork = multiprocessing.get_context("fork")
finished = threading.Event()


def slow_reader(file_descriptor):
    while os.read(file_descriptor, 4096):
        time.sleep(0.001)


def show_progress():
    step = 0
    while not finished.is_set():
        step += 1
        print("step", step)


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("hello from the child", file=screen)
    print("hello from the child")


if __name__ == "__main__":
    reading_end, writing_end = os.pipe()
    threading.Thread(target=slow_reader, args=(reading_end,), daemon=True).start()
    sys.stdout = open(writing_end, "w", buffering=1)  # line by line, as a terminal
    threading.Thread(target=show_progress).start()
    time.sleep(0.2)

    process = fork.Process(target=child)
    process.start()
    process.join()
    print("exit code of the child:", process.exitcode, file=screen)

# %%
# The first greeting went past the busy stream, to the screen, and arrived. The second
# took the same way as the thread's lines and hangs. The stack says so: its innermost
# frame is a call of ``print``. The lock is not visible in it, because it belongs to the
# :class:`io.BufferedWriter` below ``sys.stdout`` and is taken in C.
#
# A single run could be bad luck. So, twenty:


def quiet_child():
    print("hello from the child")


if __name__ == "__main__":
    stuck = 0
    for _ in range(20):
        process = fork.Process(target=quiet_child)
        process.start()
        process.join(0.2)
        if process.is_alive():
            stuck += 1
            process.kill()
            process.join()
    finished.set()
    print("children stuck in print:", stuck, "of 20", file=screen)

# %%
# What to look at
# ---------------
