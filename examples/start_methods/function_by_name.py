"""
A function travels as its name
==============================

Pickling a function writes down the name of its module and its own name, and nothing
else. The child looks the name up, so it runs the code that *it* finds under that name.

Look at what is sent for a short function, a long one and a method:
"""

# sphinx_gallery_tags = ["spawn", "fork", "pickle"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import pickle
import pickletools
import statistics
import sys


def greet():
    print("hello")


class Cook:
    """Has a recipe."""

    def __init__(self, recipe):
        self.recipe = recipe

    def cook(self):
        print(self.recipe)


def strings_in(data):
    return [value for _, value, _ in pickletools.genops(data) if isinstance(value, str)]


if __name__ == "__main__":
    things = {
        "greet": greet,
        "statistics.quantiles": statistics.quantiles,
        "Cook('soup').cook": Cook("soup").cook,
    }
    for name, thing in things.items():
        data = pickle.dumps(thing)
        print(f"{name}: {len(data)} bytes, strings: {strings_in(data)}")

# %%
# There is no code in any of them. The bound method is a :func:`getattr` to be done by
# the receiver, on the object, which is sent along: its class by name, its attributes by
# value.
#
# Whose code runs?
# ----------------
# So a function that the parent replaces after the import is not replaced in a child
# that imports for itself. The pickle of a new function under the old name looks the
# same. The start method is the program's argument:


def polite():
    print("good morning")


if __name__ == "__main__":
    polite.__name__ = polite.__qualname__ = "greet"
    greet = polite
    greet()
    process = multiprocessing.get_context(*sys.argv[1:]).Process(target=greet)
    process.start()
    process.join()

# %%
# What to look at
# ---------------
# The forked child greets as its parent does; it is a copy. The others import the file,
# in which ``greet`` is what it always was. No error: the wrong function runs. Patches
# of tests (:mod:`unittest.mock`), plugins that replace functions, and settings changed
# after the import do not reach such a child.
#
# The same rule explains :doc:`what cannot be sent
# </gallery/start_methods/pickling_errors>`: a lambda has no name to be found by. And it
# says why both sides need the same version of your code, if they are on two machines.
