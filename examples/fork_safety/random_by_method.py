"""
Random numbers under each start method
======================================

Forked children draw the same numbers from a generator that the parent has made. Spawned
children make one of their own, when they import this file.

The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "random"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import random
import sys

generator = random.Random()


def draw(queue):
    queue.put([generator.randrange(100) for _ in range(3)])


if __name__ == "__main__":
    context = multiprocessing.get_context(*sys.argv[1:])
    queue = context.SimpleQueue()
    children = [context.Process(target=draw, args=(queue,)) for _ in range(3)]
    for child in children:
        child.start()
    draws = [queue.get() for _ in children]
    for child in children:
        child.join()
    print("all the same" if draws[0] == draws[1] == draws[2] else "different")
    print(*draws, sep="\n")

# %%
# With forkserver it is a matter of version. Since Python 3.13.8 and 3.14.1 the server
# imports this file (https://github.com/python/cpython/issues/126631), and its children
# are copies of a process that has made the generator: they repeat each other. Up to
# then each child imported the file.
#
# A seed for each child, sent as an argument, is right under every method:
# :doc:`/gallery/fork_safety/same_random_numbers`.
