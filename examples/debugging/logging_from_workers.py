"""
Logging from workers
====================

Let one process write the log, and let all others send it their records through a queue.
:class:`logging.handlers.QueueHandler` sends, :class:`logging.handlers.QueueListener`
writes.

Logging is configured for each process by itself. A forked child has its parent's
handlers, as a copy. A spawned child has none at all.
"""

# sphinx_gallery_tags = ["logging", "Queue", "spawn"]

import logging
import logging.handlers
import multiprocessing
import sys
import time

FORMAT = "%(processName)s %(levelname)s %(message)s"


def work(name):
    logging.info("%s: begin", name)
    time.sleep(0.1)
    logging.warning("%s: strange", name)


if __name__ == "__main__":
    logging.basicConfig(format=FORMAT, level=logging.INFO, stream=sys.stdout)
    logging.info("configured in the parent")
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=work, args=("unconfigured",))
    process.start()
    process.join()

# %%
# The child's ``INFO`` is lost. Its warning comes out, but in the default format and on
# stderr: nobody has configured logging in that process. This is what a program sees
# that moves away from fork.
#
# A queue
# -------
# Each worker gets a single handler, which puts records into a queue. The function that
# does it is the initializer, so it runs once in each worker. The listener is a thread
# of the parent that takes the records and gives them to the parent's real handlers.


def send_log_to(queue, level):
    root = logging.getLogger()
    root.handlers[:] = [logging.handlers.QueueHandler(queue)]
    root.setLevel(level)


if __name__ == "__main__":
    queue = context.Queue()
    handlers = logging.getLogger().handlers
    listener = logging.handlers.QueueListener(
        queue, *handlers, respect_handler_level=True
    )
    with context.Pool(2, send_log_to, (queue, logging.INFO)) as pool:
        listener.start()  # a thread, so after the workers: they may be forks
        pool.map(work, ["a", "b", "c", "d"], chunksize=1)
        pool.close()
        pool.join()
    listener.stop()

# %%
# What to look at
# ---------------
# Every line of the second run was written by the parent, though it bears the name of
# the worker that made it: the record carries ``processName`` and ``process``. So there
# is one file, one format, one rotation, and no line in the middle of another.
#
# What to mind
# ------------
# * ``close`` and ``join`` the pool before ``listener.stop()``. Leaving the ``with``
#   block terminates the workers, with whatever they had not sent yet.
# * A record is pickled. ``QueueHandler`` therefore formats the message first, and an
#   exception becomes text.
# * The lines stand in the order in which they arrived, not in that of their times.
# * Do not let several processes write to one file with a handler that rotates: each
#   renames it for itself. CPython's cookbook has more:
#   :ref:`python:multiple-processes`.
# * Under fork, a lock of a handler can be held by another thread at the moment of the
#   fork: :doc:`/gallery/fork_safety/logging_at_fork`.
