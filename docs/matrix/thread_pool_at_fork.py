# The parent has used a thread pool. Do the children hang that give it work?
from __future__ import print_function

import os
import signal
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


def test(name, prepare):
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(2)
    release = prepare(pool)
    print(
        "%s: %d of %d children hang"
        % (name, stuck(lambda: pool.submit(int).result()), COUNT)
    )
    release()
    pool.shutdown()


def never_used(pool):
    return lambda: None


def idle(pool):
    pool.submit(int).result()
    time.sleep(0.1)
    return lambda: None


def busy(pool):
    from threading import Event

    event = Event()
    for _ in range(2):
        pool.submit(event.wait)
    return event.set


if __name__ == "__main__":
    try:
        import concurrent.futures
    except ImportError:
        print("a pool that was never used: there is no concurrent.futures here")
    else:
        if hasattr(os, "fork"):
            test("a pool that was never used", never_used)
            test("a pool with an idle worker", idle)
            test("a pool whose workers are busy", busy)
        else:
            print("a pool that was never used: there is no fork here")
