"""
The missing main guard
======================

A spawned child imports your main module to find the function it shall run, so a
``start()`` without ``if __name__ == "__main__":`` around it is executed again in the
child. Python notices and raises :exc:`RuntimeError`.

This program has no guard. It takes the start method as an argument; without one it uses
the default of your Python.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "RuntimeError"]
# sphinx_gallery_start_methods = {"fork": "ok", "spawn": "ok", "forkserver": ["ok", "exception ConnectionResetError", "exception EOFError"]}

import multiprocessing
import sys

print("the body of the program runs as", __name__)


def work():
    print("the child works")


context = multiprocessing.get_context(*sys.argv[1:])
process = context.Process(target=work)
process.start()
process.join()
print("exit code of the child:", process.exitcode)

# %%
# With fork the program works. The child is a copy, has the function already, and
# imports nothing. So the mistake stays hidden until the program meets Windows, macOS,
# or Python 3.14.
#
# With spawn the body ran twice, the second time with ``__mp_main__`` as its name. That
# second run reached ``process.start()`` and raised the error, in the child. The parent
# only learns the exit code.
#
# With forkserver it depends on the version who imports the main module first: the
# child, or the server that the child is copied from. Since 3.13.8 and 3.14.1 it is the
# server (https://github.com/python/cpython/issues/126631). Before 3.15 it dies of the
# error, and the parent reports a :exc:`ConnectionResetError`, which says nothing about
# a guard. If you see one, look for this :exc:`RuntimeError` above it. In 3.15 the
# server survives, and the child imports the module once more.
#
# With the guard
# --------------
#
# .. side_by_side:: start_methods/with_guard
#    :show: code output timeline
#    :shows: fork: MainProcess | exit code of the child: 0
#            spawn: MainProcess | exit code of the child: 0
#            forkserver: MainProcess | exit code of the child: 0
#            /spawn: SpawnProcess-1 \| the body of the program runs as __mp_main__/
#
# What to look at
# ---------------
# The exit code is 0 with every method. Under spawn the line at the top of the program
# is still printed twice: the guard protects what stands under it, and nothing else.
# Keep reading of arguments, opening of files and long computations below the guard
# too, or the children do them again. Where the forkserver imports the file it is done
# once more in the server: :doc:`/gallery/start_methods/server_runs_main`.
#
# CPython's documentation calls this
# :ref:`safe importing of the main module <python:multiprocessing-safe-main-import>`.
#
# Said about this, and tested: :ref:`folklore-guard-windows`.
