# What does Python say when a child is to be given what cannot be pickled?
from __future__ import print_function

import multiprocessing
import os
import sys
import tempfile
import threading


def task(*arguments):
    pass


def outer():
    def inner():
        pass

    return inner


class Countdown(object):
    def __init__(self):
        self.lock = threading.Lock()

    def run(self):
        pass


def attempt(name, target, *arguments):
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("spawn" if "spawn" in methods else methods[0])
    screen, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the child's EOFError would only repeat it
    try:
        process = context.Process(target=target, args=arguments)
        process.start()
        process.join()
        print("%s: no error" % name)
    except Exception as error:
        print("%s: %s: %s" % (name, type(error).__name__, error))
    finally:
        os.dup2(screen, 2)
        sys.stdout.flush()


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        attempt("a lambda", lambda: None)
        attempt("a local function", outer())
        attempt("a method of an object that has a lock", Countdown().run)
        attempt("a threading.Lock", task, threading.Lock())
        attempt("a generator", task, (number for number in ()))
        attempt("an open file", task, tempfile.TemporaryFile("w+"))
        attempt("a module", task, os)
        if "fork" in multiprocessing.get_all_start_methods():
            attempt(
                "a multiprocessing.Lock made for fork",
                task,
                multiprocessing.get_context("fork").Lock(),
            )
    else:
        print("a lambda: there is no spawn here")
