"""
A lambda under each start method
================================

A forked child has the function already, whatever it is. Under spawn and forkserver the
function is sent as its name, and a lambda has none: ``start()`` raises an error.

The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "PicklingError"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import sys

if __name__ == "__main__":
    context = multiprocessing.get_context(*sys.argv[1:])
    process = context.Process(target=lambda: print("the lambda runs"))
    try:
        process.start()
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
    else:
        process.join()

# %%
# So a program that works on Linux up to Python 3.13 fails on macOS, on Windows, and on
# Linux from 3.14 on. Give the function a name, at the top level of a module.
#
# What else cannot be sent: :doc:`/gallery/start_methods/pickling_errors`.
