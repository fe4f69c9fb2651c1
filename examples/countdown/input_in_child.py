"""
input() in a child
==================

A child of :mod:`multiprocessing` has no standard input: :func:`input` raises
:exc:`EOFError` there, with every start method. The keyboard belongs to one process, and
that is the parent.

To have something to read, this program gives another one a few lines.
"""

# sphinx_gallery_tags = ["Process", "stdin", "Pipe", "fork", "spawn", "forkserver"]
# sphinx_gallery_files = {"PROGRAM": "program.py"}

import multiprocessing
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import multiprocessing, os, sys

def ask(how):
    try:
        print(f"{how}: the child read", repr(input()), flush=True)
    except EOFError as error:
        print(f"{how}: EOFError:", error, flush=True)

def ask_descriptor(how, number):
    sys.stdin = os.fdopen(os.dup(number), closefd=True)
    ask(how)

if __name__ == "__main__":
    for method in sorted(multiprocessing.get_all_start_methods()):
        context = multiprocessing.get_context(method)
        process = context.Process(target=ask, args=(method,))
        process.start()
        process.join()
    if "fork" in multiprocessing.get_all_start_methods():
        kept = os.dup(0)
        context = multiprocessing.get_context("fork")
        process = context.Process(target=ask_descriptor, args=("fork, kept", kept))
        process.start()
        process.join()
    print("what is left for the parent:", repr(sys.stdin.readline()))
"""

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "program.py")
        script.write_text(PROGRAM)
        lines = "first line\nsecond line\n"
        subprocess.run([sys.executable, script], input=lines, text=True, timeout=30)

# %%
# Before the child's function is called, the library closes its ``sys.stdin`` and opens
# :data:`os.devnull` in its place. A descriptor that was kept gets around that, under
# fork, and shows why it is closed: two processes that read one input take it away from
# each other. The child read ahead, and what it read is gone for the parent.
#
# Ask in the parent
# -----------------
# The child sends its question, and the parent, who has the terminal, sends the answer:


def child(pipe):
    pipe.send("How many? ")
    print("the child counts to", pipe.recv())


if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=child, args=(theirs,))
    process.start()
    question = ours.recv()
    answer = "3"  # in a real program: input(question)
    print("asked:", question)
    ours.send(answer)
    process.join()

# %%
# What to do
# ----------
# - Ask everything that can be asked before the children are started.
# - ``breakpoint()`` and :mod:`pdb` read from the standard input as well, and so do not
#   work in a child: :doc:`/gallery/debugging/attach_debugger`.
