"""
The child that cannot be joined
===============================

A process that has put much into a queue does not end before somebody gets it out. A
parent that joins first and gets later waits for ever.
"""

# sphinx_gallery_tags = ["Process", "Queue", "deadlock", "default start method"]

import faulthandler
import multiprocessing


def produce(queue, has_put, size):
    queue.put(bytes(size))
    has_put.set()


if __name__ == "__main__":
    for size in (1_000, 60_000, 70_000, 1_000_000):
        queue, has_put = multiprocessing.Queue(), multiprocessing.Event()
        child = multiprocessing.Process(target=produce, args=(queue, has_put, size))
        child.start()
        has_put.wait()
        child.join(timeout=0.5)
        stuck = child.is_alive()
        queue.get()
        child.join()
        print(f"{size:>9,} bytes:", "STUCK until the parent got it" if stuck else "ok")

# %%
# What to look at
# ---------------
# Nothing changes but the size. On Linux the edge lies at 64 KiB, because that is what a
# pipe holds (https://man7.org/linux/man-pages/man7/pipe.7.html); other systems may
# differ. So the program passes its test with a small result, and hangs with a
# real one.
#
# Where the child waits
# ---------------------
# :mod:`faulthandler` shows it, half a second after the child has put its bytes:


def produce_and_tell(queue, has_put, size):
    produce(queue, has_put, size)
    faulthandler.dump_traceback_later(0.5)


if __name__ == "__main__":
    queue = multiprocessing.Queue()
    args = (queue, multiprocessing.Event(), 1_000_000)
    child = multiprocessing.Process(target=produce_and_tell, args=args)
    child.start()
    child.join(timeout=1.5)
    print("after 1.5 s the child is alive:", child.is_alive())
    queue.get()
    child.join()
    print("after get and join its exit code is", child.exitcode)

# %%
# Open the frames that are folded, and read the two stacks from the bottom. ``put``
# returned long ago; it only handed the bytes to a thread. That thread stands in
# ``_send``: the pipe is full and nobody reads. The main thread has left
# ``produce_and_tell`` and is about to end, but joins the thread first, lest the bytes be
# lost.
#
# What to do
# ----------
# Get first, join afterwards. If the parent does not know how much will come, let the
# child put a last item, ``None`` for instance, and get until it arrives.
#
# :meth:`~multiprocessing.Queue.cancel_join_thread` lets the child end at once, and
# throws away what is not yet in the pipe. That is seldom what you want. An executor
# (:doc:`/gallery/pools/executor_futures`) does not have this problem: it reads all the
# time.
#
# Said about this, and tested: :ref:`folklore-join-then-get`.
