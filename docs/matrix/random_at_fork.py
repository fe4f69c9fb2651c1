# Do two children draw the same random numbers, after a fork of the program or of the forkserver?
from __future__ import print_function

import multiprocessing
import os
import random

GENERATOR = random.Random()


def draw():
    return "%.12f %.12f" % (random.random(), GENERATOR.random())


def by_os_fork():
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(write, draw().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(write)
    data = os.read(read, 100)
    os.close(read)
    return data.decode()


def child(connection):
    connection.send(draw())


def by_multiprocessing(method="fork"):
    context = (
        multiprocessing.get_context(method)
        if hasattr(multiprocessing, "get_context")
        else multiprocessing
    )
    receive, send = context.Pipe(False)
    process = context.Process(target=child, args=(send,))
    process.start()
    data = receive.recv()
    process.join()
    return data


def compare(name, start):
    one, two = start().split(), start().split()
    print(
        "random.random(), %s: %s"
        % (name, "the same" if one[0] == two[0] else "different")
    )
    print(
        "a random.Random of the main file, %s: %s"
        % (name, "the same" if one[1] == two[1] else "different")
    )


if __name__ == "__main__":
    random.random()
    if hasattr(os, "fork"):
        compare("os.fork", by_os_fork)
        compare("multiprocessing", by_multiprocessing)
        if hasattr(multiprocessing, "get_context"):
            compare("forkserver", lambda: by_multiprocessing("forkserver"))
    else:
        print("random.random(), os.fork: there is no fork here")
