# What does Python say to common mistakes with processes, contexts and pools?
from __future__ import print_function

import multiprocessing
import os
import sys


def task(*arguments):
    pass


def nested(connection):
    try:
        multiprocessing.Process(target=task).start()
        connection.send("no error")
    except BaseException as error:
        connection.send(describe(error))


def describe(error):
    return "%s: %s" % (type(error).__name__, error)


def attempt(name, mistake):
    try:
        result = mistake()
        print("%s: %s" % (name, result or "no error"))
    except Exception as error:
        print("%s: %s" % (name, describe(error)))
    sys.stdout.flush()


def twice():
    multiprocessing.set_start_method("spawn")
    multiprocessing.set_start_method("spawn")


def after_asking():
    multiprocessing.get_start_method()
    multiprocessing.set_start_method("spawn")


def start_twice():
    process = multiprocessing.Process(target=task)
    process.start()
    process.join()
    process.start()


def join_unstarted():
    multiprocessing.Process(target=task).join()


def daemonic():
    receive, send = multiprocessing.Pipe(False)
    process = multiprocessing.Process(target=nested, args=(send,))
    process.daemon = True
    process.start()
    answer = receive.recv()
    process.join()
    return answer


def closed_pool():
    pool = multiprocessing.Pool(1)
    pool.close()
    try:
        pool.map(abs, [1])
    finally:
        pool.join()


def release_unacquired():
    multiprocessing.Lock().release()


def closed_queue():
    queue = multiprocessing.Queue()
    queue.close()
    queue.put(1)


if __name__ == "__main__":
    if hasattr(multiprocessing, "set_start_method"):
        attempt("set_start_method after get_start_method", after_asking)
        multiprocessing.set_start_method(None, force=True)
        attempt("set_start_method twice", twice)
        multiprocessing.set_start_method(None, force=True)
        attempt(
            "an unknown start method",
            lambda: multiprocessing.get_context("threads") and None,
        )
    attempt("start() twice", start_twice)
    attempt("join() before start()", join_unstarted)
    attempt("a daemonic process starts a child", daemonic)
    attempt("map() on a closed Pool", closed_pool)
    attempt("put() on a closed Queue", closed_queue)
    attempt("release() of a Lock that nobody has", release_unacquired)
