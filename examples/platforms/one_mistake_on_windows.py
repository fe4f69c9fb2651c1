"""
One mistake, several messages
=============================

On Windows a child that cannot be given its task complains, too: about something else
than its parent, and in words that depend on how long the parent lives.

Windows starts the child first; then the parent pickles what the child is to do. Here
that fails, since a lock of :mod:`threading` cannot be pickled. The parent always raises
the error that helps. The child waits for a task that does not come.
"""

# sphinx_gallery_needs = ["windows"]
# sphinx_gallery_timeout = 120
# sphinx_gallery_tags = ["spawn", "Windows", "EOFError", "OSError"]

import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if sys.platform != "win32":
    print(
        "This example needs Windows, where a child is started before its task is pickled."
    )
    raise SystemExit
# sphinx_gallery_end_ignore
PROGRAM = """\
import multiprocessing, sys, threading

def task(lock):
    pass

if __name__ == "__main__":
    process = multiprocessing.Process(target=task, args=(threading.Lock(),))
    try:
        process.start()
    except TypeError as error:
        print("the parent:", type(error).__name__, error, flush=True)
        HERE
    sys.stdin.read()  # the parent lives on
"""


def run(here):
    """Run the program; let it live until its child has said what is wrong."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "program.py").write_text(PROGRAM.replace("HERE", here))
        program = subprocess.Popen(
            [sys.executable, "program.py"], cwd=folder, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        for line in program.stdout:
            print(line, end="")
            if "Error: " in line and not line.startswith("the parent"):
                break
        program.communicate("")


# %%
# The parent still handles the exception while the child reads. So it is at a prompt and
# in a notebook, which keep the last exception, and in an ``except`` block that goes on:

if __name__ == "__main__":
    run("sys.stdin.read()  # handles the error for a while")

# %%
# The exception is gone, and with it the pipe that the child was to read:

if __name__ == "__main__":
    run("pass")

# %%
# What to look at
# ---------------
# ``EOFError: Ran out of input`` and ``Bad file descriptor`` are the same mistake. Neither
# names it. Read the parent's error: it says what cannot be pickled. The other two messages
# come if the parent has ended meanwhile, most often with a traceback of its own:
# :ref:`error-ran-out-of-input` has them.
#
# On Linux and macOS the task is pickled first, and no child is started.
