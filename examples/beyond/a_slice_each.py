"""
Beyond one machine: run it N times
==================================

If the pieces of the work know nothing of each other, several machines need no queue, no
server and no library: start the same program on each, tell it which one it is, and let
it take every N-th piece.

The program below finds its number in its arguments, or where a batch system puts it.
Here it is started four times on one machine.
"""

# sphinx_gallery_tags = ["subprocess", "Slurm", "Kubernetes"]

import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
import argparse, os
from pathlib import Path

def number(*names):
    return next((int(os.environ[name]) for name in names if name in os.environ), None)

options = argparse.ArgumentParser()
options.add_argument("--part", type=int,
    default=number("SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX"))
options.add_argument("--of", type=int, default=number("SLURM_ARRAY_TASK_COUNT", "PARTS"))
options = options.parse_args()

files = [f"file{n:02}" for n in range(10)]  # the same list, in the same order, everywhere
for name in files[options.part::options.of]:
    result = Path(f"{name}.result")
    if not result.exists():  # so that it can be started again
        new = Path(f"{name}.{options.part}.new")
        new.write_text(name.upper())  # the work
        new.rename(result)  # whole, or not there
"""


def start(folder, part):
    command = [sys.executable, "-c", PROGRAM, "--part", str(part), "--of", "4"]
    return subprocess.Popen(command, cwd=folder)


def finish(folder, programs):
    codes = [program.wait() for program in programs]
    done = sorted(path.stem for path in Path(folder).glob("*.result"))
    print("exit codes", codes, "and", len(done), "of 10 are done")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        finish(
            folder, [start(folder, part) for part in range(3)]
        )  # the last one is missing
        finish(folder, [start(folder, part) for part in range(4)])

# %%
# What to look at
# ---------------
# The first time one of four did not run, as if its machine had died. Starting all of
# them again did only what was missing, since each result is a file that is there or is not.
#
# * Sort the list, so that it is the same for all: the order of :func:`os.listdir` is not.
# * Every fourth, not the first quarter: pieces that belong together are often alike,
#   and one machine would get all the long ones.
# * On each machine the program may use a pool of its own.
#
# A batch system starts them, counts them, and starts the failed ones again: `job arrays
# <https://slurm.schedmd.com/job_array.html>`__ of Slurm set ``SLURM_ARRAY_TASK_ID``,
# `indexed jobs
# <https://kubernetes.io/docs/tasks/job/indexed-parallel-processing-static/>`__ of
# Kubernetes set ``JOB_COMPLETION_INDEX``.
#
# When pieces take very different times, a queue is better, from which each machine takes
# the next: :doc:`/gallery/communication/remote_manager`.
