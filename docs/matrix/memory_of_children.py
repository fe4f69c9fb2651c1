# A forked child reads a list that its parent made. How much of it is copied? And how large is a child that is spawned?
from __future__ import print_function

import gc
import multiprocessing
import os
import sys

COUNT = 400000  # strings


def memory(name):
    """Return so many MB of this process, by a name in /proc/self/smaps."""
    with open("/proc/self/smaps") as file:
        words = [line.split() for line in file if line.startswith(name + ":")]
    return sum(int(fields[1]) for fields in words) / 1024.0


def read(texts):
    total = 0
    for text in texts:
        total += len(text)
    return total


def told_by_fork(function):
    reader, writer = os.pipe()
    if not os.fork():
        try:
            os.write(writer, ("%f" % function()).encode())
        finally:
            os._exit(0)
    os.close(writer)
    said = float(os.read(reader, 100))
    os.wait()
    return said


def copied():
    before = memory("Private_Dirty")
    read(TEXTS)
    return memory("Private_Dirty") - before


def share(part, whole):
    """Say how much it is, so that two runs say the same."""
    return (
        "most of it"
        if part > 0.5 * whole
        else "little"
        if part < 0.25 * whole
        else "some of it"
    )


def tell(connection):
    connection.send(memory("Rss"))


if __name__ == "__main__":
    if not os.path.exists("/proc/self/smaps"):
        print("a list of strings, read by a forked child: not asked here")
        sys.exit()
    gc.collect()
    empty = memory("Rss")
    TEXTS = ["text %d" % number for number in range(COUNT)]
    gc.collect()
    size = memory("Rss") - empty
    print(
        "a list of strings, copied by a forked child that reads it: %s"
        % share(told_by_fork(copied), size)
    )
    if hasattr(multiprocessing, "get_context"):
        spawn = multiprocessing.get_context("spawn")
        receiver, sender = spawn.Pipe(False)
        child = spawn.Process(target=tell, args=(sender,))
        child.start()
        print(
            "a spawned child that does nothing: about %d MB"
            % (5 * round(receiver.recv() / 5))
        )
        child.join()
