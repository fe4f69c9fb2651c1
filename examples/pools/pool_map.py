"""
A loop over many processes
==========================

:meth:`Pool.map <multiprocessing.pool.Pool.map>` calls a function on every item in
several processes, and returns the results in the order of the items. It is the
parallel form of ``[square(n) for n in range(1, 5)]``.

The items are dealt to the workers as they become free. Here the first item takes
longest, so the lines of the workers come in another order than the results.
"""

# sphinx_gallery_tags = ["Pool"]

import functools
import multiprocessing
import time


def square(n):
    time.sleep(1 if n == 1 else 0.1)
    print(f"{n} squared is {n * n}")
    return n * n


if __name__ == "__main__":
    with multiprocessing.Pool(processes=2) as pool:
        results = pool.map(square, range(1, 5), chunksize=1)
    print("results:", results)

# %%
# The function stands at the top level of the file, because a worker finds it by its
# name; and the pool is made under ``if __name__ == "__main__":``, because a worker
# may import the file. Both hold for everything in this section.
#
# Several arguments
# -----------------
# ``map`` passes one argument. An item that is a tuple stays one argument, and the
# exception that says so comes from the worker:


def power(base, exponent):
    return base**exponent


if __name__ == "__main__":
    pairs = [(2, 3), (3, 2), (10, 6)]
    with multiprocessing.Pool(processes=2) as pool:
        try:
            pool.map(power, pairs)
        except TypeError as error:
            print("map:", type(error).__name__, error)
        print("starmap:", pool.starmap(power, pairs))

# %%
# :meth:`~multiprocessing.pool.Pool.starmap` unpacks each tuple. For an argument that
# is the same every time, fix it with :func:`functools.partial`. A ``lambda`` will not
# do: it has no name by which a worker could find it.

if __name__ == "__main__":
    with multiprocessing.Pool(processes=2) as pool:
        print("partial:", pool.map(functools.partial(power, 2), range(8)))
        try:
            pool.map(lambda exponent: 2**exponent, range(8))
        except Exception as error:
            print("lambda:", type(error).__name__)

# %%
# What to look at
# ---------------
# In the first cell the squares were printed by two processes, and printed out of
# order; the list is in order. ``map`` keeps the slots and fills them as answers come
# back.
#
# What each worker returned was pickled, sent through a pipe and rebuilt here. So was
# each argument. That is the price of a pool, and :doc:`/gallery/pools/chunk_size`
# measures it. If you want the results as they come, see
# :doc:`/gallery/pools/order_of_results`.
