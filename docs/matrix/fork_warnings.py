# A program with two threads forks. What does Python say?
from __future__ import print_function

import subprocess
import sys

START = "import multiprocessing, os, sys, threading, warnings\nevent = threading.Event()\nthreading.Thread(target=event.wait).start()\n"
CONTEXT = "mp = multiprocessing.get_context('fork') if hasattr(multiprocessing, 'get_context') else multiprocessing\n"
FORK = "pid = os.fork()\nif not pid: os._exit(0)\nos.waitpid(pid, 0)\n"
PROCESS = "process = mp.Process(target=int)\nprocess.start()\nprocess.join()\n"
POOL = "pool = mp.Pool(1)\npool.close()\npool.join()\n"


def run(name, code, *options):
    code = (
        START
        + CONTEXT
        + "try:\n"
        + "".join("    %s\n" % line for line in code.splitlines())
        + "finally:\n    event.set()\n"
    )
    command = [sys.executable] + list(options) + ["-c", code]
    done = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    text = done.communicate()[0]
    lines = [line.strip() for line in text.splitlines() if "Warning: " in line]
    said = [
        line[line.index("DeprecationWarning") :]
        if "DeprecationWarning" in line
        else line
        for line in lines
    ]
    print(
        "%s: %s" % (name, said[0] if said else "nothing")
        + (" (exit code %d)" % done.returncode if done.returncode else "")
    )


if __name__ == "__main__":
    import os

    if hasattr(os, "fork"):
        run("os.fork() in the main program", FORK)
        run("Process, as it is", PROCESS)
        run("Process, with -W always", PROCESS, "-W", "always")
        run("Pool, with -W always", POOL, "-W", "always")
        run("Process, with -W error", PROCESS, "-W", "error")
    else:
        print("os.fork() in the main program: there is no fork here")
