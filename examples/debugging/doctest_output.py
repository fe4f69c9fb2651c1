"""
A doctest does not see what a child prints
==========================================

Whatever a child prints is missing from the output that a docstring is compared with.
With fork it is lost; with spawn and forkserver it goes past the test.

The docstring below expects the line that its child prints.
"""

# sphinx_gallery_tags = ["doctest", "fork", "spawn", "forkserver"]

import doctest
import multiprocessing


def hello():
    print("hello from the child")


def printed():
    """
    >>> child = context.Process(target=hello)
    >>> child.start()
    >>> child.join()
    hello from the child
    """


def run(function, method):
    said = []
    names = globals() | {"context": multiprocessing.get_context(method)}
    for test in doctest.DocTestFinder().find(function, globs=names):
        doctest.DocTestRunner(verbose=False).run(test, out=said.append)
    differs = " ".join("".join(said).partition("Expected:")[2].split())
    return f"expected {differs}".replace(" Got ", ", got ") if said else "passes"


if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        print(f"{method}: {run(printed, method)}")

# %%
# Look at the name in front of each line. The parent got nothing, each time. While a
# docstring runs, doctest puts an object of its own in place of :data:`sys.stdout`. It
# is a buffer in memory:
#
# * A forked child has a copy of that buffer. It prints into the copy, which ends with
#   it.
# * Another child has a :data:`sys.stdout` of its own. Its line goes where the program's
#   output goes, and no test compares it.
#
# What to do
# ----------
# Let the child return what it has to say. A result comes back to the parent, and the
# parent's prompt shows it.


def greeting():
    return "hello from the child"


def returned():
    """
    >>> with context.Pool(1) as pool:
    ...     pool.apply(greeting)
    'hello from the child'
    """


if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        print(f"{method}: {run(returned, method)}")
