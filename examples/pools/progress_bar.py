"""
Progress, as it happens
=======================

To show progress, count results as they come: ``imap_unordered`` hands each one over
when it is ready, while ``map`` hands over all of them at the end.

A progress bar needs nothing else. Here it is one line for each step, so that it can
be read on a page; in a terminal, print with ``end="\\r"``.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed


def work(n):
    time.sleep(0.05 * (1 + n % 3))
    return n


def with_progress(results, total):
    """Yield what `results` yields, and say how far it is."""
    start = time.perf_counter()
    for done, result in enumerate(results, start=1):
        if done % 3 == 0 or done == total:
            bar = "#" * (20 * done // total)
            elapsed = time.perf_counter() - start
            print(f"[{bar:<20}] {done:2} of {total}, {elapsed:.1f} s")
        yield result


if __name__ == "__main__":
    items = range(12)
    with multiprocessing.Pool(2) as pool:
        print("sum:", sum(with_progress(pool.imap_unordered(work, items), 12)))

# %%
# The same function wrapped around ``map`` shows a bar that stands still and then jumps,
# since there is nothing to count before everything is there:

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        print("sum:", sum(with_progress(pool.map(work, items), 12)))

# %%
# With the executor, :func:`~concurrent.futures.as_completed` has the part of
# ``imap_unordered``. A library such as `tqdm <https://tqdm.github.io/>`__ goes where
# ``with_progress`` stands, and wants the ``total`` for the same reason: neither
# iterator has a length.

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(work, n) for n in items]
        done = with_progress(as_completed(futures), len(futures))
        print("sum:", sum(future.result() for future in done))

# %%
# Progress inside one task
# ------------------------
# When one task takes minutes, the worker itself must count. A
# :func:`multiprocessing.Value` that all workers got from the initializer is enough;
# the parent looks at it now and then.

counter = None


def share(value):
    global counter
    counter = value


def long_work(steps):
    for _ in range(steps):
        time.sleep(0.02)
        with counter.get_lock():
            counter.value += 1


if __name__ == "__main__":
    steps = multiprocessing.Value("i", 0)
    with multiprocessing.Pool(2, initializer=share, initargs=(steps,)) as pool:
        result = pool.map_async(long_work, [40, 40])
        while not result.ready():
            result.wait(timeout=0.25)
            print(f"{steps.value} of 80 steps")
        result.get()

# %%
# What to look at
# ---------------
# In the first and third cell the seconds grow from line to line. In the second all
# lines came at once, and the ``0.0 s`` are measured from there.
#
# In the last cell ``wait`` is a sleep that ends early when the work is done, and
# ``get`` at the end is there for the exceptions. The lock around ``+=`` matters:
# without it, steps get lost.
