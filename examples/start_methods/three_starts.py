"""
How long until a child runs
===========================

A fork is there at once. A spawned child is a new interpreter, which first loads Python
and your file. The forkserver takes that time once; the next children are forks of it.

Three children, started one after the other. The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "measured"]
# sphinx_gallery_parallel = False
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import sys


def hello(number):
    print(f"child {number} runs")


if __name__ == "__main__":
    context = multiprocessing.get_context(*sys.argv[1:])
    for number in (1, 2, 3):
        child = context.Process(target=hello, args=(number,))
        child.start()
        child.join()

# %%
# The dotted lines are the time from ``start()`` until the child runs. What each method
# costs with more memory, or more to import: :doc:`/gallery/start_methods/starting_cost`.
