"""
Leaked shared memory and the resource tracker
=============================================

A block of shared memory outlives the process that made it, until somebody unlinks it.
So each program has a resource tracker, a small process that unlinks what was
forgotten, and sometimes what was not.

The programs here are run with :mod:`subprocess`, because children of multiprocessing
share their parent's tracker.
"""

# sphinx_gallery_tags = ["SharedMemory", "resource tracker", "fork", "spawn", "Linux"]
# sphinx_gallery_timeout = 60

import subprocess
import sys
import tempfile
from multiprocessing import resource_tracker
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
# track=False is forgotten on the way
# -----------------------------------
# A visitor may have children and want them to look, too. A block that is passed as an
# argument is pickled as a name and a size, and nothing else. The child attaches with
# ``track=True`` again, and its tracker destroys the block of the first program:

FAMILY = """
import multiprocessing, sys
from multiprocessing.shared_memory import SharedMemory

def look(block):
    if isinstance(block, str):
        block = SharedMemory(block, track=False)
    block.close()

if __name__ == "__main__":
    block = SharedMemory(sys.argv[1], track=False)
    sent = {"the block": block, "its name": block.name}[sys.argv[2]]
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=look, args=(sent,))
    process.start()
    process.join()
    block.close()
"""


def visit_with_child(sent):
    block = SharedMemory(create=True, size=1000)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(FAMILY)
        file.flush()
        command = [sys.executable, file.name, block.name, sent]
        subprocess.run(command, capture_output=True)  # until its trackers have ended
    print(f"the visitor's child got {sent}, our block is still there:", end=" ")
    print(exists(block.name))
    block.close()
    try:
        block.unlink()
    except FileNotFoundError:
        resource_tracker.unregister(f"/{block.name}", "shared_memory")


if __name__ == "__main__":
    if sys.version_info >= (3, 13):
        for sent in ("the block", "its name"):
            visit_with_child(sent)
    else:
        print("this Python has no track=False to be forgotten: 3.13 and later do")

# %%
# A child makes a block
# ---------------------
# Children normally share the tracker of their parent. Under fork they do only if the
# parent had one at the moment of the fork. If not, the child starts a tracker of its
# own, which destroys what the child has made as soon as the child ends. Here a child
# makes a block, sends its name and ends:

CHILD_MAKES = """
import multiprocessing, sys, time
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory

def make(sender):
    block = SharedMemory(create=True, size=1000)
    block.close()
    sender.send(block.name)

if __name__ == "__main__":
    method, tracker = sys.argv[1:]
    if tracker == "running":
        resource_tracker.ensure_running()
    context = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=make, args=(sender,))
    process.start()
    name = receiver.recv()
    process.join()
    time.sleep(0.5)
    try:
        block = SharedMemory(name)
    except FileNotFoundError:
        print("the block is gone")
    else:
        print("the block is there")
        block.unlink()
"""

if __name__ == "__main__":
    with tempfile.NamedTemporaryFile("w", suffix=".py") as file:
        file.write(CHILD_MAKES)
        file.flush()
        for case in (["fork", "not running"], ["fork", "running"], ["spawn", "-"]):
            command = [sys.executable, file.name, *case]
            found = subprocess.run(command, capture_output=True, text=True).stdout
            print(f"{case[0]:5}  tracker before: {case[1]:11}  {found}", end="")

# %%
# What to do
# ----------
# - The processes of one program share a tracker, if the parent makes the blocks, or
#   has started its tracker before it forks. The maker unlinks, in a ``finally``.
# - A program that attaches to the block of another passes ``track=False``, and sends
#   its own children the name, never the block. Before 3.13 use a file and :mod:`mmap`
#   instead.
# - Take the warning for what it is, a missing ``unlink``: look for the path on which
#   your program leaves without it, which may be a killed process.
#
# Said about this, and tested: :ref:`folklore-close-harmless`.
