# One of two idle workers of a Pool is killed. Is another task served, and does the pool end?
# sphinx_gallery_timeout = 90
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


def start(method):
    output = tempfile.NamedTemporaryFile("w")
    command = [sys.executable, script.name, method]
    nowhere = open(os.devnull, "w")
    return method, subprocess.Popen(command, stdout=output, stderr=nowhere), output


def wait_until(done, seconds):
    deadline = time.time() + seconds
    while not done() and time.time() < deadline:
        time.sleep(0.05)


def run(methods):
    programs = [start(method) for method in methods for _ in range(COUNT)]
    wait_until(
        lambda: all(
            said(output) or program.poll() is not None
            for _, program, output in programs
        ),
        40,
    )
    wait_until(
        lambda: all(program.poll() is not None for _, program, _ in programs), PATIENCE
    )
    outputs = []
    for method, program, output in programs:
        if program.poll() is None:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        outputs.append((method, said(output)))
    for method in methods:
        texts = [text for name, text in outputs if name == method]
        unserved = sum("waits" in text for text in texts)
        endless = sum("ended" not in text for text in texts)
        print("%s, no task is served: %d of %d" % (method, unserved, COUNT))
        print("%s, terminate() does not come back: %d of %d" % (method, endless, COUNT))


if __name__ == "__main__":
    if hasattr(os, "fork"):
        script = tempfile.NamedTemporaryFile("w", suffix=".py")
        script.write(PROGRAM)
        script.flush()
        if hasattr(multiprocessing, "get_all_start_methods"):
            run(sorted(multiprocessing.get_all_start_methods()))
        else:
            run(["fork"])
    else:
        print("fork, no task is served: there is no SIGKILL here")
