"""
How much input is read ahead?
=============================

``imap`` hands results over one by one, but it reads its input as fast as it can, without
regard to them. ``Executor.map`` reads it all before it returns. So an endless generator
never gives a result, and one that reads a large file fills the memory. Since Python 3.14
``Executor.map`` takes a ``buffersize``.

The input counts how many items were asked for when the first result was there.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "3.14"]

import inspect
import itertools
import multiprocessing
import threading
import time
from concurrent.futures import FIRST_COMPLETED, Executor, ProcessPoolExecutor, wait

COUNT = 2000


class Input:
    """Numbers up to ``COUNT``, which know how many of them were read."""

    def __init__(self):
        self.read = 0

    def __iter__(self):
        for n in range(COUNT):
            self.read += 1
            yield n


def slow(n):
    time.sleep(0.01)
    return n


def report(title, numbers, results):
    next(results)
    print(f"{title:20} {numbers.read:4} of {COUNT} read before the first result")


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        numbers = Input()
        report("imap", numbers, pool.imap(slow, numbers))

    with ProcessPoolExecutor(2) as executor:
        numbers = Input()
        report("Executor.map", numbers, executor.map(slow, numbers))
        executor.shutdown(cancel_futures=True)

    if "buffersize" in inspect.signature(Executor.map).parameters:
        with ProcessPoolExecutor(2) as executor:
            numbers = Input()
            results = executor.map(slow, numbers, buffersize=8)
            report("map, buffersize=8", numbers, results)
            executor.shutdown(cancel_futures=True)
    else:
        print("Executor.map has no buffersize on this Python: 3.14 and later have it")

# %%
# A limit for every version
# -------------------------
# With an executor, submit as many as there may be, and one more for each that is done:


def map_limited(executor, function, items, limit):
    """Yield results as they come; at most ``limit`` items are under way."""
    items = iter(items)
    pending = {executor.submit(function, n) for n in itertools.islice(items, limit)}
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for n in itertools.islice(items, len(done)):
            pending.add(executor.submit(function, n))
        for future in done:
            yield future.result()


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        numbers = Input()
        results = map_limited(executor, slow, numbers, limit=8)
        report("map_limited", numbers, results)
        results.close()

# %%
# With a ``Pool``, let the input wait for a semaphore that each result releases. The
# pool reads its input in a thread of its own, so nothing else waits:


def limited(items, slots):
    for item in items:
        slots.acquire()
        yield item


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        numbers, slots = Input(), threading.Semaphore(8)
        results = pool.imap(slow, limited(numbers, slots))
        report("imap, 8 slots", numbers, results)
        for _ in itertools.islice(results, 100):
            slots.release()
        print(f"{numbers.read} read after 101 results")
        slots.release(COUNT)  # let the thread end

# %%
# What to look at
# ---------------
# The first two numbers are out of proportion to two workers and one result. All others
# stay near the limit.
