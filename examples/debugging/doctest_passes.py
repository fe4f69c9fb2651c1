"""
Doctests that pass with every start method
==========================================

A docstring that starts processes passes with every start method if it sends only what
its module has, takes the method from outside, and compares what comes back.

This module tests itself, once with each method. ``extraglobs`` gives its docstrings a
name more.
"""

# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["doctest", "fork", "spawn", "forkserver"]

import doctest
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def add_one(number):
    return number + 1


def add_one_to_each(numbers, method):
    """Return the numbers that follow, in the same order.

    >>> add_one_to_each([3, 1, 2], method)
    [4, 2, 3]
    >>> add_one_to_each([3, "many"], method)
    Traceback (most recent call last):
      ...
    TypeError: can only concatenate str (not "int") to str
    """
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return list(executor.map(add_one, numbers))


def exit_code_of(target, method, *arguments):
    """Run a function in a process, and return the exit code.

    >>> import sys
    >>> exit_code_of(sys.exit, method, 3)
    3
    """
    process = multiprocessing.get_context(method).Process(target=target, args=arguments)
    process.start()
    process.join(timeout=60)
    return process.exitcode


if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        print(f"{method}: {doctest.testmod(extraglobs={'method': method})}")

# %%
# What to look at
# ---------------
# Every function that runs in a child, ``add_one`` and :func:`sys.exit`, belongs to a
# module that the child can import. What a child finds out is returned, and the parent's
# prompt shows it.
#
# An exception that a worker raised has the traceback of the worker in front. doctest
# compares neither that nor the frames, only the last line.
#
# That it can fail, too: :doc:`/gallery/debugging/doctest_functions`.
