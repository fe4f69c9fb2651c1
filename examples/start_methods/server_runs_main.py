"""
The forkserver runs the main file
=================================

Since Python 3.13.8 and 3.14.1 the forkserver imports your main file before it forks the
first child (https://github.com/python/cpython/issues/126631). What stands outside of
the guard runs once more, in a process that calls itself ``MainProcess`` and has no
parent, as the program itself does. So the two usual questions, what is my name and have
I a parent, do not tell it from the program. Only ``__name__`` does.

The programs below ask all three, outside of the guard.
"""

# sphinx_gallery_tags = ["forkserver", "preload", "MainProcess", "3.14"]
# sphinx_gallery_timeout = 90

import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if "forkserver" not in multiprocessing.get_all_start_methods():
    print("This system has no forkserver: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore

BODY = """\
import multiprocessing, socket, sys, time

def work():
    print("the child works", flush=True)

me = multiprocessing.current_process().name
parent = multiprocessing.parent_process()
print(f"the body runs as {__name__} in {me}, parent: {parent and parent.name}", flush=True)
"""

START = """
if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    for _ in range(2):
        process = context.Process(target=work)
        process.start()
        process.join()
"""


def run(title, extra=""):
    print(f"--- {title}")
    with tempfile.TemporaryDirectory() as folder:
        script, output = Path(folder, "program.py"), Path(folder, "output")
        script.write_text(BODY + extra + START)
        with output.open("w") as file:
            program = subprocess.Popen(
                [sys.executable, script], stdout=file, stderr=file
            )
            try:
                print("exit code", program.wait(timeout=60))
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
                print("did not end")
        for line in output.read_text().splitlines():
            if "the body runs" in line or "works" in line or "Error" in line:
                print(line)


if __name__ == "__main__":
    run("two children")

# %%
# Count the lines of the body. Where each child imports the file for itself, there are
# three, and the children's have names like ``ForkServerProcess-1``. Where the server
# imports it, there are two: the program's, and one that has the same name and no parent
# either, but ``__mp_main__`` for ``__name__``.
#
# A guard that is none
# --------------------
# So a test of the process's name lets the server through. Here it guards a server
# socket, as of an application that is to be started once:

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(
            "guarded by the process's name",
            f"""
if me == "MainProcess":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind({str(Path(folder, "socket"))!r})
""",
        )

# %%
# Where an error is shown, it is the server's: the address was taken, by the program
# itself. What becomes of the children after that depends on the version, see the exit
# code. Where no error is shown, the server does not import the file (before 3.13.8 and
# 3.14.1), or keeps the error to itself (from 3.15 on).
#
# The guard
# ---------
# ``if __name__ == "__main__":`` is right on every version and with every start method:

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        run(
            "guarded by __name__",
            f"""
if __name__ == "__main__":
    listener = socket.socket(socket.AF_UNIX)
    listener.bind({str(Path(folder, "socket"))!r})
""",
        )

# %%
# What to do
# ----------
# - Put whatever a program does under the guard: servers, windows, threads, prompts.
#   A main file that blocks while it is imported makes the first ``start()`` hang.
# - Do not test names of processes. ``multiprocessing.parent_process() is None`` is true
#   in the server, too.
# - If the main file cannot be changed, let the server import nothing:
#   ``multiprocessing.set_forkserver_preload([])`` before the first child. Then each
#   child imports the file.
#
# A thread that is started in the main file: :doc:`/gallery/fork_safety/thread_in_forkserver`.
