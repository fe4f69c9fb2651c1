# Threads of the parent call datetime.strptime while another one forks. Do the children hang that call it?
from __future__ import print_function

import datetime
import os
import signal
import threading
import time

COUNT = 20


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


def parse():
    return datetime.datetime.strptime("2026-11-22", "%Y-%m-%d")


if __name__ == "__main__":
    if hasattr(os, "fork"):
        finished = threading.Event()

        def work():
            while not finished.is_set():
                parse()

        parse()  # imports _strptime
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        hang = stuck(parse, lambda: time.sleep(0.01))
        finished.set()
        for thread in threads:
            thread.join()
        print("datetime.strptime: %d of %d children hang" % (hang, COUNT))
    else:
        print("datetime.strptime: there is no fork here")
