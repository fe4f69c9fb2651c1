"""
Moving a program from fork to forkserver
========================================

On Linux, Python 3.14 changed the default from fork to forkserver, and programs broke
that had relied on a child being a copy of its parent. They break in four ways. Each is
shown here under both methods, with its mend.

None of this needs Python 3.14 to try: choose the method, and see.
"""

# sphinx_gallery_tags = ["fork", "forkserver", "3.14"]

import functools
import multiprocessing
import os
import sys

OPTIONS = {"factor": 1}
ANSWERS = None


def attempt(context, target, *args):
    try:
        process = context.Process(target=target, args=args)
        process.start()
        process.join()
    except Exception as error:
        print(f"start() failed: {type(error).__name__}")


if __name__ == "__main__":
    if "fork" not in multiprocessing.get_all_start_methods():
        print("no fork on", sys.platform)
        sys.exit()
    old = multiprocessing.get_context("fork")
    new = multiprocessing.get_context("forkserver")

# %%
# 1. A global set under the guard
# -------------------------------
# The forked child has the parent's value. The other child has imported the main module
# and has the value from there. Nothing raises: the result is wrong.


def multiply(n):
    print(f"{n} x {OPTIONS['factor']} = {n * OPTIONS['factor']}")


def multiply_with(options, n):
    print(f"{n} x {options['factor']} = {n * options['factor']}")


if __name__ == "__main__":
    OPTIONS["factor"] = 10
    for context in (old, new):
        print(f"global, {context.get_start_method()}:")
        attempt(context, multiply, 7)
    print("mended, as an argument:")
    attempt(new, multiply_with, OPTIONS, 7)

# %%
# For a pool, pass it once to each worker:
# :doc:`/gallery/pools/initializer_state`.
#
# 2. A queue or a lock in a global
# --------------------------------
# The same cause, but this time the child finds ``None`` and fails.


def put_global(n):
    try:
        ANSWERS.put(n)
    except AttributeError as error:
        print("AttributeError:", error)


def put(answers, n):
    answers.put(n)


if __name__ == "__main__":
    for context in (old, new):
        ANSWERS = context.SimpleQueue()
        print(f"global queue, {context.get_start_method()}:")
        attempt(context, put_global, 1)
        print("the queue is empty:", ANSWERS.empty())
    print("mended, as an argument:")
    attempt(new, put, ANSWERS, 1)
    print("the queue is empty:", ANSWERS.empty())

# %%
# 3. A lambda or a local function
# -------------------------------
# It cannot be pickled (:doc:`/gallery/start_methods/pickling_errors`).
# :func:`functools.partial` replaces it.

if __name__ == "__main__":
    for context in (old, new):
        print(f"lambda, {context.get_start_method()}:")
        attempt(context, lambda: multiply(7))
    print("mended, partial:")
    attempt(new, functools.partial(multiply_with, OPTIONS, 7))

# %%
# 4. The environment, changed on the way
# --------------------------------------
# The server keeps the environment that it was started with.


def show_color(color=None):
    print("color:", color or os.environ.get("COLOR"))


if __name__ == "__main__":
    os.environ["COLOR"] = "blue"
    for context in (old, new):
        print(f"environment, {context.get_start_method()}:")
        attempt(context, show_color)
    print("mended, as an argument:")
    attempt(new, show_color, os.environ["COLOR"])

# %%
# What to do
# ----------
# Three of the four mends are one: give the child what it needs as an argument. Such a
# program runs with every method, and on every platform.
#
# To keep fork for now, ask for it by name, with ``set_start_method("fork")`` or a
# context. That is a decision for a program without threads: see
# :doc:`/gallery/fork_safety/lock_at_fork`.
#
# To find the places, run the tests with the other method before you move:
# :doc:`/gallery/debugging/every_start_method`.
