# Which exit code does the parent see?
from __future__ import print_function

import multiprocessing
import os
import signal
import sys
import time


def returns():
    return 3


def raises():
    raise ValueError("no")


def exits():
    sys.exit()


def exits_with_3():
    sys.exit(3)


def exits_with_text():
    sys.exit("text")


def leaves():
    os._exit(7)


def aborts():
    os.abort()


def kills_itself():
    os.kill(os.getpid(), signal.SIGKILL)


def sleeps():
    time.sleep(60)


def run(name, target, then=lambda process: None):
    process = multiprocessing.Process(target=target)
    process.start()
    then(process)
    process.join()
    print("%s: %s" % (name, process.exitcode))
    sys.stdout.flush()


if __name__ == "__main__":
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # tracebacks
    run("return 3", returns)
    run("an exception", raises)
    run("sys.exit()", exits)
    run("sys.exit(3)", exits_with_3)
    run("sys.exit('text')", exits_with_text)
    run("os._exit(7)", leaves)
    if sys.platform != "win32":  # there it is the C library's own number
        run("os.abort()", aborts)
    run("terminate()", sleeps, lambda process: process.terminate())
    if hasattr(signal, "SIGKILL"):
        run("SIGKILL", kills_itself)
    if hasattr(multiprocessing.Process, "interrupt"):
        run("interrupt()", sleeps, lambda process: (time.sleep(1), process.interrupt()))
    else:
        print("interrupt(): there is no such method")
