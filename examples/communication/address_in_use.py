"""
Address already in use, connection refused
==========================================

A port has one listener. A second one is told ``Address already in use``; a client that
finds none is told ``Connection refused``. Both are about who comes first.
"""

# sphinx_gallery_tags = ["Listener", "Manager"]

import multiprocessing
from multiprocessing.connection import Client, Listener
from multiprocessing.managers import BaseManager


def attempt(name, call, *arguments, **options):
    try:
        call(*arguments, **options)
        print(f"{name}: no error")
    except OSError as error:
        print(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    with Listener(("127.0.0.1", 0)) as first:
        address = first.address
        attempt("a second listener", Listener, address)
    attempt("a client, and nobody listens", Client, address)

# %%
# The second listener is usually the same program: started twice, or still running from
# before, or running its main part again in each child because the
# :doc:`guard is missing </gallery/start_methods/main_guard>`. On Linux, ``ss -ltnp`` says
# which process has the port.
#
# A manager is a listener in a process of its own. If it cannot listen, the parent hears
# only that its child is gone:


class Shelf(BaseManager):
    pass


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    with Listener(("127.0.0.1", 0)) as first:
        shelf = Shelf(first.address, b"key", ctx=context)
        try:
            shelf.start()
        except EOFError as error:
            print("the manager: EOFError", error)

# %%
# The cause is in the child's traceback, above it.
#
# A client that comes first
# -------------------------
# A process needs a moment to start, so its client may be too early. Ask the system for a
# free port (0), and let the server say when it listens and where:


def serve(ready):
    with Listener(("127.0.0.1", 0)) as listener:
        ready.send(listener.address)
        with listener.accept() as connection:
            connection.send("welcome")


if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(sender,))
    server.start()
    with Client(receiver.recv()) as client:
        print(client.recv())
    server.join()

# %%
# Where the port must be a fixed one and the server is not your child, let the client try
# again for some seconds. A port that was used until a moment ago is no hindrance:
# ``Listener`` sets ``SO_REUSEADDR`` on POSIX systems
# (https://man7.org/linux/man-pages/man7/socket.7.html).
