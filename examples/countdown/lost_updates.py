"""
Lost updates: one countdown, two processes
==========================================

``counter.value -= 1`` on a shared counter loses updates when two processes do it at
once. One lock around the line mends it.

The counter starts at the number of steps that the two processes take together, so it
should end at zero.
"""

# sphinx_gallery_tags = ["Process", "default start method", "Value", "Lock"]
# sphinx_gallery_parallel = False

import multiprocessing
import time

STEPS = 50_000


def unlocked(counter, barrier):
    barrier.wait()  # both begin at the same moment
    for _ in range(STEPS):
        counter.value -= 1


def locked(counter, barrier):
    barrier.wait()
    for _ in range(STEPS):
        with counter.get_lock():
            counter.value -= 1


def alone(counter, barrier):
    barrier.wait()
    own = 0
    for _ in range(STEPS):
        own += 1
    with counter.get_lock():
        counter.value -= own


def left_over(countdown):
    counter = multiprocessing.Value("i", 2 * STEPS)
    barrier = multiprocessing.Barrier(2)
    children = [
        multiprocessing.Process(target=countdown, args=(counter, barrier))
        for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    return counter.value


if __name__ == "__main__":
    for countdown in (unlocked, locked, alone):
        begin = time.perf_counter()
        ends = [left_over(countdown) for _ in range(5)]
        seconds = time.perf_counter() - begin
        lost = sum(ends) / (5 * 2 * STEPS)
        print(f"{countdown.__name__}: five times from {2 * STEPS} down to", *ends)
        print(f"    {lost:.0%} of the updates lost, {seconds:.2f} s")

# %%
# What to look at
# ---------------
# Without the lock the counter usually stops far above zero, and each time somewhere
# else. With the lock it ends at zero every time.
#
# Why
# ---
# ``-= 1`` is three things: read, subtract, write. If the other process writes between
# the read and the write, its step is overwritten and lost. The lock that every
# :func:`~multiprocessing.Value` has does not help by itself: it is taken for the
# read, released, and taken again for the write.
#
# What to do
# ----------
# Hold the lock around the whole step: ``with counter.get_lock():``. Better, share less.
# In *alone* each process counts for itself and subtracts once, at its end. The result
# is right too, and compare the times.
#
# A test is no way to find such an error. With fewer steps, or one core, the two
# processes hardly ever meet, and the result is nearly always right.
#
# Said about this, and tested: :ref:`folklore-value-atomic`.
