"""
An executor that nobody shuts down
==================================

An executor without ``with`` and without ``shutdown`` keeps its workers until the
program ends, or until the garbage collector finds it. How soon depends on who still
refers to it; and at the end of the program Python waits for all tasks that were
submitted, whether anybody wants their results or not.
"""

# sphinx_gallery_tags = ["ProcessPoolExecutor", "shutdown"]
# sphinx_gallery_timeout = 60

import gc
import multiprocessing
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def workers_left():
    """Count the children that are left after a moment."""
    gc.collect()
    deadline = time.monotonic() + 2
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(multiprocessing.active_children())


def one_result():
    executor = ProcessPoolExecutor(2)
    return executor.submit(abs, -1).result()


if __name__ == "__main__":
    print("result:", one_result(), "- workers left when it is dropped:", workers_left())

    executor = ProcessPoolExecutor(2)
    executor.submit(abs, -1).result()
    print("workers left while it is kept:", workers_left())
    executor.shutdown()
    print("workers left after shutdown():", workers_left())

# %%
# The first executor was a local variable. A thread of its own notices that it is gone,
# and ends the workers. That is a courtesy, and no promise: an exception's traceback, a
# cache, a bound method in a list keep the executor alive, and with it its processes.
#
# At the end of the program
# -------------------------
# This program submits tasks for more than a second and wants to leave at once:

PROGRAM = """
import sys, time
from concurrent.futures import ProcessPoolExecutor

def task(n):
    time.sleep(0.4)
    print("done", n, flush=True)

if __name__ == "__main__":
    executor = ProcessPoolExecutor(1)
    for n in range(4):
        executor.submit(task, n)
    time.sleep(0.1)
    CALL
    print("the main part ends", flush=True)
"""


def run(call):
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "program.py")
        script.write_text(PROGRAM.replace("CALL", call))
        done = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, timeout=40
        )
    lines = done.stdout.splitlines()
    after = lines[lines.index("the main part ends") + 1 :]
    print(f"{call}: {len(after)} of 4 tasks were done after the main part")


if __name__ == "__main__":
    run("pass")
    run("executor.shutdown(wait=False)")
    run("executor.shutdown(wait=False, cancel_futures=True)")

# %%
# Only ``cancel_futures`` takes tasks back, and even then not those that were handed to
# the worker already.
#
# What to do
# ----------
# - Use ``with``, or one executor for the whole program that is shut down in a
#   ``finally``. What the end of the block does: :doc:`/gallery/pools/leaving_the_block`.
# - To leave without waiting, cancel what has not begun. To end running tasks as well:
#   :doc:`/gallery/pools/time_limits`.
