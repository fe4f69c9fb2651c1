"""
Break it, under every start method
==================================

The :doc:`whole program </gallery/tutorial/whole_program>` is put to the test: a worker
is killed, a task kills every worker that takes it, a task raises, Ctrl-C is pressed,
the parent is killed. Under each start method.

It imports ``whole_program.py``, which must lie beside it.
"""

# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["tutorial", "fork", "spawn", "forkserver", "signals"]
# sphinx_gallery_files = {"PROGRAM": "program.py"}

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from whole_program import run

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def task(number):
    time.sleep(0.02)
    if number == 3:
        os.kill(os.getpid(), KILL)
    return 12 // number


def press_ctrl_c():
    """Do what the keyboard does: SIGINT for every process of the program."""
    for child in multiprocessing.active_children():
        if os.name == "posix":
            os.kill(child.pid, signal.SIGINT)
    signal.raise_signal(signal.SIGINT)


def break_it(method):
    context = multiprocessing.get_context(method)
    good, bad = {}, {}
    for number, is_good, answer in run(task, [1, 2, 4, 5, 0, 3], context=context):
        if not good and is_good:
            multiprocessing.active_children()[0].kill()
        (good if is_good else bad)[number] = answer
    print(f"{method}: good {dict(sorted(good.items()))}")
    print(f"{method}: bad  {dict(sorted(bad.items()))}")

    done = 0
    try:
        for _ in run(task, [1] * 100, context=context):
            done += 1
            if done == 10:
                press_ctrl_c()
    except KeyboardInterrupt:
        left = len(multiprocessing.active_children())
        print(f"{method}: stopped by Ctrl-C, {done} done, {left} workers left")


if __name__ == "__main__":
    for method in sorted(multiprocessing.get_all_start_methods()):
        break_it(method)

# %%
# One worker was killed from outside, after the first good answer. Nothing shows that
# here, for its task was done again. Task 3 killed two workers and was given up. Task 0
# raised.
#
# Ctrl-C came after 10 answers. What had been handed out then was finished, which may be
# one task more; no other was begun, and no worker was left.
#
# The parent is killed
# --------------------
# Nobody can tidy up after that but the workers themselves. The program is killed when
# both workers have said something. Whoever it leaves behind still holds its standard
# output, so the output comes to its end only when the last of them has ended.

PROGRAM = """
import multiprocessing, os, sys, time
from whole_program import run

def task(number):
    print(os.getpid(), flush=True)
    time.sleep(0.2)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for _ in run(task, range(1000), context=context):
        pass
"""


if __name__ == "__main__" and os.name == "posix":
    here = Path(__file__).resolve().parent
    folder = tempfile.TemporaryDirectory()
    program_file = Path(folder.name, "program.py")
    program_file.write_text(PROGRAM)
    for method in sorted(multiprocessing.get_all_start_methods()):
        program = subprocess.Popen(
            [sys.executable, program_file, method],
            env=os.environ | {"PYTHONPATH": str(here)},
            stdout=subprocess.PIPE,
        )
        pids = set()
        for line in program.stdout:
            pids.add(line)
            if len(pids) == 2:
                break
        program.kill()
        begin = time.perf_counter()
        program.communicate(timeout=8)  # until nobody holds its output any more
        seconds = time.perf_counter() - begin
        print(f"{method}: all {len(pids)} workers were gone {seconds:.1f} s later")
    folder.cleanup()

# %%
# What to look at
# ---------------
# The methods differ in how they start a process. A program that hands its workers all
# they need does not notice.
