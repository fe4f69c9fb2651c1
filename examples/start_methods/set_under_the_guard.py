"""
A global that is set under the guard
====================================

A child that imports your file does not run what stands under the guard. So a global
that is set there has its new value in a forked child, and its old one in any other.

The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "globals"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import sys

limit = 10


def show():
    print("the child's limit is", limit)


if __name__ == "__main__":
    limit = 99
    print("the parent's limit is", limit)
    context = multiprocessing.get_context(*sys.argv[1:])
    process = context.Process(target=show)
    process.start()
    process.join()

# %%
# No error tells you. Pass what a child needs as an argument, or to the initializer of a
# pool: that is the same under every method.
#
# What else a child sees of its parent: :doc:`/gallery/start_methods/what_is_inherited`.
