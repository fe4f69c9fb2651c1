"""
Wait until something is true: Condition
=======================================

A condition joins a lock and a call to those who wait: look, under the lock, whether
what you need is true; if not, sleep until somebody says that it may have changed.

A baker fills a shelf that holds two loaves. A guest takes them.
"""

# sphinx_gallery_tags = ["Process", "Condition", "Value", "default start method"]

import multiprocessing
import time


def bake(loaves, changed):
    for number in range(1, 6):
        with changed:
            changed.wait_for(lambda: loaves.value < 2)
            loaves.value += 1
            print(f"baked loaf {number}, on the shelf: {loaves.value}")
            changed.notify_all()


def eat(loaves, changed):
    for number in range(1, 6):
        with changed:
            changed.wait_for(lambda: loaves.value > 0)
            loaves.value -= 1
            print(f"ate loaf {number}, on the shelf: {loaves.value}")
            changed.notify_all()
        time.sleep(0.1)


if __name__ == "__main__":
    changed = multiprocessing.Condition()
    loaves = multiprocessing.Value("i", 0, lock=False)
    baker = multiprocessing.Process(target=bake, args=(loaves, changed), name="baker")
    guest = multiprocessing.Process(target=eat, args=(loaves, changed), name="guest")
    baker.start()
    guest.start()
    baker.join()
    guest.join()

# %%
# The shelf never holds more than two, nor less than none. When it is full the baker
# sleeps, and when it is empty the guest does. The ``Value`` needs no lock of its own:
# who looks at it or changes it holds the condition's.
#
# A call that nobody hears
# ------------------------
# ``notify_all`` wakes those who sleep at that moment. It is not kept for those who come
# later. A bare ``wait`` can miss it; ``wait_for`` looks before it sleeps:

if __name__ == "__main__":
    with changed:
        loaves.value = 1
        changed.notify_all()
    with changed:
        print("wait:    ", changed.wait(timeout=0.5))
        print("wait_for:", changed.wait_for(lambda: loaves.value > 0, timeout=0.5))

# %%
# What to look at
# ---------------
# The loaf was there all the time. ``wait`` slept through the whole timeout beside it,
# and without a timeout it would have slept for ever.
#
# What to do
# ----------
# - Always ``wait_for``, with the lock held, and with a function that looks at shared
#   state: a :func:`~multiprocessing.Value`, not a global variable, of which each
#   process has its own.
# - Change that state only with the lock held, and notify in the same block.
# - If all you want is a shelf, take ``multiprocessing.Queue(maxsize=2)``:
#   :doc:`/gallery/communication/queue_of_work`. A condition is for what no ready-made
#   tool says, such as *until both queues are short*.
