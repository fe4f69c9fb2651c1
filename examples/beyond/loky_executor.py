# /// script
# requires-python = ">=3.11"
# dependencies = ["loky"]
# ///
"""
loky: an executor that recovers
===============================

`loky <https://loky.readthedocs.io/>`__ is a ``ProcessPoolExecutor`` that takes
lambdas, can be used again after a worker was killed, and never forks the program
without an ``exec``. The rest of the code stays as it is.
"""

# sphinx_gallery_needs = ["loky"]
# sphinx_gallery_tags = ["loky", "ProcessPoolExecutor"]

import importlib.util
import os
import signal
import textwrap
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("loky") is None:
    print("This example needs loky, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

if __name__ == "__main__":
    from loky import get_reusable_executor

    executor = get_reusable_executor(max_workers=2)
    print("a lambda:", list(executor.map(lambda n: n * n, range(5))))

    offset = 100

    def add_offset(n):
        return n + offset

    print("a function under the guard:", list(executor.map(add_offset, range(3))))

# %%
# The standard executor refuses both, since a worker could not import them. loky sends
# such functions by value, with `cloudpickle
# <https://github.com/cloudpipe/cloudpickle>`__: their code and the globals they use.
#
# There is one executor for the whole program. Asking again returns it, with its
# workers still warm:

if __name__ == "__main__":
    for attempt in ("first", "second"):
        start = time.perf_counter()
        again = get_reusable_executor(max_workers=2)
        again.submit(os.getpid).result()
        milliseconds = (time.perf_counter() - start) * 1000
        print(f"{attempt} use: same executor {again is executor},", end=" ")
        print(f"{milliseconds:.1f} ms for a task")

# %%
# A killed worker
# ---------------

if __name__ == "__main__":
    from loky.process_executor import TerminatedWorkerError

    kill = getattr(signal, "SIGKILL", signal.SIGTERM)
    try:
        executor.submit(lambda: os.kill(os.getpid(), kill)).result()
    except TerminatedWorkerError as error:
        print(type(error).__name__)
        print(textwrap.fill(str(error), 80))

    executor = get_reusable_executor(max_workers=2)
    print("after asking again:", executor.submit(pow, 2, 10).result())
    executor.shutdown()

# %%
# The error says more than the standard one, and the next call to
# ``get_reusable_executor`` makes a new executor in place of the broken one. The tasks
# that were under way are still lost.
#
# What it costs
# -------------
# A dependency, and its own start method: loky starts fresh interpreters, which takes
# as long as ``spawn``. By-value functions are pickled anew with every task, so a
# function that uses a large global sends it along each time. And the workers stay
# until they have been idle for a while (``timeout``, in seconds) or the program ends.
#
# It is worth it in notebooks, where functions live in ``__main__``, and in long
# programs that must outlive a killed worker.
