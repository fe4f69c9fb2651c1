"""
What a worker keeps between tasks
=================================

An ``initializer`` runs once in each worker, before its first task, and what it leaves
in a global is there for every task that follows. So send what is large once for each
worker, not once for each task.

The table below says so whenever it is pickled, which happens in the parent, each time
it is sent.
"""

# sphinx_gallery_tags = ["Pool", "spawn"]

import functools
import multiprocessing


class Table:
    """Stands for something large: a model, a dictionary, an index."""

    pickled = 0

    def __init__(self):
        self.rows = {n: n * n for n in range(1000)}

    def __getstate__(self):
        Table.pickled += 1
        return self.__dict__

    def look_up(self, key):
        return self.rows[key]


def look_up(table, key):
    return table.rows[key]


def report(how, results):
    print(f"{how}: {sum(results)}, pickled {Table.pickled} times")
    Table.pickled = 0


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    table = Table()
    with context.Pool(2) as pool:
        keys = range(40)
        task = functools.partial(look_up, table)
        report("in each task      ", pool.imap(task, keys))
        report("a method, chunks 1", pool.imap(table.look_up, keys))
        report("a method, chunks 5", pool.map(table.look_up, keys))

# %%
# A ``partial`` carries its arguments along, and a bound method carries its object: the
# whole table travels with every chunk. ``map`` sends fewer chunks than ``imap``, so it
# hides the cost without removing it.
#
# Now with an initializer. It puts the table into a global of the worker:

worker_table = None


def keep(table):
    global worker_table
    worker_table = table
    print(f"{multiprocessing.current_process().name} has the table")


def look_up_kept(key):
    return worker_table.rows[key]


if __name__ == "__main__":
    with context.Pool(2, initializer=keep, initargs=(table,)) as pool:
        report("by the initializer", pool.imap(look_up_kept, keys))
        pool.close()
        pool.join()  # so that the slower worker can have its say
    print("the parent's own worker_table is", worker_table)

# %%
# What to look at
# ---------------
# The table was pickled once for each worker, however many tasks followed. Under
# ``fork`` even that falls away: the arguments of the initializer are inherited with
# the parent's memory (:ref:`python:multiprocessing-start-methods`). The global was
# set in the workers only; the parent's stayed ``None``.
#
# An initializer is also the place for what cannot be pickled at all: open the
# database connection, the log file or the network session there, one for each worker.
# :class:`~concurrent.futures.ProcessPoolExecutor` takes the same two arguments.
#
# What happens if an initializer raises: :doc:`/gallery/pools/failing_initializer`.
