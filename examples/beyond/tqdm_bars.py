# /// script
# requires-python = ">=3.11"
# dependencies = ["tqdm"]
# ///
"""
tqdm: a bar for each task
=========================

Several `tqdm <https://tqdm.github.io/>`__ bars at once come out right when one process
draws them all: the workers put into a queue how far they are, and the parent, which
waits for them anyway, moves the bars.

A bar moves the terminal's cursor. So each program below runs in a terminal of its own,
and what stands on its screen at the end is printed.
"""

# sphinx_gallery_needs = ["tqdm", "linux"]
# sphinx_gallery_tags = ["tqdm", "Pool", "initializer"]

import importlib.util
import os
import pty
import re
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not importlib.util.find_spec("tqdm"):
    print("This example needs tqdm, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

HEAD = """\
import multiprocessing, time
from tqdm import tqdm

def line(n):
    return dict(desc=f"task {n}", position=n, total=20, ncols=60)

"""
EACH = """\
def work(n):
    for _ in tqdm(range(20), **line(n)):
        time.sleep(0.01 * (n + 1))

if __name__ == "__main__":
    share = dict(initializer=tqdm.set_lock, initargs=(tqdm.get_lock(),))
    with multiprocessing.Pool(3, **share) as pool:
        pool.map(work, range(3), chunksize=1)
"""


def on_a_terminal(program):
    """Run a program in a terminal; return the lines on its screen."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.py")
        path.write_text(HEAD + program)
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 80))
        process = subprocess.Popen([sys.executable, path], stdout=theirs, stderr=theirs)
        os.close(theirs)
        written = b""
        try:
            while piece := os.read(ours, 4096):
                written += piece
        except OSError:  # nobody has it open any more
            pass
        process.wait()
        os.close(ours)
    screen, line, column = [""], 0, 0
    for part in re.findall(r"\x1b\[A|\r|\n|[^\x1b\r\n]+", written.decode()):
        if part == "\x1b[A":
            line = max(0, line - 1)
        elif part == "\r":
            column = 0
        elif part == "\n":
            line += 1
            screen += [""] * (line + 1 - len(screen))
        else:
            old = screen[line].ljust(column)
            screen[line] = old[:column] + part + old[column + len(part) :]
            column += len(part)
    return [text.rstrip() for text in screen]


if __name__ == "__main__":
    for text in on_a_terminal(EACH):
        print(f"| {text}")

# %%
# This is the usual recipe. ``position`` counts lines from the cursor, and tqdm's lock,
# which the initializer gives to all, keeps two from writing at once. While the three
# run it looks right. But the first that ends leaves the cursor a line further down, and
# the others, which are told nothing, go on from there: lines are left over. Without
# ``position`` all three write to one line.
#
# The parent draws
# ----------------

ONE = """\
def start(its):
    global steps
    steps = its

def work(n):
    for _ in range(20):
        time.sleep(0.01 * (n + 1))
        steps.put(n)

if __name__ == "__main__":
    steps = multiprocessing.Queue()
    bars = [tqdm(**line(n)) for n in range(3)]
    with multiprocessing.Pool(3, initializer=start, initargs=(steps,)) as pool:
        result = pool.map_async(work, range(3), chunksize=1)
        for _ in range(60):
            bars[steps.get()].update()
        result.get()
    for bar in bars:
        bar.close()
"""

if __name__ == "__main__":
    for text in on_a_terminal(ONE):
        print(f"| {text}")

# %%
# The loop counts the steps that will come. Where a worker may die, give ``get`` a
# timeout, and ask ``result.ready()`` after it.
#
# One bar that counts finished tasks needs no queue: :doc:`/gallery/pools/progress_bar`.
