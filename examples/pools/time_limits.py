"""
Time limits
===========

A timeout bounds how long you wait, not how long the task runs: after
:exc:`TimeoutError` the worker is still at it. To end a running task, end its process.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "Process"]
# sphinx_gallery_timeout = 90

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor


def slow(name, seconds=0.6):
    time.sleep(seconds)
    print(f"{name}: still did its work")
    return name


if __name__ == "__main__":
    with ProcessPoolExecutor(1) as executor:
        running = executor.submit(slow, "the running one")
        others = [executor.submit(slow, f"number {n}") for n in (2, 3, 4)]
        try:
            running.result(timeout=0.3)
        except TimeoutError as error:
            print("gave up waiting:", type(error).__name__)
        print("cancel the running one:", running.cancel())
        print("cancel the others:", [future.cancel() for future in others])

# %%
# :meth:`~concurrent.futures.Future.cancel` can only take back a task that has not been
# handed over, and the executor hands over a little more than it has workers, to keep
# them busy. So ``False`` may come for a task that has not begun.
#
# ``Pool`` raises another exception, which ``except TimeoutError`` does not catch:

if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        promise = pool.apply_async(slow, ("a task of the Pool",))
        try:
            promise.get(timeout=0.3)
        except multiprocessing.TimeoutError as error:
            print("is it a TimeoutError?", isinstance(error, TimeoutError))
    time.sleep(0.6)
    print("this task was ended: the block terminates the pool")

# %%
# The end of the block ended a *running* task. It is no way out of everything: if a
# worker was killed while it had nothing to do, ``terminate`` itself may wait for ever
# (:doc:`/gallery/pools/killed_while_idle`).
#
# An executor has :meth:`~concurrent.futures.ProcessPoolExecutor.kill_workers` and
# :meth:`~concurrent.futures.ProcessPoolExecutor.terminate_workers` since Python 3.14.
# Its workers are children of this process like others, so an older Python can end them
# one by one. Either way all its workers end, and all its tasks with them:

if __name__ == "__main__":
    executor = ProcessPoolExecutor(2)
    futures = [executor.submit(slow, name, 20) for name in ("left", "right")]
    time.sleep(0.3)
    start = time.perf_counter()
    if hasattr(executor, "kill_workers"):
        way = "kill_workers"
        executor.kill_workers()
    else:
        way = "active_children, kill"
        for child in multiprocessing.active_children():
            child.kill()
    for future in futures:
        print(f"{way}:", type(future.exception()).__name__)
    executor.shutdown()
    seconds = time.perf_counter() - start
    print(f"tasks of 20 seconds, ended in {seconds:.1f}")

# %%
# A limit for each task
# ---------------------
# If tasks are long and each needs a limit of its own, a pool is the wrong tool: one
# process for each task can be ended without harm to the others.


def send_result(pipe, function, args):
    pipe.send(function(*args))


def run_with_limit(limit, function, *args):
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=send_result, args=(theirs, function, args))
    process.start()
    theirs.close()
    try:
        if not ours.poll(limit):
            process.kill()
            raise TimeoutError(f"no result within {limit} s")
        return ours.recv()
    finally:
        process.join()


if __name__ == "__main__":
    for seconds in (0.1, 5):
        try:
            print("result:", run_with_limit(0.5, slow, f"{seconds} s", seconds))
        except TimeoutError as error:
            print("TimeoutError:", error)

# %%
# What to look at
# ---------------
# "Still did its work" was printed after the parent had given up, and the first block
# could not be left before. Whatever that task writes, it writes after you thought it
# was over.
#
# In ``run_with_limit`` the parent closes its copy of the child's end, so that a child
# which dies without an answer shows at once, as :exc:`EOFError`. A killed process
# cleans nothing up: use it for work that can be thrown away, and
# :meth:`~multiprocessing.Process.terminate` where the child must get a chance.
#
# Said about this, and tested: :ref:`folklore-timeout-ends`.
