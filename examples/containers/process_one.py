"""
Process 1 of a container
========================

The first program in a container is process 1. The kernel gives it everybody's orphans
and keeps signals from it that it has no handler for. Python takes care of neither:
zombies stay, and ``docker stop`` waits until it may kill.

The script starts small programs as process 1 of a PID namespace of their own, which is
what a container is.
"""

# sphinx_gallery_by_hand = "it makes PID namespaces, as root, and has tini as an init"
# sphinx_gallery_needs = ["linux", "python>=3.12"]
# sphinx_gallery_tags = ["zombie", "orphan", "signals", "Linux", "container"]

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (
    shutil.which("unshare") and shutil.which("tini") and os.geteuid() == 0
):
    print("This example needs Linux, root, and the programs unshare and tini.")
    sys.exit()
# sphinx_gallery_end_ignore

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]

ORPHANS = """
import multiprocessing, os, subprocess, time
from pathlib import Path

def leave_a_child():
    subprocess.Popen(["sleep", "0.2"])  # nobody waits for it

print("this is process", os.getpid())
for _ in range(3):
    process = multiprocessing.get_context("fork").Process(target=leave_a_child)
    process.start()
    process.join()
time.sleep(1)
for stat in Path("/proc").glob("[0-9]*/stat"):
    pid, rest = stat.read_text().split(" (", 1)
    name, rest = rest.rsplit(") ", 1)
    state, parent = rest.split()[:2]
    if name == "sleep":
        print(name, "is", state, "and its parent is process", parent)
print("all processes were looked at")
"""


def run(*before, program):
    command = [*NAMESPACE, *before, sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True)
    print(done.stdout, end="")


if __name__ == "__main__":
    run(program=ORPHANS)

# %%
# Three grandchildren have ended. Their parents had ended before, so they were given to
# process 1, which would have to ask how they ended. It does not, and each keeps its
# line in the process table for as long as the container runs. When the table is full,
# or the container's limit of processes is reached, nothing can be started any more.
#
# With an init as process 1, which ``docker run --init`` puts there:

if __name__ == "__main__":
    run("tini", "--", program=ORPHANS)

# %%
# SIGTERM
# -------
# Stopping a container sends SIGTERM to process 1, waits ten seconds, and kills. For any
# other process SIGTERM is the end, unless it is handled. Process 1 is spared what it
# has no handler for:

SLEEP = "import time; print('ready', flush=True); time.sleep(5)"
HANDLE = "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(0)); "


def stop(*before, program):
    """Say whether process 1 of a new namespace ends by SIGTERM."""
    command = [*NAMESPACE, *before, sys.executable, "-c", program]
    outside = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    outside.stdout.readline()
    tasks = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
    one = int(tasks.read_text())  # process 1, as it is called out here
    start = time.monotonic()
    os.kill(one, signal.SIGTERM)
    try:
        code = outside.wait(timeout=2)
    except subprocess.TimeoutExpired:
        outside.kill()
        outside.wait()
        return "runs on after 2 s"
    return f"ended within {max(1, round(time.monotonic() - start))} s, {code}"


if __name__ == "__main__":
    print("Python as process 1:", stop(program=SLEEP))
    print("with a handler:     ", stop(program=HANDLE + SLEEP))
    print("tini, then Python:  ", stop("tini", "--", program=SLEEP))

# %%
# 143 is 128 + 15, tini's way to say that its child was ended by signal 15.
#
# What to look at
# ---------------
# Both came from one difference, the number 1. Nothing in the programs is wrong, and on
# a desk, where a shell starts them, they behave.
#
# What to do
# ----------
# * ``docker run --init``, ``init: true`` in Compose, or ``ENTRYPOINT ["tini", "--"]``.
# * Write ``CMD ["python", "app.py"]``, not ``CMD python app.py``: the second is a shell
#   as process 1, which passes no signal on.
# * Handle SIGTERM, and end your workers there: :doc:`/gallery/tutorial/clean_stop`.
# * Do not reap with ``os.waitpid(-1, ...)`` in Python: it takes the exit codes of
#   :mod:`multiprocessing` and :mod:`subprocess` away.
