"""
A half-finished import
======================

A child that imports a module while the parent's other thread was importing it at the
fork waits for ever. Each module has a lock during its import, so that no thread gets
half of it. The child inherits this lock, and not the thread that would finish.

The module of this example takes two seconds to import, as large packages do.
"""

# sphinx_gallery_tags = ["fork", "threads", "import"]

import faulthandler
import multiprocessing
import os
import pathlib
import sys
import tempfile
import threading

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")
nowhere = open(os.devnull, "w")


def import_slow():
    import slow

    print("imported, answer is", slow.answer)


def import_another():
    import colorsys

    print("imported", colorsys.__name__)


def run(function, file):
    faulthandler.dump_traceback_later(1, exit=True, file=file)
    function()


if __name__ == "__main__":
    folder = tempfile.TemporaryDirectory()
    sys.path.insert(0, folder.name)
    slow = pathlib.Path(folder.name, "slow.py")
    slow.write_text("import time\ntime.sleep(2)\nanswer = 42\n")

    thread = threading.Thread(target=import_slow)
    thread.start()
    while "slow" not in sys.modules:
        thread.join(0.01)
    print("forking in the middle of the import")

    children = [fork.Process(target=run, args=(import_slow, sys.stderr))]
    children += [
        fork.Process(target=run, args=(import_slow, nowhere)) for _ in range(19)
    ]
    children += [fork.Process(target=run, args=(import_another, sys.stderr))]
    for process in children:
        process.start()
    for process in children:
        process.join()
    stuck = [process for process in children[:20] if process.exitcode == 1]
    print("the same module: stuck", len(stuck), "of 20")
    print("another module: exit code", children[20].exitcode)

    thread.join()
    folder.cleanup()

# %%
# What to look at
# ---------------
# The innermost frames of the stack belong to the import system, and the first one of
# this file below them is an innocent ``import``. The parent finishes its own import a
# moment later and never knows.
#
# Python does care for the locks of the import system's own tables at a fork, which is
# why another module can be imported. It cannot finish a module whose code has run
# halfway: the child's copy of it is half filled.
#
# Imports inside functions make this possible, and lazy imports make it more likely:
# a thread imports when it first needs the module. Import at the top of the file
# whatever children will need, and start threads after that.
