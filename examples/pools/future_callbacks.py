"""
Callbacks, the first error, and futures of your own
===================================================

A future can call you when it is done, with
:meth:`~concurrent.futures.Future.add_done_callback`. The call comes in a thread of the
parent, and an exception in it is only logged: so keep it short.
"""

# sphinx_gallery_tags = ["ProcessPoolExecutor", "callback", "FIRST_EXCEPTION"]

import logging
import os
import sys
import threading
import time
from concurrent.futures import (
    FIRST_EXCEPTION,
    Future,
    InvalidStateError,
    ProcessPoolExecutor,
    wait,
)


def weigh(name, seconds):
    time.sleep(seconds)
    if name == "feather":
        raise ValueError("too light")
    return f"the {name} took {seconds} s"


def tell(future):
    here = f"parent {os.getpid() == parent}"
    main = threading.current_thread() is threading.main_thread()
    outcome = future.exception() or future.result()
    print(f"callback ({here}, main thread {main}): {outcome!r}")


def careless(future):
    raise RuntimeError("a mistake in the callback")


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stdout, format="logged: %(name)s %(message)s")
    parent = os.getpid()
    with ProcessPoolExecutor(2) as executor:
        for task in (("stone", 0.3), ("feather", 0.1)):
            executor.submit(weigh, *task).add_done_callback(tell)
        future = executor.submit(weigh, "apple", 0.1)
        future.add_done_callback(careless)
    print("the result is unharmed:", future.result())
    future.add_done_callback(tell)

# %%
# The last call came at once, and in the main thread: the future was done already.
#
# Until the first error
# ---------------------
# :func:`~concurrent.futures.wait` can return when the first task has failed. It stops
# nothing: what is left is yours to cancel.

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        tasks = [("stone", 0.4), ("feather", 0.1), *[("apple", 0.1)] * 6]
        futures = [executor.submit(weigh, *task) for task in tasks]
        done, pending = wait(futures, return_when=FIRST_EXCEPTION)
        failed = [future for future in done if future.exception()]
        print("failed:", *[repr(future.exception()) for future in failed])
        print(f"done {len(done)}, pending {len(pending)}, cancelled", end=" ")
        print(sum(future.cancel() for future in pending))

# %%
# A future has one result
# -----------------------
# Executors make the futures. Who makes one by hand, for a test or an executor of his
# own, may set its result once:

if __name__ == "__main__":
    future = Future()
    future.set_result(1)
    try:
        future.set_result(2)
    except InvalidStateError as error:
        print("InvalidStateError:", str(error).partition(":")[0])
    print("result:", future.result())

# %%
# What to do
# ----------
# - In a callback: put the future into a queue, set an event, submit the next task. Not:
#   wait for another future of the same executor.
# - Look at exceptions yourself. A callback that calls ``result()`` of a failed task
#   raises, and the log is all that tells of it.
