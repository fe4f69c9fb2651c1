# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy"]
# ///
"""
A BLAS call in flight
=====================

If one thread multiplies matrices while another forks, it can be the *parent* that
freezes, inside :func:`os.fork`. NumPy's wheels for Linux calculate with OpenBLAS, which
has threads of its own and stops them before each fork. In the middle of a
multiplication, this never comes to an end.

The program that freezes is a process of its own here. One thread of it multiplies, one
ticks, and the main thread forks. A watchdog shows the stacks and ends it:
"""

# sphinx_gallery_needs = ["numpy", "linux"]
# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["fork", "spawn", "threads", "NumPy", "Linux"]

import faulthandler
import importlib.util
import multiprocessing
import os
import subprocess
import sys
import threading
import time

# sphinx_gallery_start_ignore
if sys.platform != "linux" or importlib.util.find_spec("numpy") is None:
    print("This example needs Linux and NumPy: pip install numpy")
    raise SystemExit
# sphinx_gallery_end_ignore
import numpy as np

multiplying = threading.Event()


def multiply():
    matrix = np.ones((3000, 3000), np.float32)
    product = np.empty_like(matrix)
    multiplying.set()
    while True:
        np.dot(matrix, matrix, out=product)


def tick():
    while True:
        print("tick")
        time.sleep(0.1)


def fork():
    if os.fork() == 0:
        os._exit(0)


def program(start_child, *functions, quiet=False):
    for function in functions:
        threading.Thread(target=function).start()
    multiplying.wait()
    file = open(os.devnull, "w") if quiet else sys.stderr
    faulthandler.dump_traceback_later(2, exit=True, file=file)
    time.sleep(0.25)
    start_child()
    os._exit(0)


def start(*arguments, **options):
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=program, args=arguments, kwargs=options)
    process.start()
    return process


def exit_code(process):
    process.join(20)
    process.kill()
    process.join()
    return process.exitcode


if __name__ == "__main__":
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    print("NumPy calculates with", blas, "on", os.cpu_count(), "CPUs")
    for attempt in range(1, 6):
        print("attempt", attempt)
        if exit_code(start(fork, multiply, tick)) != 0:
            print("the watchdog ended it")
            break

# %%
# The ticks stop at the fork, although the ticking thread has nothing to do with
# matrices: the main thread is inside :func:`os.fork` and keeps the GIL meanwhile. So
# there is no thread left that could raise a timeout or answer a health check, and
# Ctrl-C does nothing. The watchdog of :mod:`faulthandler` could speak because it needs
# no GIL.
#
# Five such programs more, at once. And then one that starts a program while it
# multiplies; for this, :mod:`subprocess` uses a system call that does not run the
# libraries' fork handlers:


def start_program():
    subprocess.run([sys.executable, "-c", ""], check=True)
    print("another program was started and has ended", flush=True)


if __name__ == "__main__":
    processes = [start(fork, multiply, quiet=True) for _ in range(5)]
    codes = [exit_code(process) for process in processes]
    print("frozen:", codes.count(1), "of 5")
    print("exit code:", exit_code(start(start_program, multiply)))

# %%
# What to look at
# ---------------
# No child has gone wrong here; there is no child. The stack of the frozen main thread
# ends at the line that forks, and that of the other in ``np.dot``.
#
# OpenBLAS that is at rest is safe to fork, and has been for long: its threads are
# stopped and started again (https://github.com/OpenMathLib/OpenBLAS/pull/343). The
# freeze needs a call in flight, and more than one CPU; with one, OpenBLAS has no
# threads to stop. Typical is a server that calculates in a thread and starts a worker
# by the way. Start the workers before, or use ``forkserver`` or ``spawn``, which do not
# fork the process that calculates.
#
# Said about this, and tested: :ref:`folklore-numpy-crash`.
