"""
A result that cannot travel
===========================

What a task returns is pickled in the worker. If that fails, the work was done and is
lost: a ``Pool`` raises ``MaybeEncodingError`` in the parent, an executor the pickling
error itself.

The task below returns a generator. The same happens to a lambda, an open file, a
database cursor, or an object that has one of them deep inside.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.pool import MaybeEncodingError


def make_counter(start):
    print("the work is done")
    return (number for number in range(start, 0, -1))


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        try:
            pool.apply(make_counter, (3,))
        except MaybeEncodingError as error:
            print("MaybeEncodingError:", error)

# %%
# Read it from its end: the *reason* is what pickle said in the worker. The *maybe* in
# the name is history; the value is the result, shown by its ``repr``.
#
# The executor hands over what pickle said:

if __name__ == "__main__":
    with ProcessPoolExecutor(1) as executor:
        try:
            executor.submit(make_counter, 3).result()
        except TypeError as error:
            print("TypeError:", error)

# %%
# In both, the worker lives on and takes the next task.
#
# The mend
# --------
# Return plain data: numbers, text, lists, dictionaries, arrays, dataclasses of these.


def count(start):
    return list(range(start, 0, -1))


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        print("a list:", pool.apply(count, (3,)))

# %%
# If the result is an object of a library, ``pickle.dumps(result)`` in one process says in
# a second what the pool would say in the end. What is too large or too odd to pickle
# may go to a file, and its name comes back.
