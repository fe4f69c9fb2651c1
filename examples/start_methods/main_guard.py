"""
The missing main guard
======================

A spawned child imports your main module to find the function it shall run, so a
``start()`` without ``if __name__ == "__main__":`` around it is executed again in the
child. Python notices and raises :exc:`RuntimeError`.

This program has no guard. It is written to a file and run with each start method; the
output is complete except for the frames of the tracebacks.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "RuntimeError"]

import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

GUARDLESS = """\
import multiprocessing

print("the body of the program runs as", __name__)

def work():
    print("the child works")

context = multiprocessing.get_context("METHOD")
process = context.Process(target=work)
process.start()
process.join()
print("exit code of the child:", process.exitcode)
"""


def without_frames(text):
    """Return a program's output without the frames of its tracebacks."""
    lines, inside = [], False
    for line in text.splitlines():
        if line.startswith("Traceback (most recent call last):"):
            inside = True
        elif not line.startswith(" "):
            inside = False
        if not inside:
            lines.append(line.rstrip())
    return "\n".join(lines)


def run(program, method):
    if method not in multiprocessing.get_all_start_methods():
        print(f"--- {method}: not on this platform")
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "program.py").write_text(program.replace("METHOD", method))
        result = subprocess.run(
            [sys.executable, "program.py"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=20,
        )
    print(f"--- {method}")
    print(without_frames(result.stdout))


if __name__ == "__main__":
    run(GUARDLESS, "fork")

# %%
# With fork the program works. The child is a copy, has the function already, and
# imports nothing. So the mistake stays hidden until the program meets Windows, macOS,
# or Python 3.14.

if __name__ == "__main__":
    run(GUARDLESS, "spawn")

# %%
# With spawn the body ran twice, the second time with ``__mp_main__`` as its name. That
# second run reached ``process.start()`` and raised the error, in the child. The parent
# only learns the exit code.

if __name__ == "__main__":
    run(GUARDLESS, "forkserver")

# %%
# With forkserver it depends on the version who imports the main module first: the
# child, or the server that the child is copied from. Since 3.13.8 and 3.14.1 it is the
# server (https://github.com/python/cpython/issues/126631). Before 3.15 it dies of the
# error, and the parent reports a :exc:`ConnectionResetError`, which says nothing about
# a guard. If you see one, look for this :exc:`RuntimeError` above it. In 3.15 the
# server survives, and the child imports the module once more.
#
# With the guard
# --------------

BEFORE, AFTER = GUARDLESS.split("context = ", 1)
GUARDED = f'{BEFORE}if __name__ == "__main__":\n' + "".join(
    f"    {line}\n" for line in f"context = {AFTER}".splitlines()
)

if __name__ == "__main__":
    print(GUARDED)
    for method in ("fork", "spawn", "forkserver"):
        run(GUARDED, method)

# %%
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
