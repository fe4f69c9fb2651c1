# One of two idle workers of a Pool is killed. Is another task served, and does the pool end?
from __future__ import print_function

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time

COUNT = 10  # programs for each start method, all at once
PATIENCE = (
    3  # seconds to end the pool, once every program has said whether a task is served
)

PROGRAM = """
import multiprocessing, os, signal, sys, time

def whoami(_):
    time.sleep(0.1)
    return os.getpid()

if __name__ == "__main__":
    os.setsid()  # a group of its own, to be ended with its workers
    context = multiprocessing
    if hasattr(multiprocessing, "get_context"):
        context = multiprocessing.get_context(sys.argv[1])
    pool = context.Pool(2)
    pids = pool.map(whoami, range(2), chunksize=1)
    time.sleep(0.2)
    os.kill(pids[0], signal.SIGKILL)
    time.sleep(0.2)
    try:
        pool.apply_async(abs, (-1,)).get(1)
        sys.stdout.write("served ")
    except multiprocessing.TimeoutError:
        sys.stdout.write("waits ")
    sys.stdout.flush()
    pool.terminate()
    sys.stdout.write("ended")
"""


def said(file):
    with open(file.name) as again:
        return again.read()


def run(method):
    programs = []
    for _ in range(COUNT):
        output = tempfile.NamedTemporaryFile("w")
        command = [sys.executable, "-c", PROGRAM, method]
        # A function of "-c" cannot be found by a child that is not a fork.
        if method != "fork":
            command = [sys.executable, script.name, method]
        nowhere = open(os.devnull, "w")
        programs.append(
            (
                subprocess.Popen(command, stdout=output, stderr=nowhere),
                output,
            )
        )
    deadline = time.time() + 30
    while time.time() < deadline and not all(
        said(output) or program.poll() is not None for program, output in programs
    ):
        time.sleep(0.05)
    deadline = time.time() + PATIENCE
    while time.time() < deadline and any(
        program.poll() is None for program, _ in programs
    ):
        time.sleep(0.05)
    outputs = []
    for program, output in programs:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        outputs.append(said(output))
    unserved = sum("waits" in output for output in outputs)
    endless = sum("ended" not in output for output in outputs)
    print("%s, no task is served: %d of %d" % (method, unserved, COUNT))
    print("%s, terminate() does not come back: %d of %d" % (method, endless, COUNT))
    sys.stdout.flush()


if __name__ == "__main__":
    if hasattr(os, "fork"):
        script = tempfile.NamedTemporaryFile("w", suffix=".py")
        script.write(PROGRAM)
        script.flush()
        if hasattr(multiprocessing, "get_all_start_methods"):
            for start_method in sorted(multiprocessing.get_all_start_methods()):
                run(start_method)
        else:
            run("fork")
    else:
        print("fork, no task is served: there is no SIGKILL here")
