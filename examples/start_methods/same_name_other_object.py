"""
It's not the same object
========================

A function is pickled as a name. Before that, pickle looks the name up, and if it finds
another object there, it refuses: ``it's not the same object as``.

A decorator that keeps the function it was given is the usual cause.
"""

# sphinx_gallery_tags = ["spawn", "forkserver", "pickle"]

import functools
import multiprocessing
import pickle


def started_by(run):
    """Keep a function, and return an object that starts it as a process."""

    def start():
        context = multiprocessing.get_context("spawn")
        process = context.Process(target=run)
        process.start()
        process.join()

    return start


@started_by
def countdown():
    print("3 2 1")


if __name__ == "__main__":
    try:
        countdown()
    except pickle.PicklingError as error:
        print("PicklingError:", error)

# %%
# The name ``countdown`` is found, but what stands there is ``start``. A child that looked
# it up would get the wrong function.
#
# A class that is defined again
# -----------------------------
# The same happens to an object whose class has been replaced, by running a notebook's
# cell a second time, or by ``importlib.reload``:


class Job:
    pass


job = Job()


class Job:  # noqa: F811
    pass


if __name__ == "__main__":
    try:
        pickle.dumps(job)
    except pickle.PicklingError as error:
        print("PicklingError:", error)

# %%
# Make the object again after the class.
#
# The mend for decorators
# -----------------------
# The name must lead to what is pickled. A decorator that returns a wrapper is no trouble,
# as long as the wrapper bears the name (:func:`functools.wraps`) and it is the wrapper
# that travels:


def announced(function):
    @functools.wraps(function)
    def wrapper(*args):
        print("calling", function.__name__)
        return function(*args)

    return wrapper


@announced
def square(number):
    return number * number


if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.apply(square, (7,)))

# %%
# Without ``wraps`` the wrapper's name is ``announced.<locals>.wrapper``, and the message
# is the one about local functions
# (:doc:`/gallery/start_methods/pickling_errors`). If a decorator must keep the original,
# give the original a name of its own: define ``_countdown`` and write
# ``countdown = started_by(_countdown)``.
