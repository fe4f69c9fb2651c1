"""
Functions of a doctest cannot be pickled
========================================

A function that is defined in a docstring cannot be sent to a child: it says that it
belongs to the module under test, and the module does not have it. A function of the
module itself can be sent.

Three docstrings are tested here, once with each start method.
"""

# sphinx_gallery_tags = ["doctest", "fork", "spawn", "forkserver", "PicklingError"]

import doctest
import multiprocessing


def square(n):
    return n * n


def of_the_module():
    """
    >>> with context.Pool(1) as pool:
    ...     pool.map(square, [1, 2, 3])
    [1, 4, 9]
    """


def task_of_the_docstring():
    """
    >>> def cube(n):
    ...     return n**3
    >>> with context.Pool(1) as pool:
    ...     pool.map(cube, [1, 2, 3])
    [1, 8, 27]
    """


def target_of_the_docstring():
    """
    >>> def work():
    ...     pass
    >>> child = context.Process(target=work)
    >>> child.start()
    >>> child.join()
    >>> child.exitcode
    0
    """


def run(function, **extra):
    """Test a docstring, and return the error that it ran into first."""
    said = []
    names = {**globals(), **extra}
    for test in doctest.DocTestFinder().find(function, globs=names):
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    first = (
        "".join(said).partition("Failed example:")[2].partition("Failed example:")[0]
    )
    errors = [line for line in first.splitlines() if "Error: " in line]
    return errors[-1].strip() if errors else ""


if __name__ == "__main__":
    for function in (of_the_module, task_of_the_docstring, target_of_the_docstring):
        print(function.__name__)
        for method in multiprocessing.get_all_start_methods():
            error = run(function, context=multiprocessing.get_context(method))
            print(f"    {method}: {error or 'passes'}")

# %%
# A task of a pool is pickled with every method, so the second docstring fails with
# every method. The target of a process is pickled only where the child is no fork. That
# one passes with fork, and fails on a Python whose default is another.
#
# Why
# ---
# A docstring is run with a *copy* of the names of its module. What it defines goes into
# the copy, and gets the name of the module all the same:


def name_of_its_module():
    """
    >>> def cube(n):
    ...     return n**3
    >>> print(cube.__name__, "of", cube.__module__)
    cube of __main__
    >>> import sys
    >>> hasattr(sys.modules[cube.__module__], "cube")
    False
    """


if __name__ == "__main__":
    print(run(name_of_its_module) or "as the docstring says")

# %%
# :mod:`pickle` looks there before it sends a name, and refuses. For this it makes no
# difference how the tests are run: doctest makes the copy.
#
# What to do
# ----------
# Let the docstring call what the module has. If a helper is needed that only the test
# uses, it goes into the module too, as ``square`` here. A function of the standard
# library often will do: ``pool.map(abs, [-1, 2])``.
