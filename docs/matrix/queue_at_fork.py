# The parent has a queue with a thread that serves it, or a pool of processes. Do the children hang that use it?
from __future__ import print_function

import multiprocessing
import os
import signal
import threading
import time

COUNT = 10


def stuck(task, between=lambda: None):
    """Fork children that do a task; return how many have not done it within 2 s."""
    pids = []
    for _ in range(COUNT):
        between()
        pid = os.fork()
        if pid == 0:
            try:
                task()
            finally:
                os._exit(0)
        pids.append(pid)
    deadline = time.time() + 2
    while pids and time.time() < deadline:
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
        time.sleep(0.01)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(pids)


try:
    import queue
except ImportError:
    import Queue as queue


def test(name, task):
    print("%s: %d of %d children hang" % (name, stuck(task), COUNT))


def serve(todo):
    while todo.get() is not None:
        todo.task_done()


def put_and_join(todo):
    todo.put(1)
    todo.join()


def main():
    os.dup2(
        os.open(os.devnull, os.O_WRONLY), 2
    )  # what threads say at the end of a program
    todo = queue.Queue()
    thread = threading.Thread(target=serve, args=(todo,))
    thread.start()
    test("queue.Queue with a consumer thread", lambda: put_and_join(todo))
    todo.put(None)
    thread.join()

    context = (
        multiprocessing.get_context("fork")
        if hasattr(multiprocessing, "get_context")
        else multiprocessing
    )
    pool = context.Pool(1)
    pool.map(abs, [1])
    test("the parent's Pool", lambda: pool.map(abs, [1]))
    pool.terminate()
    pool.join()

    sent = context.Queue()
    sent.put(0)
    sent.get()
    test("the parent's multiprocessing.Queue", lambda: sent.put(1))
    sent.close()
    sent.cancel_join_thread()


if __name__ == "__main__":
    if hasattr(os, "fork"):
        main()
    else:
        print("queue.Queue with a consumer thread: there is no fork here")
