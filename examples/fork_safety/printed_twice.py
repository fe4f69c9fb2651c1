"""
Output that is printed twice
============================

What a program has printed but not yet written is copied by a fork, and then both
processes write it. Text for a terminal leaves at the end of each line, text for a file
or a pipe when some kilobytes have come together. So you see this only once you
redirect the output.

Each of these programs prints, forks, and prints again. They differ in how the child
ends:
"""

# sphinx_gallery_tags = ["fork", "print"]

import multiprocessing
import os
import subprocess
import sys

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
BY_HAND = """
import os, sys
print("before the fork")
pid = os.fork()
if pid == 0:
    print("child")
    {end}
os.waitpid(pid, 0)
print("parent")
"""
BY_MULTIPROCESSING = """
import multiprocessing
print("before the fork")
fork = multiprocessing.get_context("fork")
process = fork.Process(target=print, args=["child"])
process.start()
process.join()
print("parent")
"""


def lines_printed(program):
    environment = dict(os.environ)
    environment.pop("PYTHONUNBUFFERED", None)
    result = subprocess.run(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    return result.stdout.splitlines()


if __name__ == "__main__":
    print("sys.exit():      ", lines_printed(BY_HAND.format(end="sys.exit()")))
    print("os._exit(0):     ", lines_printed(BY_HAND.format(end="os._exit(0)")))
    print("multiprocessing: ", lines_printed(BY_MULTIPROCESSING))

# %%
# With :func:`sys.exit` the child leaves as a program does: it flushes its buffer, in
# which the parent's first line was copied. With :func:`os._exit` it flushes nothing.
# The double line is gone, and the child's own line with it.
#
# :mod:`multiprocessing` does both halves right. It flushes standard output before it
# forks, and the child flushes its own before it ends with ``os._exit``. By hand this
# is:

if __name__ == "__main__":
    careful = BY_HAND.replace("pid = ", "sys.stdout.flush()\npid = ")
    end = "sys.stdout.flush(); os._exit(0)"
    print("flushed by hand: ", lines_printed(careful.format(end=end)))

# %%
# Multiprocessing knows two streams only, standard output and standard error. A file
# of your own is not among them. Here the child is a bare fork that ends with
# ``sys.exit``, and the file is flushed by nobody:

OWN_FILE = """
import os, sys, tempfile
file = tempfile.TemporaryFile("w+")
file.write("one line;")
pid = os.fork()
if pid == 0:
    sys.exit()
os.waitpid(pid, 0)
file.flush()
file.seek(0)
print(file.read())
"""

if __name__ == "__main__":
    print("file of your own:", lines_printed(OWN_FILE))

# %%
# What to look at
# ---------------
# Buffers are flushed by :func:`sys.exit`, and so are ``finally`` blocks and functions
# registered with :mod:`atexit` run: all of it a second time, in the child. A child made
# with :func:`os.fork` should end with :func:`os._exit`, and flush before, on both
# sides. :class:`multiprocessing.Process` does so for you.
#
# Text that C code printed has a buffer of its own, and this one nobody here flushes.
#
# Said about this, and tested: :ref:`folklore-printed-twice`.
