"""
What multiprocessing itself logs
================================

:func:`multiprocessing.log_to_stderr` shows what the library does in this process: which
queue and manager it starts, whom it waits for at the end. At the level ``DEBUG`` it
names the step in which a program hangs that has nothing left to do.

Three programs, each run with that logging.
"""

# sphinx_gallery_tags = ["logging", "Queue", "Pool", "log_to_stderr"]
# sphinx_gallery_timeout = 60

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not hasattr(os, "killpg"):
    print("This platform has no process groups to end a program that hangs.")
    raise SystemExit
# sphinx_gallery_end_ignore
HEAD = """
import logging, multiprocessing, time

def fill(queue):
    queue.put(b"x" * 100_000)

if __name__ == "__main__":
    multiprocessing.log_to_stderr(LEVEL)
    context = multiprocessing.get_context("spawn")
"""


def run(title, program, level="logging.DEBUG", limit=20):
    print(f"--- {title}")
    with tempfile.TemporaryDirectory() as folder:
        script, output = Path(folder, "program.py"), Path(folder, "output")
        script.write_text(HEAD.replace("LEVEL", level) + program)
        with output.open("w") as file:
            child = subprocess.Popen(
                [sys.executable, script],
                stdout=file,
                stderr=file,
                start_new_session=True,
            )
            try:
                child.wait(limit)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)  # with its children
                child.wait()
                print(f"killed after {limit} s; its last words:")
        lines = output.read_text().splitlines()
    lines = [line for line in lines if line.startswith("[")]
    for line in lines[-7:]:
        print(re.sub(r"0x[0-9a-f]+", "0x...", line)[:100])
    if not lines:
        print("nothing")


if __name__ == "__main__":
    run(
        "INFO: a child comes and goes",
        """
    process = context.Process(target=time.sleep, args=(0.1,))
    process.start()
    process.join()
""",
        level="logging.INFO",
    )

# %%
# The child has a log, too: the library hands its level on. Nothing of this is shown by
# the usual configuration of :mod:`logging`, since the library's logger does not pass its
# records to the others.
#
# A program that does not end
# ---------------------------
# The child has put something large into a queue, and nobody takes it out:

if __name__ == "__main__":
    run(
        "DEBUG: a queue that nobody empties",
        """
    queue = context.Queue()
    process = context.Process(target=fill, args=(queue,))
    process.start()
    process.join()
""",
        limit=4,
    )

# %%
# The child's last line says that it joins the thread of its queue: it waits for somebody
# to read (:doc:`/gallery/communication/queue_not_joined`). The parent has no last word,
# for it waits in ``join``.
#
# A pool that is not ended
# ------------------------

if __name__ == "__main__":
    run(
        "DEBUG: a Pool without close or with",
        """
    pool = context.Pool(1)
    print(pool.apply(abs, (-1,)))
""",
    )

# %%
# What to do
# ----------
# - Turn it on first thing under the guard, for one run. It logs to stderr, each process
#   its own.
# - Read the last line of each process. ``joining queue thread`` and ``calling join() for
#   process`` name what is waited for.
# - It tells of the library and not of your code. For that:
#   :doc:`/gallery/debugging/where_is_it_stuck`.
