"""
Wait until the work is done: JoinableQueue
==========================================

``join`` of a process waits for its end, ``join`` of a
:class:`~multiprocessing.JoinableQueue` for its work: until every item that was put has
been reported with ``task_done``. So the workers can stay for the next round.
"""

# sphinx_gallery_tags = ["Process", "JoinableQueue", "default start method"]
# sphinx_gallery_timeout = 90

import multiprocessing
import threading
import time


def work(tasks, results):
    while True:
        task = tasks.get()
        try:
            time.sleep(0.05)
            results.put(12 // task)
        except ZeroDivisionError as error:
            print("task", task, "failed:", error)
        finally:
            tasks.task_done()


if __name__ == "__main__":
    tasks, results = multiprocessing.JoinableQueue(), multiprocessing.SimpleQueue()
    workers = [
        multiprocessing.Process(target=work, args=(tasks, results), daemon=True)
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for numbers in ([1, 2, 3], [4, 0, 6]):
        for number in numbers:
            tasks.put(number)
        tasks.join()
        print("this round is done:", numbers)
    found = []
    while not results.empty():
        found.append(results.get())
    print("results:", sorted(found))
    print("workers alive:", sum(worker.is_alive() for worker in workers))

# %%
# ``task_done`` stands in a ``finally``, so the failed task counts as done, too. Once too
# often is an error; once too seldom is a ``join`` that never returns:

if __name__ == "__main__":
    try:
        tasks.task_done()
    except ValueError as error:
        print("ValueError:", error)

    for worker in workers:
        worker.kill()  # nobody is left to do the next task
        worker.join()
    tasks.put(7)
    waiting = threading.Thread(target=tasks.join, daemon=True)
    waiting.start()
    waiting.join(timeout=1)
    print("join() still waits after 1 s:", waiting.is_alive())
    tasks.task_done()
    waiting.join()
    print("after task_done():", "waits" if waiting.is_alive() else "it has returned")

# %%
# What to mind
# ------------
# - ``join`` takes no timeout and notices no dead worker. Where workers may die, count
#   results instead, or use an executor.
# - The results go another way, and must be drained if they are large:
#   :doc:`/gallery/communication/queue_not_joined`.
# - The workers here are daemons and wait for ever. For an orderly end send each of them
#   a last item that means "no more", as in
#   :doc:`/gallery/communication/queue_of_work`.
