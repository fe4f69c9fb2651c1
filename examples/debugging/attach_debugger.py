# /// script
# requires-python = ">=3.14"
# ///
"""
Attach a debugger to a running worker
=====================================

Since Python 3.14, ``python -m pdb -p PID`` opens a debugger in a process that already
runs. It stops at the next line of Python that the process executes, so it is for a
process that is busy with the wrong thing, not for one that is blocked.
"""

# sphinx_gallery_needs = ["python>=3.14", "linux"]
# sphinx_gallery_tags = ["pdb", "3.14", "Linux"]

import ctypes
import multiprocessing
import subprocess
import sys
import time


def allow_tracing():
    """Let any process of this user change this one (Linux, Yama)."""
    PR_SET_PTRACER = 0x59616D61
    ctypes.CDLL(None).prctl(PR_SET_PTRACER, ctypes.c_ulong(-1))


def search(target):
    """Look for a number, stepping over it for ever."""
    guess = 0
    while guess != target:
        guess += 2
        time.sleep(0.05)
    print("found it:", guess)


def work(ready):
    allow_tracing()
    ready.set()
    search(7)


COMMANDS = """\
where 1
p guess, target
!guess = 5
continue
"""

if __name__ == "__main__":
    if sys.version_info < (3, 14) or sys.platform != "linux":
        print("attaching is new in Python 3.14; this script needs Linux")
        sys.exit()
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    process = context.Process(target=work, args=(ready,), daemon=True)
    process.start()
    ready.wait()
    time.sleep(0.2)
    pdb = subprocess.run(
        [sys.executable, "-m", "pdb", "-p", str(process.pid)],
        input=COMMANDS,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=10,
    )
    print(pdb.stdout)
    process.join(timeout=2)
    print("exit code:", process.exitcode)
    process.kill()

# %%
# What to look at
# ---------------
# ``where`` shows the line at which the worker was interrupted, ``p`` its variables: the
# guess is even and the target is odd. Then the debugger changed the variable, and the
# worker found the number. It never knew: no ``breakpoint()``, no restart.
#
# The commands were read from a pipe here. In a terminal you type them, and everything
# that :mod:`pdb` can do works. ``quit`` detaches and lets the worker go on.
#
# What it cannot do
# -----------------
# The worker has to reach the next instruction of Python before the debugger gets in. A
# process that waits for a lock does not, and ``pdb`` waits with it. Ask for the stack
# instead: :doc:`/gallery/debugging/where_is_it_stuck`,
# :doc:`/gallery/debugging/py_spy_dump`.
#
# Underneath is :func:`sys.remote_exec` (:pep:`768`), which runs a file of Python code in
# another process. It can be turned off in a program that must not be changed:
# ``PYTHON_DISABLE_REMOTE_DEBUG=1``, or ``-X disable-remote-debug``.
