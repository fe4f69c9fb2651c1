# A thread of the parent is inside a logging handler while another one forks. Do the children hang that log?
from __future__ import print_function

import logging
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


class Slow(logging.Handler):
    """Its emit() takes until the parent has forked; logging holds the handler's lock meanwhile."""

    def __init__(self):
        logging.Handler.__init__(self)
        self.inside, self.go_on = threading.Event(), threading.Event()
        self.parent = os.getpid()

    def emit(self, record):
        if os.getpid() == self.parent:
            self.inside.set()
            self.go_on.wait()


class OwnLock(Slow):
    """A handler that keeps a lock of its own, as many in libraries do."""

    own = threading.Lock()

    def emit(self, record):
        with self.own:
            Slow.emit(self, record)


def test(name, handler):
    log = logging.getLogger(name)
    log.addHandler(handler)
    log.propagate = False
    thread = threading.Thread(target=log.error, args=("from the thread",))
    thread.start()
    handler.inside.wait()
    print(
        "%s: %d of %d children hang"
        % (name, stuck(lambda: log.error("from a child")), COUNT)
    )
    handler.go_on.set()
    thread.join()


if __name__ == "__main__":
    if hasattr(os, "fork"):
        test("logging's own lock", Slow())
        test("a handler's own lock", OwnLock())
    else:
        print("logging's own lock: there is no fork here")
