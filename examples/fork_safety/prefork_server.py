"""
A server that preloads and forks
================================

A web server that loads the application and then forks its workers gives each of them a
copy of what was loaded: the data, which saves memory, but also the random state, and
not the threads. What must be one per worker has to be made after the fork.

This is such a server in a few lines. Two workers accept from one socket, and each
answers one request.
"""

# sphinx_gallery_tags = ["fork", "threads", "server", "random"]

import json
import multiprocessing
import random
import socket
import threading

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
stop = threading.Event()


class Application:
    def __init__(self):
        self.table = {n: n * n for n in range(100_000)}  # slow to load, never changed
        self.start()

    def start(self):
        self.tokens = random.Random()
        self.refresher = threading.Thread(target=stop.wait)
        self.refresher.start()

    def answer(self):
        return {
            "rows": len(self.table),
            "token": self.tokens.getrandbits(32),
            "refresher runs": self.refresher.is_alive(),
        }


def worker(listener, application, after_fork):
    after_fork()
    connection, _ = listener.accept()
    with connection:
        connection.sendall(json.dumps(application.answer()).encode())
    stop.set()


def nothing():
    pass


def serve(application, after_fork):
    """Fork two workers; ask each one."""
    fork = multiprocessing.get_context("fork")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        workers = [
            fork.Process(target=worker, args=(listener, application, after_fork))
            for _ in range(2)
        ]
        for process in workers:
            process.start()
        answers = []
        for _ in workers:
            with socket.create_connection(listener.getsockname()) as client:
                answers.append(json.loads(client.makefile().read()))
    for process in workers:
        process.join()
    for answer in answers:
        print(answer)
    print("the two gave different tokens:", answers[0]["token"] != answers[1]["token"])


if __name__ == "__main__":
    application = Application()
    serve(application, after_fork=nothing)

# %%
# Both have the table, and did not load it. Both gave out the same token. In neither
# does the refresher run, so their tables would grow old without a word.
#
# After the fork
# --------------
# Servers have a hook that each worker calls after the fork. In it, make again whatever
# must not be shared:

if __name__ == "__main__":
    serve(application, after_fork=application.start)
    stop.set()
    application.refresher.join()

# %%
# What to do
# ----------
# Sort what the application makes when it is loaded into two heaps. What is only read
# may be loaded before the fork. What has a state, a thread, a lock or a connection is
# made after it: database connections, HTTP sessions, random generators, clients that
# report metrics.
#
# The refresher that was running when the workers were forked is a danger of its own: it
# might have held a lock at that moment (:doc:`/gallery/fork_safety/lock_at_fork`). A
# preloaded application should start no thread at all before the fork.
