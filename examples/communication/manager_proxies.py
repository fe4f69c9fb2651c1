"""
A manager keeps the objects
===========================

A manager is one more process. It holds ordinary Python objects, and everybody else has
proxies: each use of a proxy is a message to the manager and an answer.
"""

# sphinx_gallery_tags = ["Process", "Manager", "measures", "default start method"]

import multiprocessing
import time


def visit(guests, name):
    guests[name] = len(guests)


if __name__ == "__main__":
    manager = multiprocessing.Manager()
    print("a new process:", multiprocessing.active_children()[0].name)
    guests = manager.dict()
    for name in ("Ann", "Bob"):
        child = multiprocessing.Process(target=visit, args=(guests, name))
        child.start()
        child.join()
    print(type(guests).__name__, guests)

# %%
# Both children wrote into one dictionary, which lives in the manager.
#
# What is inside is not shared
# ----------------------------
# A proxy returns copies. To change the copy changes nothing:

if __name__ == "__main__":
    lists = manager.dict(plain=[], nested=manager.list())
    lists["plain"].append("lost")
    print("append to a list inside:  ", lists["plain"])
    copy = lists["plain"]
    copy.append("kept")
    lists["plain"] = copy
    print("append and assign again:  ", lists["plain"])
    lists["nested"].append("kept")
    print("append to a proxy inside: ", lists["nested"])

# %%
# No error, no warning: the first ``append`` went to a copy that nobody has. Assign the
# changed object again, or put a proxy inside.
#
# What it costs, and what it does not protect
# -------------------------------------------
# Each step of ``counts["n"] += 1`` is a message: read, then write. Another process can
# come in between, as :doc:`with a Value </gallery/countdown/lost_updates>`:


def count(counts, barrier, times):
    barrier.wait()
    for _ in range(times):
        counts["n"] += 1


if __name__ == "__main__":
    times = 2000
    barrier = multiprocessing.Barrier(2)
    counts = manager.dict(n=0)
    children = [
        multiprocessing.Process(target=count, args=(counts, barrier, times))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print(f"two processes added {times} each; the sum is", counts["n"])

    seconds = []
    nobody_else = multiprocessing.Barrier(1)
    for counts in ({"n": 0}, manager.dict(n=0)):
        begin = time.perf_counter()
        count(counts, nobody_else, times)
        seconds.append(time.perf_counter() - begin)
    print(f"through a proxy it takes {seconds[1] / seconds[0]:.0f} times as long")
    manager.shutdown()

# %%
# What to do
# ----------
# A manager is convenient where little is shared and seldom: settings, a table of who
# does what. Its proxies can be sent through queues and to pools, and a manager with a
# network address serves other machines too (:ref:`python:multiprocessing-managers`).
#
# Put a ``manager.Lock()`` around every change that depends on what was there. For much
# data, or in an inner loop, a manager is the wrong tool: send results through
# :doc:`a queue </gallery/communication/queue_of_work>`, or use
# :doc:`shared memory </gallery/communication/shared_memory_numpy>`.
#
# Said about this, and tested: :ref:`folklore-nested-manager`.
