"""
A queue of work
===============

A queue gives each item to exactly one of the processes that ask for it. So work that
lies in a queue divides itself: who is free takes the next item.
"""

# sphinx_gallery_tags = ["Process", "Queue", "default start method"]

import multiprocessing
import time


def work(name, tasks, results):
    for seconds in iter(tasks.get, None):  # until None comes
        time.sleep(seconds)
        print(f"{name} has worked for {seconds} s")
        results.put((name, seconds))
    print(f"{name} goes home")


if __name__ == "__main__":
    todo = [0.7, 0.2, 0.2, 0.2]
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    for seconds in todo:
        tasks.put(seconds)
    workers = [
        multiprocessing.Process(target=work, args=(name, tasks, results), name=name)
        for name in ("Ann", "Bob")
    ]
    for worker in workers:
        worker.start()
        tasks.put(None)  # one for each worker

    done = [results.get() for _ in todo]
    for worker in workers:
        worker.join()
    for name, seconds in done:
        print("result:", name, seconds)

# %%
# Nobody said who does what. While one is busy with the long task, the other takes the
# short ones, and results come in the order in which they are ready: send along what
# they belong to.
#
# Two details carry the program:
#
# - *The end.* A worker that waits in :meth:`~multiprocessing.Queue.get` cannot know
#   that no more will come. ``None`` tells it, and each worker eats one ``None``.
# - *The order at the end.* First get all results, then join:
#   :doc:`/gallery/communication/queue_not_joined` shows what happens otherwise.
#
# Is it empty?
# ------------
# ``put`` hands the item to a thread, which writes it to a pipe a moment later. Until
# then the queue says that it is empty:

if __name__ == "__main__":
    queue = multiprocessing.Queue()
    times = 0
    for number in range(100):
        queue.put(number)
        times += queue.empty()
        queue.get()
    print(f"called empty() right after put(): {times} times True, of 100")

# %%
# What to do
# ----------
# Never decide by :meth:`~multiprocessing.Queue.empty` or
# :meth:`~multiprocessing.Queue.qsize` whether there is more to do. Count what you
# expect, as the parent does here, or wait for a last item, as the workers do.
#
# Before you write such a loop, look at :doc:`/gallery/pools/executor_futures`: an
# executor is this program, with errors and dying workers taken care of.
#
# Said about this, and tested: :ref:`folklore-empty`.
