"""
Keep what you share
===================

A lock or a queue that the parent does not keep is gone before a spawned child has it,
and the child ends with ``FileNotFoundError: [Errno 2] No such file or directory``.

``start`` sends the arguments to the child and forgets them. If nothing else holds the
lock, the parent destroys it. The child got its name only, and looks for it once its
interpreter has started.
"""

# sphinx_gallery_tags = ["Lock", "Queue", "fork", "spawn", "FileNotFoundError"]

import multiprocessing


def work(lock):
    with lock:
        print("the child has the lock")


def start_and_join(method):
    context = multiprocessing.get_context(method)
    process = context.Process(target=work, args=(context.Lock(),))
    process.start()
    process.join()
    print(f"{method}: exit code {process.exitcode}")


if __name__ == "__main__":
    if "fork" in multiprocessing.get_all_start_methods():
        start_and_join("fork")
    start_and_join("spawn")

# %%
# The traceback is the child's. It ends in ``SemLock._rebuild``, and names no file: what
# is missing is the semaphore behind the lock. A forked child has a copy of it and needs
# no name, so the same program works there.
#
# Kept
# ----
# A variable is enough, if it lives until the child has begun to work.

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    lock = context.Lock()
    process = context.Process(target=work, args=(lock,))
    process.start()
    process.join()
    print("exit code", process.exitcode)

# %%
# A function's own variable
# -------------------------
# It ends with the function. So a function that makes a lock or a queue, starts a
# process and returns without waiting for it has the same mistake:


def started(context):
    lock = context.Lock()
    process = context.Process(target=work, args=(lock,))
    process.start()
    return process


if __name__ == "__main__":
    process = started(context)
    process.join()
    print("exit code", process.exitcode)

# %%
# What to do
# ----------
# - Make locks and queues in the part of the program that joins the processes, or return
#   them together with the process, or keep them in the object that keeps it.
# - Do not rely on luck: who gets there first, the child or the end of the variable,
#   depends on the start method and on what else the machine does.
#
# Other reasons for a missing file: :ref:`error-stdin` and :ref:`error-psm-not-found`.
