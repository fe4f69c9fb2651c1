# A thread of the parent holds a lock while another one forks. Do the children hang that ask for the same lock?
from __future__ import print_function

import os
import signal
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


def use(lock):
    with lock:
        pass


def test(name, make):
    lock, taken, release = make(), threading.Event(), threading.Event()

    def hold():
        with lock:
            taken.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait()
    print("%s: %d of %d children hang" % (name, stuck(lambda: use(lock)), COUNT))
    release.set()
    thread.join()


if __name__ == "__main__":
    if hasattr(os, "fork"):
        test("threading.Lock", threading.Lock)
        test("threading.RLock", threading.RLock)
        test("threading.Condition", threading.Condition)
    else:
        print("threading.Lock: there is no fork here")
