"""
A worker is killed while it is idle
===================================

An idle worker of a ``Pool`` waits at the queue of tasks, and one of them has the
queue's lock while it waits. If that one is killed, nobody ever releases the lock: no
task is served any more, and ``terminate`` waits for it, too. So does the end of the
``with`` block.

Which worker has the lock is a matter of chance. So the same is done to several pools
of two workers, each in a program of its own, which can be ended from outside.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "fork", "forkserver", "POSIX"]
# sphinx_gallery_files = {"PROGRAM": "program.py"}
# sphinx_gallery_timeout = 90

import collections
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not hasattr(os, "killpg"):
    print("This platform has no SIGKILL to send to a worker.")
    raise SystemExit
# sphinx_gallery_end_ignore

PROGRAM = """
import multiprocessing, os, signal, sys, time

def whoami(_):
    time.sleep(0.1)
    return os.getpid()

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        pids = pool.map(whoami, range(2), chunksize=1)
        time.sleep(0.2)  # now both are idle
        os.kill(pids[0], signal.SIGKILL)
        time.sleep(0.2)
        try:
            pool.apply_async(abs, (-1,)).get(timeout=1)
            print("a task is served", end="", flush=True)
        except multiprocessing.TimeoutError:
            print("no task is served", end="", flush=True)
    print(", the block ends")
"""


def outcomes(method, times):
    """Run the program so many times, at once; count how it went."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "program.py")
        script.write_text(PROGRAM)
        outputs = [Path(folder, str(n)) for n in range(times)]
        programs = []
        for output in outputs:
            with output.open("w") as file:
                command = [sys.executable, script, method]
                programs.append(
                    subprocess.Popen(
                        command,
                        stdout=file,
                        stderr=subprocess.DEVNULL,
                        start_new_session=True,
                    )
                )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not all(
            output.read_text() or program.poll() is not None
            for program, output in zip(programs, outputs, strict=True)
        ):
            time.sleep(0.05)
        deadline = time.monotonic() + 3  # to leave the block, now that all have spoken
        ends = []
        for program, output in zip(programs, outputs, strict=True):
            try:
                program.wait(max(0, deadline - time.monotonic()))
                ends.append(output.read_text().strip())
            except subprocess.TimeoutExpired:
                os.killpg(program.pid, signal.SIGKILL)
                program.wait()
                ends.append(output.read_text().strip() + ", the block never ends")
    return collections.Counter(ends)


if __name__ == "__main__":
    for method in ("fork", "forkserver"):
        if method in multiprocessing.get_all_start_methods():
            for end, count in outcomes(method, 10).most_common():
                print(f"{method}: {count} of 10: {end}")

# %%
# A timeout for ``get`` helps to notice, and no further: the program hangs a line later,
# when it leaves the block. The pool has replaced the killed worker, and the new one
# waits for the lock like all others.
#
# A way out
# ---------
# Do not rely on ``terminate``. Give it a thread and some time. When that is over, end
# the workers yourself: they are children of this process. The thread is a daemon, so
# the program can end without it.


def whoami(_):
    time.sleep(0.1)
    return os.getpid()


def end_pool(pool, seconds):
    """End a pool, whatever state it is in; return whether it went the usual way."""
    thread = threading.Thread(target=pool.terminate, daemon=True)
    thread.start()
    thread.join(seconds)
    for child in multiprocessing.active_children():
        child.kill()
        child.join()
    return not thread.is_alive()


if __name__ == "__main__":
    pool = multiprocessing.Pool(2)
    for pid in set(pool.map(whoami, range(2), chunksize=1)):
        os.kill(pid, signal.SIGKILL)  # both, so that it does not depend on chance
    time.sleep(0.2)
    try:
        print("a task is served:", pool.apply_async(abs, (-1,)).get(timeout=1))
    except multiprocessing.TimeoutError:
        print("no task is served")
    print("terminate() came back:", end_pool(pool, seconds=2))
    print("children left:", multiprocessing.active_children())

# %%
# ``end_pool`` ends *all* children of the process, not only those of the pool. In a
# program that has others, note the workers when the pool is made, or keep the pool in a
# process of its own, which can be killed.
#
# The executor
# ------------
# It watches its workers, idle or not. It breaks, says so, and its block ends:

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        pids = list(executor.map(whoami, range(2)))
        time.sleep(0.2)
        os.kill(pids[0], signal.SIGKILL)
        time.sleep(0.2)
        try:
            print("a task is served:", executor.submit(abs, -1).result(timeout=10))
        except BrokenProcessPool as error:
            print("BrokenProcessPool:", error)
    print("the block of the executor has ended")

# %%
# What to look at
# ---------------
# Compare the counts at the top with the last two lines. Where workers may be killed,
# by the system when memory is short, by an operator, by a limit, use an executor. With
# a ``Pool`` you need a plan for the end as well as for the answers.
#
# A worker that dies in a task has no lock, and the pool goes on without it:
# :doc:`/gallery/pools/killed_worker`.
