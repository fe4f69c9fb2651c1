# What does Python say to a function from the prompt, to leaked shared memory, and when the thread that reads results has died?
from __future__ import print_function

import multiprocessing
import os
import subprocess
import sys
import threading

FROM_THE_PROMPT = """
import multiprocessing, sys
def hello(): print("hello")
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=hello)
    process.start()
    process.join()
"""
LEAK = """
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=1)
"""


class Picky(Exception):
    """An exception that pickle cannot make again: it needs two arguments."""

    def __init__(self, one, two):
        Exception.__init__(self, "needs two arguments")


def raise_picky():
    raise Picky(1, 2)


def last_words(*command):
    done = subprocess.Popen([sys.executable] + list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    lines = [line.strip() for line in done.communicate()[0].splitlines()]
    said = [line for line in lines if "Error: " in line or "Warning: " in line]
    text = said[-1] if said else "nothing"
    return text[text.index("UserWarning") :] if "UserWarning" in text else text


def dead_result_thread():
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the traceback of the thread
    pool = multiprocessing.get_context("fork").Pool(1)
    try:
        pool.apply_async(raise_picky).get(1)
    except multiprocessing.TimeoutError:
        pass
    try:
        pool.terminate()
        return "no error"
    except AssertionError as error:
        return "AssertionError: %s" % error


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_context"):
        print("a function from the prompt: %s" % last_words("-c", FROM_THE_PROMPT))
        leak = last_words("-c", LEAK) if sys.version_info >= (3, 8) else "there is no shared memory here"
        print("a shared memory block is not unlinked: %s" % leak)
        print("terminate() after the thread of results has died: %s" % dead_result_thread())
        sys.stdout.flush()
        os._exit(0)  # the broken pool would wait
    else:
        print("a function from the prompt: there is no spawn here")
