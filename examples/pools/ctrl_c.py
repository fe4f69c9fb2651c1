"""
Ctrl-C and a pool
=================

Ctrl-C does not hang a ``Pool`` on Python 3; it ends the program at once, with a
traceback or several. What remains to be done is to end without the noise, and with
the results that were ready.

Ctrl-C sends ``SIGINT`` to every process of the terminal's foreground group, the
workers included. To show it without a keyboard, each program below runs in a process
group of its own, and the signal goes to that group.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "signals", "POSIX"]

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not hasattr(os, "killpg"):
    print("This platform has no process groups to send a signal to.")
    raise SystemExit
# sphinx_gallery_end_ignore

COMMON = """
import multiprocessing, signal, time
from concurrent.futures import ProcessPoolExecutor

def work(n):
    print("task", n, flush=True)
    time.sleep(0.1 if n < 4 else 0.3)
    return n

if __name__ == "__main__":
"""


def interrupt(title, program):
    """Run the program, send SIGINT to its group, say how it ended."""
    print(f"-- {title}")
    with tempfile.TemporaryDirectory() as folder:
        script, output = Path(folder, "program.py"), Path(folder, "output")
        script.write_text(COMMON + program)
        with output.open("w") as file:
            command = [sys.executable, script]
            child = subprocess.Popen(
                command, stdout=file, stderr=file, start_new_session=True
            )
            while "task 5" not in output.read_text() and child.poll() is None:
                time.sleep(0.02)
            start = time.perf_counter()
            os.killpg(child.pid, signal.SIGINT)
            try:
                child.wait(timeout=8)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            seconds = time.perf_counter() - start
        lines = output.read_text().splitlines()
    tracebacks = sum(line.startswith("Traceback") for line in lines)
    tasks = sum(line.startswith("task") for line in lines)
    print(f"exit code {child.returncode}, {seconds:.1f} s after Ctrl-C")
    print(f"{tasks} of 16 tasks begun, {tracebacks} tracebacks")
    print("".join(f"{line}\n" for line in lines if line.startswith(">")), end="")


if __name__ == "__main__":
    # A script started in the background (&) ignores SIGINT, and so would its children.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupt(
        "Pool.map",
        """
    with multiprocessing.Pool(2) as pool:
        pool.map(work, range(16), chunksize=1)
""",
    )
    interrupt(
        "ProcessPoolExecutor.submit",
        """
    with ProcessPoolExecutor(2) as executor:
        for future in [executor.submit(work, n) for n in range(16)]:
            future.result()
""",
    )

# %%
# One traceback is the parent's. Those of the workers are there if the workers got to
# print them before the pool ended them.
#
# The executor took longer. Its block waits for the tasks that were submitted, and
# ``KeyboardInterrupt`` is no reason to skip that: it interrupted the running tasks
# only, and the workers went on to the next.
#
# Ending in order
# ---------------
# Let one process decide. The workers ignore the signal, from their initializer on;
# the parent catches the exception, keeps what it has, and ends the pool.

if __name__ == "__main__":
    interrupt(
        "Pool, in order",
        """
    ready = []
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with multiprocessing.Pool(2, signal.signal, ignore) as pool:
        try:
            for n in pool.imap_unordered(work, range(16)):
                ready.append(n)
        except KeyboardInterrupt:
            print("> interrupted, results so far:", sorted(ready))
""",
    )
    interrupt(
        "ProcessPoolExecutor, in order",
        """
    ignore = (signal.SIGINT, signal.SIG_IGN)
    with ProcessPoolExecutor(2, initializer=signal.signal, initargs=ignore) as executor:
        futures = [executor.submit(work, n) for n in range(16)]
        try:
            for future in futures:
                future.result()
        except KeyboardInterrupt:
            executor.shutdown(cancel_futures=True)
            ready = [f.result() for f in futures if not f.cancelled()]
            print("> interrupted, results so far:", ready)
""",
    )

# %%
# What to look at
# ---------------
# No traceback in the last two, a message instead, and the results. The pool ended at
# once: its block kills the workers. The executor let the running tasks end, and began
# no more than what it had already queued for its workers.
#
# The hanging Ctrl-C that old answers warn of belongs to Python 2
# (https://bugs.python.org/issue8296). Passing a huge timeout to ``get``,
# the cure of those days, is no longer needed.
#
# Said about this, and tested: :ref:`folklore-ctrl-c`.
