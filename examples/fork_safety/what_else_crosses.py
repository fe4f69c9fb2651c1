"""
What else crosses a fork
========================

A forked child also inherits signal handlers, exit handlers and event loops: what the
parent has arranged for itself happens in the child too, or is undone by it.

First a signal handler. A server that wants to end in good order handles
:data:`~signal.SIGTERM`, which is what :meth:`multiprocessing.Process.terminate` sends:
"""

# sphinx_gallery_tags = ["fork", "spawn", "signals", "asyncio"]

import asyncio
import atexit
import multiprocessing
import os
import signal
import socket
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore


def clean_up(number, frame):
    print("handler: cleaning up the parent's things")


def work(ready):
    ready.set()
    time.sleep(0.5)
    print("the child has ended its work")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, clean_up)
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        ready = context.Event()
        process = context.Process(target=work, args=(ready,))
        process.start()
        ready.wait()
        process.terminate()
        process.join()
        print(f"{method}: exit code {process.exitcode}")
    signal.signal(signal.SIGTERM, signal.SIG_DFL)

# %%
# The forked child ran the parent's handler and was not ended by the signal. It went on
# to the end of its work, and a parent that only waits would have to wait as long. If
# the handler had deleted temporary files, they would be gone for both.
#
# Second, functions registered with :mod:`atexit`:


def child():
    print("the child works")


def at_exit():
    print("exit handler runs in the", "parent" if os.getpid() == parent else "child")


if __name__ == "__main__":
    parent = os.getpid()
    atexit.register(at_exit)
    fork = multiprocessing.get_context("fork")

    print("multiprocessing.Process:")
    process = fork.Process(target=child)
    process.start()
    process.join()

    print("os.fork, and then the end of the program in the child:")
    pid = os.fork()
    if pid == 0:
        child()
        raise SystemExit
    os.waitpid(pid, 0)

# %%
# Multiprocessing keeps the parent's exit handlers out of the child. A bare
# :func:`os.fork` does not, unless the child ends with :func:`os._exit`.
#
# Third, an event loop. The list of sockets that a loop watches is in the kernel (on
# Linux, an epoll object), and so parent and child share it, as they share a file
# (:doc:`/gallery/fork_safety/one_connection_two_processes`). This child
# politely takes out of its loop what it does not need:


def forget(loop, connection):
    loop.remove_reader(connection)


async def wait_for_message(connection, sender, function):
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(connection, arrived.set)
    process = fork.Process(target=function, args=(loop, connection))
    process.start()
    process.join()

    sender.send(b"hello")
    try:
        await asyncio.wait_for(arrived.wait(), 0.5)
        print(f"child called {function.__name__}: the parent's loop has the message")
    except TimeoutError:
        print(f"child called {function.__name__}: the parent's loop never noticed")
    loop.remove_reader(connection)


def nothing(loop, connection):
    pass


if __name__ == "__main__":
    for function in (nothing, forget):
        mine, other = socket.socketpair()
        asyncio.run(wait_for_message(mine, other, function))
        mine.close()
        other.close()

# %%
# What to look at
# ---------------
# The message was sent both times and nobody else read it. The second loop was not told,
# because the child had changed the parent's list.
#
# In a forked child, first restore the signal handlers that you do not want
# (``signal.signal(signal.SIGTERM, signal.SIG_DFL)``, in a pool in the initializer), do
# not touch the parent's loop, and start a loop of your own with :func:`asyncio.run`. Or
# start the child with a method under which nothing of all this crosses. The last line
# of the output is the parent's exit handler, in its right place.
