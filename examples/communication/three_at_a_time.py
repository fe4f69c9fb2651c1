"""
Three at a time: Semaphore
==========================

A semaphore lets in as many as it was made for, and makes the others wait. It limits
how many processes do something at once, not how many there are.

Six processes want to download; the server allows three connections.
"""

# sphinx_gallery_tags = ["Process", "Semaphore", "default start method"]

import multiprocessing
import time


def download(slots, inside, most):
    with slots:
        with inside.get_lock():
            inside.value += 1
            most.value = max(most.value, inside.value)
            print(f"begins; now {inside.value} at once")
        time.sleep(0.3)
        with inside.get_lock():
            inside.value -= 1


if __name__ == "__main__":
    for allowed in (6, 3):
        slots = multiprocessing.Semaphore(allowed)
        inside, most = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
        children = [
            multiprocessing.Process(target=download, args=(slots, inside, most))
            for _ in range(6)
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        print(f"Semaphore({allowed}): at most {most.value} at once")

# %%
# In the first round nothing holds them back. In the second the count never goes
# beyond three: when one leaves, the next comes in.
#
# One release too many
# --------------------
# A semaphore is a counter. ``release`` adds one, whoever calls it and however often,
# and a mistake raises the limit for good. A ``BoundedSemaphore`` refuses, though not on
# macOS, where :class:`it is no different <multiprocessing.BoundedSemaphore>`:

if __name__ == "__main__":
    for kind in (multiprocessing.Semaphore, multiprocessing.BoundedSemaphore):
        slots = kind(3)
        try:
            slots.release()
        except ValueError as error:
            print(f"{kind.__name__}: {error}")
        entered = 0
        while slots.acquire(block=False):
            entered += 1
        print(f"{kind.__name__}(3) has let in {entered}")

# %%
# What to do
# ----------
# - Take :class:`~multiprocessing.BoundedSemaphore` unless one process acquires and
#   another releases.
# - Use ``with``: it cannot release twice.
# - To run many tasks, three at a time, do not start a process for each and let them
#   wait. Take a pool of three workers: :doc:`/gallery/pools/executor_futures`.
# - As with :doc:`a lock </gallery/communication/one_at_a_time>`, a process that is
#   killed inside never gives its place back.
