# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""
The size of a chunk
===================

Handing one task to a worker costs far more than calling a function, and a larger
chunk shares that cost between many tasks. ``chunksize`` is how many items travel to
a worker in one message.

The task here is nearly nothing, so what is measured is the transport.
"""

# sphinx_gallery_timeout = 60
# sphinx_gallery_needs = ["matplotlib"]
# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "measures"]
# sphinx_gallery_parallel = False

import functools
import importlib.util
import math
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("matplotlib") is None:
    print("This example draws with matplotlib, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

TASKS = 4000
SIZES = [1, 4, 16, 64, 256, 1000]


def microseconds(run):
    """Best of three, for one task."""
    best = math.inf
    for _ in range(3):
        start = time.perf_counter()
        assert len(list(run())) == TASKS
        best = min(best, time.perf_counter() - start)
    return best / TASKS * 1e6


if __name__ == "__main__":
    numbers = range(TASKS)
    loop = microseconds(lambda: [math.sqrt(n) for n in numbers])
    lines = {}
    with multiprocessing.Pool(2) as pool:
        lines["Pool.imap"] = [
            microseconds(functools.partial(pool.imap, math.sqrt, numbers, size))
            for size in SIZES
        ]
        chosen = microseconds(lambda: pool.map(math.sqrt, numbers))
    with ProcessPoolExecutor(2) as executor:
        lines["ProcessPoolExecutor.map"] = [
            microseconds(lambda n=n: executor.map(math.sqrt, numbers, chunksize=n))
            for n in SIZES
        ]

    print(f"microseconds for one task; a plain loop needs {loop:.2f}")
    print("chunksize", *(f"{size:>7}" for size in SIZES))
    for name, line in lines.items():
        print(f"{name}\n         ", *(f"{value:7.2f}" for value in line))
    print(f"Pool.map with the size that it chooses: {chosen:.2f}")

# %%
# The same as a picture, with both axes logarithmic:

if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5))
    for (name, line), marker in zip(lines.items(), "os", strict=True):
        axes.loglog(SIZES, line, marker=marker, label=name)
    axes.axhline(loop, linestyle="--", color="C2", label="plain loop")
    axes.set_xlabel("chunksize")
    axes.set_ylabel("microseconds for one task")
    axes.legend()

# %%
# At first each step to the right divides the time by nearly as much as the chunk
# grew. Then the line bends: what is left is pickling the items themselves, which no
# chunk saves. No chunk makes this task worth a process; a plain loop is faster by
# far. So the first question is not how large the chunk is, but whether one task takes
# much longer than its transport.
#
# The price of a chunk that is too large
# --------------------------------------
# A chunk stays with one worker. If the slow items are neighbours, one worker gets
# them all.


def slow_if_small(n):
    time.sleep(0.2 if n < 4 else 0.0)


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(slow_if_small, [9, 9], chunksize=1)
        for size in (8, 4, 1):
            start = time.perf_counter()
            pool.map(slow_if_small, range(16), chunksize=size)
            print(f"chunksize {size}: {time.perf_counter() - start:.2f} s")

# %%
# What to do
# ----------
# Make a chunk take a few tens of milliseconds: long against the transport, short
# against the whole. ``Pool.map`` makes four chunks for each worker by itself, which
# is often right. ``imap``, ``imap_unordered`` and
# :meth:`Executor.map <concurrent.futures.Executor.map>` start from a chunk of one:
# pass ``chunksize`` yourself when tasks are short.
#
# Said about this, and tested: :ref:`folklore-lazy-pool`.
