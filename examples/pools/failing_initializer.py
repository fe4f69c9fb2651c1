"""
An initializer that fails
=========================

If the initializer raises, an executor breaks and says so. A ``Pool`` starts the worker
again, and again, for ever, and no task gets an answer.

A wrong path, a server that does not listen, a missing licence: an initializer is where
such things are met first.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def open_database(started):
    with started.get_lock():
        started.value += 1
    sys.stderr = open(os.devnull, "w")  # the tracebacks, out of our way
    raise ConnectionError("no database")


def work(number):
    return number


if __name__ == "__main__":
    started = multiprocessing.Value("i", 0)
    with ProcessPoolExecutor(
        1, initializer=open_database, initargs=(started,)
    ) as executor:
        try:
            executor.submit(work, 1).result()
        except BrokenProcessPool as error:
            print("BrokenProcessPool:", error)
    print("workers started:", started.value)

# %%
# The parent learns that a worker is gone, and not why. The message is the same as after
# a kill (:doc:`/gallery/pools/killed_worker`). The reason was written in the worker: look
# for ``Exception in initializer`` in the error output of the program.
#
# Now the pool, until five workers have been started:

if __name__ == "__main__":
    started.value = 0
    with multiprocessing.Pool(1, open_database, (started,)) as pool:
        result = pool.apply_async(work, (1,))
        give_up = time.monotonic() + 8
        while started.value < 5 and time.monotonic() < give_up:
            result.wait(timeout=0.1)
        print("five workers or more started:", started.value >= 5)
        print("an answer:", result.ready())

# %%
# It would go on like that, and ``get`` without a timeout would never return. A program
# that uses all its CPUs and prints the same traceback over and over is in this state.
#
# The mend
# --------
# Let the initializer only note what failed, and raise it in the task, where it travels
# to the parent:

failure = None


def open_or_note():
    global failure
    try:
        raise ConnectionError("no database")
    except ConnectionError as error:
        failure = error


def work_or_raise(number):
    if failure is not None:
        raise failure
    return number


if __name__ == "__main__":
    with multiprocessing.Pool(1, open_or_note) as pool:
        try:
            pool.apply(work_or_raise, (1,))
        except ConnectionError as error:
            print("ConnectionError:", error)

# %%
# The same holds for a module that cannot be imported by the child, and for the body of a
# main program that raises when a spawned child runs it: the pool starts the next worker,
# and that one fails, too.
