# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""
The countdown and the GIL
=========================

Two threads count down no faster than one after the other, because in the usual build
of Python one thread at a time holds the interpreter's lock, the GIL. Two processes
have two interpreters, each with a GIL of its own.

The same two countdowns run in every way that this Python offers. Nothing sleeps here:
the processor is busy all the time. The times mean something only on a machine with at
least two idle cores.
"""

# sphinx_gallery_needs = ["matplotlib"]
# sphinx_gallery_tags = ["GIL", "threads", "Process", "interpreters", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import concurrent.futures
import importlib.util
import multiprocessing
import sys
import threading
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("matplotlib") is None:
    print("This example draws with matplotlib, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

COUNT = 4_000_000


def countdown(count):
    while count > 0:
        count -= 1


def serial():
    countdown(COUNT)
    countdown(COUNT)


def both(kind):
    workers = [kind(target=countdown, args=(COUNT,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def threads():
    both(threading.Thread)


def processes():
    both(multiprocessing.Process)


def threads_in_a_child():
    child = multiprocessing.Process(target=threads)
    child.start()
    child.join()


def interpreters():
    with concurrent.futures.InterpreterPoolExecutor(2) as executor:
        list(executor.map(countdown, [COUNT, COUNT]))


if __name__ == "__main__":
    ways = [serial, threads, processes, threads_in_a_child]
    if hasattr(concurrent.futures, "InterpreterPoolExecutor"):
        ways.append(interpreters)

    has_gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print("the GIL is", "on" if has_gil else "off", "in this interpreter")
    seconds = {way.__name__: float("inf") for way in ways}
    first, rounds = time.perf_counter(), 0
    while rounds < 4 and time.perf_counter() - first < 6:
        rounds += 1
        for way in ways:  # in turns: a busy moment does not hit one way only
            begin = time.perf_counter()
            way()
            taken = time.perf_counter() - begin
            seconds[way.__name__] = min(seconds[way.__name__], taken)

    for name, best in seconds.items():
        speed_up = seconds["serial"] / best
        print(f"{name:<18} {best:.2f} s, {speed_up:.1f} times serial speed")

# %%

if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
    bars = axes.barh(list(seconds), list(seconds.values()))
    axes.bar_label(bars, fmt="%.2f s", padding=3)
    axes.margins(x=0.15)
    axes.invert_yaxis()
    axes.set_xlabel(f"seconds for two countdowns, best of {rounds}")

# %%
# What to look at
# ---------------
# The last number of each line is how many times as fast as serial it was. Where the GIL
# is on, threads are at about 1, or below. Processes are above it, and come the closer
# to 2 the less the machine had to do besides and the longer the work is. If processes
# gained nothing in this run, something else was using the machine, and none of these
# numbers says much.
#
# The time of the processes includes starting them. The shorter the work, the more that
# weighs: :doc:`/gallery/start_methods/starting_cost` measures it.
#
# It is often said that with processes *there is no GIL*. There is one in each: look at
# the two threads that ran inside one child.
#
# Other ways out
# --------------
# From Python 3.14 on, interpreters run in one process, each with its own GIL
# (:pep:`734`): :doc:`/gallery/beyond/interpreter_pool`. The free-threaded build has no
# GIL at all (:pep:`703`), so there the threads gain as well; run this script with it
# and see. And code that waits, for the network or a disk, needs none of this: a
# waiting thread does not hold the GIL.
#
# Said about this, and tested: :ref:`folklore-no-gil`.
