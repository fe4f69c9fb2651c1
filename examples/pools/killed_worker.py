"""
A worker is killed
==================

When a worker of a ``Pool`` dies in the middle of a task, the pool starts another
worker, forgets the task, and waits for its result for ever. A
``ProcessPoolExecutor`` raises :exc:`~concurrent.futures.process.BrokenProcessPool`.

The usual killer is the system, when memory runs out. Here the task kills its own
process, with the same signal.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "fork", "spawn", "forkserver"]
# sphinx_gallery_timeout = 60

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def risky(n):
    if n == 2:
        print(f"task {n}: this process is about to be killed")
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    time.sleep(0.1)
    return n * n


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        before = {child.pid for child in multiprocessing.active_children()}
        promise = pool.map_async(risky, range(4), chunksize=1)
        try:
            print(promise.get(timeout=2))
        except multiprocessing.TimeoutError:
            print("Pool.map has no result after 2 seconds; it would wait for ever")

        after = {child.pid for child in multiprocessing.active_children()}
        print("workers that are new since the start:", len(after - before))
        print("another task:", pool.apply_async(risky, (5,)).get(timeout=2))

# %%
# The pool looks healthy. The dead worker has been replaced and new tasks are served;
# only the one result will never come, and with it neither will the list. This is an
# old and open bug: https://github.com/python/cpython/issues/66587.
#
# That new tasks are served holds for a worker that dies *in a task*. One that is killed
# while it waits for work may take the whole pool along, and its ``terminate``:
# :doc:`/gallery/pools/killed_while_idle`.
#
# The executor watches its workers as well as their answers:

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        futures = [executor.submit(risky, n) for n in range(4)]
        for n, future in enumerate(futures):
            try:
                print(f"task {n}: result", future.result())
            except BrokenProcessPool as error:
                print(f"task {n}:", type(error).__name__)
                broken = error
        print(broken)
        try:
            executor.submit(risky, 5)
        except BrokenProcessPool as error:
            print("another task:", error)

# %%
# Every task that had no result yet is lost, not only the one that was running in the
# dead worker, and the executor takes no more. Results that were there stay.
#
# Which process died, and of what?
# --------------------------------
# Since Python 3.15 the exception's cause may say it
# (https://github.com/python/cpython/issues/139462), if the executor learns the exit
# code in time. How often is that, with each start method?


def die(_):
    os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def cause_of_death(context):
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        cause = str(executor.submit(die, 0).exception().__cause__)
    lines = [line.strip("'\" ") for line in cause.splitlines()]
    return next((line for line in lines if "exit code" in line), None)


if __name__ == "__main__":
    for method in sorted(multiprocessing.get_all_start_methods()):
        context = multiprocessing.get_context(method)
        causes = [cause_of_death(context) for _ in range(8)]
        told = [cause for cause in causes if cause]
        print(f"{method}: {len(told)} of 8 causes name the exit code", *told[:1])

# %%
# Where the count is 0 for every method, this Python does not tell: it is older than
# 3.15. Elsewhere, do not build upon it.
#
# What to do
# ----------
# Trying again with a new executor is right if the machine was at fault, and leads
# nowhere if the task was. So give each task without a result one more chance, in an
# executor of its own, where it can take nobody along:

if __name__ == "__main__":
    for n, future in enumerate(futures):
        if isinstance(future.exception(), BrokenProcessPool):
            with ProcessPoolExecutor(1) as alone:
                error = alone.submit(risky, n).exception()
            print(f"task {n}, alone:", "killed again" if error else "went well")

# %%
# What to look at
# ---------------
# The ``Pool`` was silent and the executor spoke. If you must use a ``Pool``, use the
# methods that end in ``_async``, and a timeout longer than any honest run;
# ``Pool.map`` itself takes none.
#
# Said about this, and tested: :ref:`folklore-pool-notices`.
