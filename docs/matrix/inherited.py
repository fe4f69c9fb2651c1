# What does a child see of what its parent has changed: before the first child was started, and later?
from __future__ import print_function

import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading

SETTING = "as imported"
GENERATOR = random.Random()
NAMES = [
    "global variable", "number of threads", "logging level", "signal handler", "random.Random object", "module random", "open file",
    "sys.argv", "sys.path", "working directory", "os.environ", "umask",
]  # fmt: skip


def handler(number, frame):
    pass


def look(number):
    mask = os.umask(0)
    os.umask(mask)
    try:
        inode = os.fstat(number).st_ino
    except OSError:
        inode = None
    return [
        SETTING, threading.active_count(), logging.getLogger().level, str(signal.getsignal(signal.SIGINT))[:16],
        GENERATOR.getstate(), random.getstate(), inode, sys.argv, [p for p in sys.path if "plugins" in p], os.getcwd(),
        os.environ.get("COLOR"), mask,
    ]  # fmt: skip


def child(connection, number):
    connection.send(look(number))


def compare(when, contexts, number):
    seen = {}
    for name, context in contexts:
        receive, send = context.Pipe(False)
        process = context.Process(target=child, args=(send, number))
        process.start()
        seen[name] = receive.recv()
        process.join()
    for index, mine in enumerate(look(number)):
        same = [name for name, _ in contexts if seen[name][index] == mine]
        print("%s%s: %s" % (NAMES[index], when, ", ".join(same) or "none"))


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        contexts = [
            (name, multiprocessing.get_context(name))
            for name in sorted(multiprocessing.get_all_start_methods())
        ]
    else:
        contexts = [("fork" if hasattr(os, "fork") else "spawn", multiprocessing)]
    SETTING = "changed"
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    logging.getLogger().setLevel(logging.DEBUG)
    signal.signal(signal.SIGINT, handler)
    file = tempfile.TemporaryFile()
    sys.argv.append("--verbose")
    sys.path.append("plugins")
    os.environ["COLOR"] = "blue"
    os.umask(0o077)
    compare("", contexts, file.fileno())
    sys.argv.append("--later")
    sys.path.append("more plugins")
    os.chdir(tempfile.gettempdir())
    os.environ["COLOR"] = "red"
    os.umask(0o022)
    compare(", later", contexts, file.fileno())
    stop.set()
    thread.join()
