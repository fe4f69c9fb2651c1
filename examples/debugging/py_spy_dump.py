# /// script
# requires-python = ">=3.11"
# dependencies = ["py-spy"]
# ///
"""
A stack from outside, with py-spy
=================================

``py-spy dump --pid PID`` prints the Python stack of a process that was not prepared for
it, because it reads that process's memory. So it is the tool for a hang that has
already happened. See https://github.com/benfred/py-spy.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["deadlock", "py-spy", "Linux"]

import ctypes
import multiprocessing
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

PLACES = [Path(sys.executable).parent, sysconfig.get_path("scripts")]
PY_SPY = next(
    filter(None, (shutil.which("py-spy", path=place) for place in PLACES)), None
)


def allow_tracing():
    """Let any process of this user look into this one (Linux, Yama)."""
    PR_SET_PTRACER = 0x59616D61
    everybody = ctypes.c_ulong(-1)
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, everybody)


def transfer(lock, ready):
    allow_tracing()
    amount = 100
    ready.set()
    with lock:
        print("moved", amount)


def dump(process, *options):
    command = [PY_SPY, "dump", *options, "--pid", str(process.pid)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=10)
    # Leave out the heading, and the frames of multiprocessing below our own.
    stack = result.stdout.partition("\n\n")[2]
    print(stack.partition("    BaseProcess.run")[0] or result.stderr)


if __name__ == "__main__":
    if sys.platform != "linux" or PY_SPY is None:
        print("py-spy is missing, or this is not Linux: nothing to show")
        sys.exit()
    context = multiprocessing.get_context("spawn")
    lock, ready = context.Lock(), context.Event()
    lock.acquire()  # and never released
    process = context.Process(target=transfer, args=(lock, ready), daemon=True)
    process.start()
    ready.wait()
    time.sleep(0.2)
    dump(process)

# %%
# The topmost line is where the process is: in the code of the lock. The first line with
# the name of this script is the ``with lock``. ``idle`` says that it uses no processor:
# it waits. A process that computes is ``active``.
#
# With the values
# ---------------
# ``--locals`` adds the arguments and local variables of each frame.

if __name__ == "__main__":
    dump(process, "--locals")
    process.kill()
    process.join()

# %%
# What to do
# ----------
# * Find the pids with ``ps`` or from ``process.pid``; ``--subprocesses`` with the pid of
#   the parent shows all of them at once.
# * ``--native`` adds the frames of C and C++ libraries. That tells a lock of Python from
#   one in a library.
# * "Permission denied" comes from the kernel. Where Linux has `Yama
#   <https://docs.kernel.org/admin-guide/LSM/Yama.html>`__, a process may read only the
#   memory of its own descendants: use ``sudo``, or let the program allow it, as
#   ``allow_tracing`` does. A container needs the capability ``SYS_PTRACE``.
