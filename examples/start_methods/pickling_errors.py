"""
What cannot be sent to a child
==============================

Under spawn and forkserver, the target of a process and its arguments are pickled, and
what cannot be pickled stops ``start()`` with an error in the parent. Under fork nothing
is pickled, so the same line works there.

A function is pickled as its name, never as its code. So a function that cannot be found
by name, such as a lambda, cannot be sent.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "PicklingError"]

import functools
import io
import multiprocessing
import socket
import sqlite3
import sys
import tempfile
import threading


class Account:
    def close(self):
        pass


def accept(*things):
    pass


def local_function():
    def inner():
        pass

    return inner


def attempt(context, name, target, *args):
    """Start a process and say whether that was possible."""
    process = context.Process(target=target, args=args)
    try:
        process.start()
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {error}")
        return False
    process.join()
    return process.exitcode == 0


if __name__ == "__main__":
    spawn = multiprocessing.get_context("spawn")
    attempt(spawn, "lambda", lambda: None)
    attempt(spawn, "local function", local_function())
    with tempfile.TemporaryFile("w") as file:
        attempt(spawn, "open file", accept, file)
    attempt(spawn, "lock of threading", accept, threading.Lock())
    attempt(spawn, "thread", accept, threading.Thread(target=accept))
    attempt(spawn, "generator", accept, (n for n in range(3)))
    attempt(spawn, "module", accept, io)
    attempt(spawn, "database connection", accept, sqlite3.connect(":memory:"))

# %%
# Since Python 3.14 the exception also has notes that say where in a bigger object the
# culprit sat. A traceback shows them at its end.

if __name__ == "__main__":
    try:
        spawn.Process(target=accept, args=({"key": lambda: None},)).start()
    except Exception as error:
        for note in getattr(error, "__notes__", ["no notes in this Python"]):
            print(note)

# %%
# What does work
# --------------
# Functions and classes at the top level of a module, their bound methods,
# :func:`functools.partial` of them, sockets, and the locks and queues of the same
# context. A lock that was made in a fork context is refused.

if __name__ == "__main__":
    good = {
        "bound method": (Account().close,),
        "partial": (functools.partial(accept, 1),),
        "socket": (accept, socket.socket()),
        "lock of the context": (accept, spawn.Lock()),
    }
    for name, (target, *args) in good.items():
        print(f"{name}: {'works' if attempt(spawn, name, target, *args) else 'fails'}")

    if "fork" in multiprocessing.get_all_start_methods():
        fork = multiprocessing.get_context("fork")
        attempt(spawn, "lock of a fork context", accept, fork.Lock())
        print("lambda under fork:", attempt(fork, "lambda", lambda: None))
    else:
        print("no fork on", sys.platform)

# %%
# What to do instead
# ------------------
# * Move a lambda or local function to the top level. Bind values with
#   :func:`functools.partial`.
# * Send the name of a file, not the file; open the database in the child.
# * Take locks and queues from the context that starts the process.
# * An object that holds one such attribute can leave it out with
#   :meth:`object.__getstate__`.
#
# The names of these exceptions changed. A local function raised
# :exc:`AttributeError` up to 3.13 and raises :exc:`pickle.PicklingError` since 3.14:
# catch neither, mend the call.
#
# Said about this, and tested: :ref:`folklore-lambda`.
