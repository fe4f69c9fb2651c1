# A thread of the parent prints while another one forks. Do the children hang that print?
from __future__ import print_function

import os
import signal
import subprocess
import sys
import threading
import time

COUNT = 10


def stuck(task, between=lambda: None):
    """Fork children that do a task; return how many have not done it within 2 s."""
    pids = []
    for _ in range(COUNT):
        between()
        pid = os.fork()
        if pid == 0:
            try:
                task()
            finally:
                os._exit(0)
        pids.append(pid)
    deadline = time.time() + 2
    while pids and time.time() < deadline:
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
        time.sleep(0.01)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(pids)


def main():
    screen = sys.stdout
    cat = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=open(os.devnull, "w"))
    finished = threading.Event()
    # Standard output is a pipe to another program, and is flushed after each line, as a terminal's is.
    if sys.version_info >= (3,):
        sys.stdout = open(cat.stdin.fileno(), "w", 1, closefd=False)
    else:
        sys.stdout = os.fdopen(os.dup(cat.stdin.fileno()), "w", 1)

    def show_progress():
        step = 0
        while not finished.is_set():
            step += 1
            print("step", step)

    thread = threading.Thread(target=show_progress)
    thread.start()
    time.sleep(0.1)
    hang = stuck(lambda: print("hello from a child"), lambda: time.sleep(0.01))
    finished.set()
    thread.join()
    sys.stdout.flush()
    sys.stdout = screen
    cat.stdin.close()
    cat.wait()
    print("print: %d of %d children hang" % (hang, COUNT))


if __name__ == "__main__":
    if hasattr(os, "fork"):
        main()
    else:
        print("print: there is no fork here")
