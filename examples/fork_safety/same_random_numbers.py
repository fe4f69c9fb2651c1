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
# sphinx_gallery_tags = ["fork", "random", "NumPy"]

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

fork = multiprocessing.get_context("fork")
my_random = random.Random()
generator = np.random.default_rng()
sources = {
    "random.randrange": random.randrange,
    "random.Random of the parent": my_random.randrange,
    "np.random.randint": np.random.randint,
    "np Generator of the parent": generator.integers,
}


def send_three(connection, draw):
    connection.send([int(draw(1000)) for _ in range(3)])


def ask(function, argument):
    here, there = fork.Pipe()
    process = fork.Process(target=function, args=(there, argument))
    process.start()
    answer = here.recv()
    process.join()
    return answer


if __name__ == "__main__":
    for name, draw in sources.items():
        answers = [ask(send_three, draw) for _ in range(3)]
        verdict = "the same" if answers[0] == answers[1] == answers[2] else "different"
        print(f"{name:28}", *answers, verdict)

# %%
# The first line is the exception that hides the rule. Since Python 3.7 the module
# ``random`` gives its hidden generator a new seed in each forked child, with
# :func:`os.register_at_fork`. Nobody does that for the generators you make.
#
# Repeated numbers raise no error. A simulation with eight workers does one eighth of
# its work eight times, and its error bars are too small.
#
# The mend is one generator per task, made from a seed that is handed over. NumPy
# derives independent seeds from one, so that a run can also be repeated:


def send_from_seed(connection, seed):
    rng = np.random.default_rng(seed)
    connection.send(rng.integers(1000, size=3).tolist())


if __name__ == "__main__":
    for attempt in ("once", "again"):
        seeds = np.random.SeedSequence(2026).spawn(3)
        print(f"{attempt:28}", *[ask(send_from_seed, seed) for seed in seeds])

# %%
# What to look at
# ---------------
# The children differ from each other now, and the two lines are equal.
#
# With the standard library alone, ``random.Random(f"{seed}-{number}")`` in the child
# serves the same purpose. Under ``spawn`` and ``forkserver`` the functions of a module
# are seeded anew in each child; but a generator that you *send* to children as an
# argument is copied there too, and repeats under every start method.
#
# Said about this, and tested: :ref:`folklore-random`.
