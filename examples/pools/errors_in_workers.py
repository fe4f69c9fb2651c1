"""
Where an error in a worker goes
===============================

An exception in a worker is pickled, sent to the parent, and raised there by whatever
waits for the result. If nothing waits, nobody ever hears of it.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor


def reciprocal(n):
    return 1 / n


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.apply_async(reciprocal, (0,))
        pool.close()
        pool.join()
    print("no get: nothing was heard of the error")

    with multiprocessing.Pool(2) as pool:
        promise = pool.apply_async(reciprocal, (0,), error_callback=print)
        promise.wait()
        print("that was the callback; successful:", promise.successful())
        try:
            promise.get()
        except ZeroDivisionError as error:
            print("get:", error)

# %%
# So call ``get`` on everything, or pass an ``error_callback``.
#
# Where in the worker was it? A traceback cannot be pickled, so its text comes along,
# as the cause of the exception. When an exception ends the program you see both, the
# worker's traceback first:

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            pool.map(reciprocal, [2, 1, 0])
        except ZeroDivisionError as error:
            cause = error.__cause__
            print("cause:", type(cause).__name__)
            print(re.sub(r'File ".*[\\/]', 'File "', str(cause)).strip())

# %%
# What happens to the other results
# ---------------------------------
# ``map`` raises and the results of the tasks that went well are lost. The iterator of
# ``Pool.imap`` raises in the place of the failed one, and can be asked for more. The
# iterator of :meth:`Executor.map <concurrent.futures.Executor.map>` is a generator: up to
# Python 3.15 the exception ends it, and cancels what has not begun
# (https://github.com/python/cpython/issues/108518).


def read_all(name, results):
    good = []
    for _ in range(4):
        try:
            good.append(next(results))
        except StopIteration:
            good.append("end")
            break
        except ZeroDivisionError:
            good.append("error")
    print(f"{name}:", good)


if __name__ == "__main__":
    numbers = [2, 0, 4, 5]
    with multiprocessing.Pool(2) as pool:
        read_all("Pool.imap   ", pool.imap(reciprocal, numbers))
    with ProcessPoolExecutor(2) as executor:
        read_all("Executor.map", executor.map(reciprocal, numbers))

# %%
# What to do
# ----------
# If one bad item must not cost the others, submit the tasks one by one and look at
# each future, as in :doc:`/gallery/pools/executor_futures`; or let the function catch
# its own exception and return it as a value.
#
# An exception with a constructor of its own may not survive the journey:
# :doc:`/gallery/pools/unpicklable_exception`.
#
# Said about this, and tested: :ref:`folklore-errors-vanish`.
