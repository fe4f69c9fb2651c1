"""
All docstrings of a run share one start method
==============================================

Docstrings are tested one after the other in one process, so the first that sets a start
method, or needs one, settles it for all that follow. A context settles nothing.

The first docstring below passes, and makes the second fail.
"""

# sphinx_gallery_tags = ["doctest", "fork", "spawn", "RuntimeError"]

import doctest
import multiprocessing


def first():
    """
    >>> multiprocessing.set_start_method("spawn")
    >>> multiprocessing.get_start_method()
    'spawn'
    """


def second():
    """
    >>> multiprocessing.set_start_method("spawn")
    """


def run(*functions):
    for function in functions:
        said = []
        for test in doctest.DocTestFinder().find(function, globs=globals()):
            doctest.DocTestRunner(verbose=False).run(test, out=said.append)
        errors = [line for line in "".join(said).splitlines() if "Error: " in line]
        print(f"{function.__name__}: {errors[0].strip() if errors else 'passes'}")


if __name__ == "__main__":
    run(first, second)

# %%
# Tested alone, the second passes:

if __name__ == "__main__":
    multiprocessing.set_start_method(None, force=True)
    run(second)

# %%
# It need not be another ``set_start_method``. A lock is enough, in whatever docstring
# comes first, or in the code that it calls:


def makes_a_lock():
    """
    >>> multiprocessing.Lock().acquire()
    True
    """


if __name__ == "__main__":
    multiprocessing.set_start_method(None, force=True)
    run(makes_a_lock, second)

# %%
# What to do
# ----------
# Ask for a context in the docstring. It has a start method of its own, on every Python,
# whatever the default is and whoever came before:


def with_a_context():
    """
    >>> context = multiprocessing.get_context("spawn")
    >>> with context.Pool(1) as pool:
    ...     pool.map(abs, [-1, 2])
    [1, 2]
    """


if __name__ == "__main__":
    run(makes_a_lock, with_a_context, with_a_context)
