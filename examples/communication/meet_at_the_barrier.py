"""
Meet at the barrier: Barrier
============================

A barrier for three holds everyone who comes until the third has come, and then lets
all of them go. So no one begins the second phase before all have ended the first.
"""

# sphinx_gallery_tags = ["Process", "Barrier", "default start method"]

import multiprocessing
import threading
import time


def two_phases(name, seconds, barrier):
    time.sleep(seconds)
    print(f"{name}: first phase done")
    place = barrier.wait()
    if place == 0:
        print(f"{name}: everyone is here")
    barrier.wait()
    print(f"{name}: second phase")


if __name__ == "__main__":
    barrier = multiprocessing.Barrier(3)
    workers = [
        multiprocessing.Process(target=two_phases, args=(name, seconds, barrier))
        for name, seconds in [("Ann", 0.1), ("Bob", 0.3), ("Cy", 0.5)]
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

# %%
# The fast wait for the slowest. ``wait`` returns a different number to each; whoever
# gets zero can do what is to be done once between the phases. The same barrier then
# serves a second time.
#
# One does not come
# -----------------
# Without a timeout the others would wait for ever. With one, the barrier breaks, for
# all of them:


def arrive(name, barrier):
    try:
        barrier.wait(timeout=0.5)
    except threading.BrokenBarrierError:
        print(f"{name}: BrokenBarrierError")


if __name__ == "__main__":
    barrier = multiprocessing.Barrier(3)
    workers = [
        multiprocessing.Process(target=arrive, args=(name, barrier))
        for name in ("Ann", "Bob")  # the third has died, say
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print("the barrier is broken:", barrier.broken)
    arrive("too late", barrier)

# %%
# What to look at
# ---------------
# One timeout was enough to free everybody, and whoever comes later is told at once. The
# exception is :exc:`threading.BrokenBarrierError`; multiprocessing has none of its own.
#
# What to do
# ----------
# - Give every ``wait`` a timeout, longer than any honest phase.
# - A process that fails should call ``abort`` on the barrier in its ``except``, so that
#   the others need not wait for the timeout.
# - If the phases are calls of ``map`` on :doc:`a pool </gallery/pools/pool_map>`, you
#   need no barrier: ``map`` returns when all have ended.
