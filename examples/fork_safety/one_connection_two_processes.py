"""
One connection, two processes
=============================

A file or a connection that was open at the fork is shared by parent
and child, although memory is not. The child's copy of the object leads to the same open
file in the kernel, with one position and one stream of bytes.

First a file. The child reads a line, and the parent goes on:
"""

# sphinx_gallery_tags = ["fork", "sockets"]

import multiprocessing
import socket
import tempfile
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")


def read_line(file):
    print("the child reads", file.readline())


if __name__ == "__main__":
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"first\nsecond\nthird\n")
        file.seek(0)
        process = fork.Process(target=read_line, args=(file,))
        process.start()
        process.join()
        print("the parent reads", file.readline())

# %%
# The parent's first line is the second one: the child has moved the position that both
# use. Now a socket. A server sends ten numbered messages, and two processes receive:


def receive(name, connection):
    received = b""
    while message := connection.recv(2):
        received += message
        time.sleep(0.01)
    print(name, "received", received.decode())


if __name__ == "__main__":
    server, client = socket.socketpair()
    process = fork.Process(target=receive, args=("child", client))
    server.sendall(b"0 1 2 3 4 5 6 7 8 9 ")
    server.shutdown(socket.SHUT_WR)
    process.start()
    receive("parent", client)
    process.join()

# %%
# Each byte goes to the one who asks first. A connection to a database server is such a
# socket: one process gets the answer to the other's question. With TLS, where each
# message depends on the one before, both sides fail to decrypt, and say so. This is the
# luckier case: :doc:`/gallery/fork_safety/tls_across_fork`.
#
# What to look at
# ---------------
# No message came twice and none was lost; they came to the wrong reader. It needs no
# two processes that read at the same time either: in the first example the child had
# ended before the parent went on.
#
# Open files and connections in the process that uses them, after it has started. In a
# pool, do it in the initializer (:doc:`/gallery/pools/initializer_state`). Libraries
# with a pool of connections often have a method to forget it in the child; SQLAlchemy's
# documentation explains its own
# (https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork).
# A connection to SQLite has no server and its own surprises:
# :doc:`/gallery/fork_safety/sqlite_across_fork`.
