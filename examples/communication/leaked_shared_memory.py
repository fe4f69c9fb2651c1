"""
Leaked shared memory and the resource tracker
=============================================

A block of shared memory outlives the process that made it, until somebody unlinks it.
So each program has a resource tracker, a small process that unlinks what was
forgotten, and sometimes what was not.

The programs here are run with :mod:`subprocess`, because children of multiprocessing
share their parent's tracker.
"""

# sphinx_gallery_tags = ["SharedMemory", "resource tracker", "Linux", "macOS"]

import subprocess
import sys
from multiprocessing.shared_memory import SharedMemory

FORGET = """
from multiprocessing.shared_memory import SharedMemory
block = SharedMemory(create=True, size=1000)
print(block.name)
"""

VISIT = """
import sys
from multiprocessing.shared_memory import SharedMemory
block = SharedMemory(sys.argv[1], {options})
block.close()
"""


def run(code, *args):
    """Run a program; return what it printed and what it warned of."""
    command = [sys.executable, "-c", code, *args]
    result = subprocess.run(command, capture_output=True, text=True)
    warned = result.stderr.partition("UserWarning: ")[2].splitlines()
    return result.stdout.strip(), warned[0] if warned else "nothing"


def exists(name):
    try:
        SharedMemory(name).close()
    except FileNotFoundError:
        return False
    return True


if __name__ == "__main__":
    if sys.platform == "win32":
        print("On Windows there is no resource tracker; nothing can be shown.")
        sys.exit()
    name, warning = run(FORGET)
    print("warning:", warning)
    print("the block is still there:", exists(name))

# %%
# A program made a block, never called ``unlink``, and ended. Its tracker lives a moment
# longer. It counts what was registered and not unlinked, warns, and cleans up.
#
# The visitor
# -----------
# Until Python 3.13 *attaching* to a block was always registered too, and it still is
# unless you say otherwise. So when a second program looks at a block and leaves, its
# tracker takes the block of the first for forgotten:

if __name__ == "__main__":
    visits = ["track=True", "track=False"] if sys.version_info >= (3, 13) else [""]
    for options in visits:
        block = SharedMemory(create=True, size=1000)
        _, warning = run(VISIT.format(options=options), block.name)
        print("a visitor came and left", options)
        print("   its tracker warned:", warning)
        print("   our block is still there:", exists(block.name))
        block.close()
        try:
            block.unlink()
        except FileNotFoundError as error:
            print("   our own unlink:", error)

# %%
# The visitor did all that it should: it called ``close``, for it was not its business
# to ``unlink``. With ``track=False``, from Python 3.13 on
# (https://github.com/python/cpython/issues/82300), its tracker is not told.
#
# The last warnings, when the program ends, come from *our* tracker. Our ``unlink``
# failed, so for it the block is not unlinked; then it cannot find it either.
#
# What to do
# ----------
# - Among the processes of one program (children of ``multiprocessing``) there is
#   normally one tracker and no such trouble: the maker unlinks, in a ``finally``.
# - A program that attaches to the block of another passes ``track=False``. Before 3.13
#   use a file and :mod:`mmap` instead.
# - Take the warning for what it is, a missing ``unlink``: look for the path on which
#   your program leaves without it, which may be a killed process.
#
# Said about this, and tested: :ref:`folklore-close-harmless`.
