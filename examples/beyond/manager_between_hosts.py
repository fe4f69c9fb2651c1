"""
A queue between hosts: one dies, one is cut off
===============================================

A manager on a port hands out work to other hosts with nothing but the standard library.
It does not notice that a worker is gone, on no host and after no time. So the one who
hands out tasks has to take them back.

Three hosts on one machine: network namespaces with an address each and a switch
between them. The first has the manager.
"""

# sphinx_gallery_by_hand = "it makes three hosts of network namespaces, as root"
# sphinx_gallery_needs = ["linux", "python>=3.12"]
# sphinx_gallery_tags = ["Manager", "proxy", "TCP", "SIGKILL", "Linux"]
# sphinx_gallery_timeout = 90

import collections
import contextlib
import os
import secrets
import subprocess
import sys
import threading
import time
from multiprocessing.managers import BaseManager

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (hasattr(os, "unshare") and os.geteuid() == 0):
    print("This example needs Linux, root and Python 3.12 or newer.")
    sys.exit()
# sphinx_gallery_end_ignore


def ip(command):
    subprocess.run(["ip", *command.split()], check=True)


@contextlib.contextmanager
def hosts(*names):
    """Become 10.77.0.1; yield names of other hosts, 10.77.0.2 and so on."""
    os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)  # no network at all from here on
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link add switch type bridge")
    ip("addr add 10.77.0.1/24 dev switch")
    for device in ("lo", "switch"):
        ip(f"link set {device} up")
    with contextlib.ExitStack() as stack:
        for number, name in enumerate(names, 2):
            ip(f"netns add {name}")
            stack.callback(ip, f"netns del {name}")
            ip(f"link add cable-{name} type veth peer eth0 netns {name}")
            ip(f"link set cable-{name} master switch up")
            ip(f"-n {name} addr add 10.77.0.{number}/24 dev eth0")
            for device in ("lo", "eth0"):
                ip(f"-n {name} link set {device} up")
        yield names


class Tasks:
    """Numbers to be squared. Who takes one has two seconds; then it is given out again."""

    def __init__(self):
        self._lock = threading.Lock()  # each worker has a thread here
        self._waiting = collections.deque(range(30))
        self._due, self._results, self._makers = {}, {}, collections.Counter()
        self._again = []

    def take(self):
        """Return a number, "later", or None if all are done."""
        with self._lock:
            now = time.monotonic()
            for number in [n for n, due in self._due.items() if due < now]:
                del self._due[number]
                self._waiting.append(number)
                self._again.append(number)
            if self._waiting:
                number = self._waiting.popleft()
                self._due[number] = now + 2
                return number
            return "later" if self._due else None

    def give(self, number, result, maker):
        with self._lock:
            self._due.pop(number, None)
            if number in self._results:
                return "somebody else was faster"
            self._results[number] = result
            self._makers[maker] += 1
            return "thanks"

    def report(self):
        with self._lock:
            right = self._results == {n: n * n for n in range(30)}
            return right, dict(sorted(self._makers.items())), self._again


tasks = Tasks()


def get_tasks():
    return tasks


class Server(BaseManager):
    pass


Server.register("tasks", get_tasks)

WORKER = """
import sys, time
from multiprocessing.managers import BaseManager

class Client(BaseManager):
    pass

Client.register("tasks")
name, key = sys.argv[1], bytes.fromhex(input())
manager = Client(("10.77.0.1", 50000), authkey=key)
manager.connect()
tasks = manager.tasks()
while (number := tasks.take()) is not None:
    if number == "later":
        time.sleep(0.2)
        continue
    time.sleep(0.5)  # the work
    answer = tasks.give(number, number * number, name)
    if answer != "thanks":
        print(f"{name} brings {number}: {answer}", flush=True)
print(name, "is done", flush=True)
"""


def start(host, key):
    command = ["ip", "netns", "exec", host, sys.executable, "-c", WORKER, host]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
    process.stdin.write(key.hex() + "\n")
    process.stdin.flush()
    return process


def begin(server, key):
    server.start()
    workers = [start(host, key) for host in ("host2", "host3")]
    while len(server.tasks().report()[1]) < 2:  # until each has brought something
        time.sleep(0.1)
    return workers


def finish(server):
    while True:
        right, makers, again = server.tasks().report()
        if sum(makers.values()) == 30:
            print("all results:", right, "from", makers)
            print("given out again:", again)
            return
        time.sleep(0.1)


if __name__ == "__main__":
    network = contextlib.ExitStack()
    network.enter_context(hosts("host2", "host3"))
    key = secrets.token_bytes(32)

    print("one is killed")
    server = Server(("10.77.0.1", 50000), authkey=key)
    workers = begin(server, key)
    workers[0].kill()
    finish(server)
    for worker in workers:
        worker.wait()
    server.shutdown()

# %%
# The manager said nothing about the one that had gone. Its number was given out again
# because it was overdue, and that is the whole protection: without it the loop would
# wait for that result for ever.
#
# The cable
# ---------

if __name__ == "__main__":
    server = Server(("10.77.0.1", 50000), authkey=key)
    workers = begin(server, key)
    ip("link set cable-host2 down")
    finish(server)
    time.sleep(3)
    print("the one that was cut off still runs:", workers[0].poll() is None)
    ip("link set cable-host2 up")
    workers[0].wait(timeout=60)
    workers[1].wait()
    server.shutdown()
    network.close()

# %%
# What to look at
# ---------------
# To the manager both look the same. The worker that was cut off waited in the middle of
# a call, without an error, until the cable was back. Then it handed in a result that
# nobody needed any more: a task may be done twice, so it must be harmless to do it
# twice.
#
# When to take this
# -----------------
# For some machines in one network, tasks of seconds and more, and nothing to install.
# Give each task its limit, and restart workers from outside. When you begin to write a
# list of workers with heartbeats, take :doc:`/gallery/beyond/dask_three_hosts`.
