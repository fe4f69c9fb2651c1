"""
Objects with a thread behind them
=================================

An object that leaves its work to a thread is dead in a forked child. The child's copy
takes your task and puts it into a queue, from which nobody will ever take it, since the
thread is not there.

Three such objects, used in the parent and then in the child:
"""

# sphinx_gallery_tags = ["fork", "threads", "ThreadPoolExecutor", "Pool"]

import faulthandler
import multiprocessing
import os
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")
nowhere = open(os.devnull, "w")


def consume(tasks):
    while tasks.get() is not None:
        tasks.task_done()


def use_executor(executor):
    executor.submit(len, "abc").result()


def use_queue(tasks):
    tasks.put("abc")
    tasks.join()


def use_pool(pool):
    pool.apply(len, ("abc",))


def child(use, thing):
    faulthandler.dump_traceback_later(0.5, exit=True, file=nowhere)
    use(thing)


def count(name, use, thing):
    use(thing)
    children = [fork.Process(target=child, args=(use, thing)) for _ in range(20)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    stuck = [process for process in children if process.exitcode == 1]
    print(f"{name:20} parent fine, children stuck: {len(stuck)} of 20")


if __name__ == "__main__":
    with ThreadPoolExecutor(4) as executor:
        count("ThreadPoolExecutor", use_executor, executor)

    tasks = queue.Queue()
    consumer = threading.Thread(target=consume, args=(tasks,))
    consumer.start()
    count("queue.Queue", use_queue, tasks)
    tasks.put(None)
    consumer.join()

    with fork.Pool(1) as pool:
        count("multiprocessing.Pool", use_pool, pool)

# %%
# No lock is involved here, so there is nothing to repair with
# :func:`os.register_at_fork`. What is missing is a thread.
#
# The executor is the treacherous one. It starts a thread when none is idle, and its
# books say that one is. Had the parent not used it before, it would have started one
# in the child:

if __name__ == "__main__":
    with ThreadPoolExecutor(4) as executor:
        process = fork.Process(target=child, args=(use_executor, executor))
        process.start()
        process.join()
        print("executor that the parent has not used: exit code", process.exitcode)

# %%
# What to look at
# ---------------
# "It worked yesterday" is often this: what matters is whether the parent used the
# object before the fork, and the use may be far away in the program.
#
# Make such objects in the process that uses them: in the function that the child runs,
# or in the initializer of a pool (:doc:`/gallery/pools/initializer_state`). To leave
# work from a child to the parent, use a :class:`multiprocessing.Queue`.
#
# Said about this, and tested: :ref:`folklore-not-in-pure-python`.
