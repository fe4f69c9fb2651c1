"""
A manager on a port: objects for other programs
===============================================

A :class:`~multiprocessing.managers.BaseManager` with an address serves its objects to
programs that it did not start, on this machine or another. It is the standard library's
own way beyond one machine: a queue of tasks on a port, and workers wherever there is a
network.

The worker below is a program of its own, which knows an address and a key.
"""

# sphinx_gallery_tags = ["Manager", "proxy", "Namespace", "TCP", "security"]
# sphinx_gallery_timeout = 90

import multiprocessing
import queue
import secrets
import subprocess
import sys
from multiprocessing.managers import BaseManager

tasks, results = queue.Queue(), queue.Queue()


def get_tasks():
    return tasks


def get_results():
    return results


class Server(BaseManager):
    pass


Server.register("tasks", get_tasks)
Server.register("results", get_results)

WORKER = """
import os, sys
from multiprocessing.managers import BaseManager

class Client(BaseManager):
    pass

Client.register("tasks")
Client.register("results")
manager = Client(("127.0.0.1", int(sys.argv[1])), authkey=bytes.fromhex(input()))
manager.connect()
tasks, results = manager.tasks(), manager.results()
while (number := tasks.get()) is not None:
    results.put((os.getpid(), number * number))
"""

if __name__ == "__main__":
    key = secrets.token_bytes(32)
    with Server(("127.0.0.1", 0), authkey=key) as manager:
        port = str(manager.address[1])
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, port], stdin=subprocess.PIPE
            )
            for _ in range(2)
        ]
        for number in range(6):
            manager.tasks().put(number)
        for worker in workers:
            manager.tasks().put(None)
            worker.communicate(key.hex().encode())
        answers = [manager.results().get() for _ in range(6)]
    print("squares:", sorted(square for _, square in answers))
    pids = {pid for pid, _ in answers}
    print("made by the workers:", pids <= {worker.pid for worker in workers})

# %%
# The client registers names only; the functions are the server's. The key went through
# a pipe: on a command line every user of the machine could read it.
#
# Who has the key can run code in the manager, and nothing is encrypted. For several
# machines give the server the address of a private network, or go through a tunnel; see
# :doc:`/gallery/communication/listener_and_client`.
#
# A namespace, and a class of your own
# ------------------------------------
# A proxy passes on methods, not attributes. So there is a ``Namespace``, whose
# attributes are set in the manager. And with ``exposed`` you say which methods others
# may call:


class Account:
    def __init__(self):
        self.balance = 0

    def pay(self, amount):
        self.balance += amount
        return self.balance

    def close_for_ever(self):
        raise SystemExit


class Bank(multiprocessing.managers.SyncManager):
    pass


Bank.register("Account", Account, exposed=["pay"])


def spend(account, shared):
    shared.last = account.pay(-30)


if __name__ == "__main__":
    with Bank() as bank:
        account, shared = bank.Account(), bank.Namespace(last=None)
        account.pay(100)
        process = multiprocessing.Process(target=spend, args=(account, shared))
        process.start()
        process.join()
        print(f"{type(account).__name__}; {type(shared).__name__}: last={shared.last}")
        for name in ("balance", "close_for_ever"):
            print(f"the proxy has {name}:", hasattr(account, name))

# %%
# What to look at
# ---------------
# The workers were no children of the manager, and still had its queues. A worker that
# dies takes its task with it: nothing here notices. Where that matters, give tasks out
# again (:doc:`/gallery/beyond/manager_between_hosts`), or use a real scheduler,
# :doc:`/gallery/beyond/dask_cluster`.
#
# And the simplest way beyond one machine needs no connection at all: start the program
# N times, and let each do every N-th item (:doc:`/gallery/beyond/a_slice_each`).
