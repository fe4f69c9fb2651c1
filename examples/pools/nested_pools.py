"""
A pool inside a pool
====================

A worker of a ``Pool`` may not start processes, because it is a daemon; a worker of a
``ProcessPoolExecutor`` may. But a pool inside a pool multiplies the processes, and
the better way is nearly always one pool and a flat list of tasks.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import itertools
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor


def cell(row, column):
    time.sleep(0.02)
    return row * column, os.getpid()


def row_by_pool(row):
    with multiprocessing.Pool(2) as pool:
        return pool.starmap(cell, [(row, column) for column in range(4)])


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            pool.map(row_by_pool, range(4))
        except AssertionError as error:
            print("AssertionError:", error)
        pool.close()
        pool.join()

# %%
# Daemonic means: ended when its parent ends. Children of a process that is ended in
# this way would be orphans, hence the rule
# (:attr:`multiprocessing.Process.daemon`).
#
# Could the workers use the pool that they belong to? It would have to be sent to them:


def row_by_given_pool(pool, row):
    return pool.starmap(cell, [(row, column) for column in range(4)])


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            pool.apply(row_by_given_pool, (pool, 1))
        except NotImplementedError as error:
            print("NotImplementedError:", error)

# %%
# The workers of an executor are not daemonic, and may have a pool of their own. Count
# the processes:


def row_by_executor(row):
    with ProcessPoolExecutor(2) as executor:
        results = executor.map(cell, [row] * 4, range(4), chunksize=2)
        return [*results, (None, os.getpid())]


def report(title, cells):
    processes = {pid for _, pid in cells}
    values = [value for value, _ in cells if value is not None]
    print(f"{title}: sum {sum(values)}, {len(processes)} processes")


if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        rows = list(executor.map(row_by_executor, range(4)))
    report("nested", [cell for row in rows for cell in row])

# %%
# Flat, the same table takes two. :func:`itertools.product` makes the list of tasks:

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        report("flat", pool.starmap(cell, itertools.product(range(4), range(4))))

# %%
# What to look at
# ---------------
# The nested version started a pool for every row, and the work is the same. Nor can
# it keep all its workers busy: each outer worker waits for its inner pool.
#
# A flat list also balances better, because any worker may take any task. Nest only
# where a task itself cannot be split from outside, and then let the sizes of the
# pools multiply to the number of CPUs, or use threads on the inside.
