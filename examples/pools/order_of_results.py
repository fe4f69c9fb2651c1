"""
In which order do results come?
===============================

The methods of a :class:`~multiprocessing.pool.Pool` differ in three things only:
whether they wait, in which order the results come, and how many arguments a call
takes. One slow item shows the difference.

The same three tasks are given to each method, to two workers. Task 0 is the slow
one. The times are those at which the parent got something into its hands.
"""

# sphinx_gallery_tags = ["Pool"]
# sphinx_gallery_parallel = False

import multiprocessing
import time

SECONDS = {0: 0.6, 1: 0.1, 2: 0.1}


def wait(task):
    time.sleep(SECONDS[task])
    return task


class Clock:
    def __init__(self, method):
        self.method, self.start = method, time.perf_counter()

    def show(self, event):
        elapsed = time.perf_counter() - self.start
        print(f"{self.method:15} {elapsed:.1f} s  {event}")


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(wait, [1, 1], chunksize=1)  # both workers are up

        clock = Clock("map")
        clock.show(pool.map(wait, SECONDS, chunksize=1))

        clock = Clock("imap")
        for result in pool.imap(wait, SECONDS):
            clock.show(result)

        clock = Clock("imap_unordered")
        for result in pool.imap_unordered(wait, SECONDS):
            clock.show(result)

# %%
# ``map`` says nothing until the last task is done. ``imap`` hands results over one by
# one, but keeps the order: 1 and 2 are ready early and stand behind 0.
# ``imap_unordered`` hands over whatever is ready. If a result must be told apart, let
# the function return its argument too.
#
# ``apply`` and ``apply_async`` run one call, not one for each item:

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(wait, [1, 1], chunksize=1)

        clock = Clock("apply")
        for task in SECONDS:
            clock.show(pool.apply(wait, (task,)))

        clock = Clock("apply_async")
        promises = [pool.apply_async(wait, (task,)) for task in SECONDS]
        clock.show("all three handed out")
        for promise in promises:
            clock.show(promise.get())

# %%
# What to look at
# ---------------
# :meth:`~multiprocessing.pool.Pool.apply` waits for its one result, so a loop over it
# uses one worker at a time: the times add up, and the second worker is idle.
# :meth:`~multiprocessing.pool.Pool.apply_async` returns at once with an
# :class:`~multiprocessing.pool.AsyncResult`, whose ``get`` waits.
#
# A rule that serves most programs: ``map`` if you need all results before you go on,
# ``imap_unordered`` if you can use each by itself. The second also needs less memory
# in the parent, since a result can be thrown away when it has been used.
