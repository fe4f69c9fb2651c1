# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy"]
# ///
"""
Random numbers that repeat
==========================

Forked children draw the same "random" numbers from any generator that the parent made,
unless it is the hidden one of the module :mod:`random`. A generator is a piece of
memory like any other, and each child gets a copy in the same state.

Four sources, and what three children draw from each:
"""

# sphinx_gallery_needs = ["numpy"]
# sphinx_gallery_tags = ["fork", "forkserver", "spawn", "random", "NumPy"]

import importlib.util
import multiprocessing
import random

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
# sphinx_gallery_start_ignore
if importlib.util.find_spec("numpy") is None:
    print("This example needs NumPy: pip install numpy")
    raise SystemExit
# sphinx_gallery_end_ignore
import numpy as np

my_random = random.Random()
generator = np.random.default_rng()
sources = {
    "random.randrange": random.randrange,
    "a random.Random": my_random.randrange,
    "np.random.randint": np.random.randint,
    "a NumPy Generator": generator.integers,
}


def draw_from_all(connection):
    connection.send([[int(draw(1000)) for _ in range(3)] for draw in sources.values()])


def ask(method, function, *arguments):
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=function, args=(there, *arguments))
    process.start()
    answer = here.recv()
    process.join()
    return answer


def compare(method):
    print(method)
    children = [ask(method, draw_from_all) for _ in range(3)]
    for name, *draws in zip(sources, *children):
        verdict = "the same" if draws[0] == draws[1] == draws[2] else "different"
        print(f"  {name:18} {verdict:10}", *draws)


if __name__ == "__main__":
    compare("fork")

# %%
# The first line is the exception that hides the rule. Since Python 3.7 the module
# ``random`` gives its hidden generator a new seed in each forked child, with
# :func:`os.register_at_fork`. Nobody does that for the generators you make, nor for the
# hidden one of ``np.random``.
#
# Repeated numbers raise no error. A simulation with eight workers does one eighth of
# its work eight times, and its error bars are too small.
#
# Another start method is no sure cure. A spawned child imports this file and makes
# generators of its own. A child of the forkserver did so too, until Python 3.13.8 and
# 3.14.1. From then on the server has imported this file, once
# (https://github.com/python/cpython/issues/126631), and its children are forks of a
# process that made the generators:

if __name__ == "__main__":
    compare("spawn")
    compare("forkserver")

# %%
# Where forkserver shows "the same" for the generators, the children repeat each other,
# although no number of theirs is the parent's: this Python's server imports the file.
# Where it shows "different", each child imports it, as in 3.13.7 and before. Which
# version does what, is shown :doc:`elsewhere </reference/what_is_inherited>`.
#
# The mend is one generator per task, made from a seed that is handed over. NumPy
# derives independent seeds from one, so that a run can also be repeated:


def send_from_seed(connection, seed):
    rng = np.random.default_rng(seed)
    connection.send(rng.integers(1000, size=3).tolist())


if __name__ == "__main__":
    for attempt in ("once", "again"):
        seeds = np.random.SeedSequence(2026).spawn(3)
        print(f"{attempt:8}", *[ask("fork", send_from_seed, seed) for seed in seeds])

# %%
# What to look at
# ---------------
# The children differ from each other now, and the two lines are equal. So it is with
# every start method, because nothing is taken from what a child finds in its memory.
#
# With the standard library alone, ``random.Random(f"{seed}-{number}")`` in the child
# serves the same purpose. A generator that you *send* to children as an argument is
# copied too, and repeats under every start method.
#
# Said about this, and tested: :ref:`folklore-random`.
