"""
A task that uses its own executor
=================================

A task that gives more tasks to its own executor and waits for them can wait for ever:
it keeps its worker busy, and if all workers are so kept, there is none to do the
new tasks. No error says so. With threads it happens at the first try; with processes
the executor cannot even be sent to the worker.
"""

# sphinx_gallery_tags = ["ProcessPoolExecutor", "ThreadPoolExecutor", "deadlock"]
# sphinx_gallery_timeout = 60

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait


def leaf(n):
    return n * n


def node(executor, limit):
    """Wait for two leaves that the same executor is to compute."""
    start = time.perf_counter()
    parts = [executor.submit(leaf, n) for n in (3, 4)]
    done, pending = wait(parts, timeout=limit)
    for part in pending:
        part.cancel()
    seconds = time.perf_counter() - start
    return f"{len(done)} of 2 parts came, after {seconds:.1f} s"


if __name__ == "__main__":
    for workers, nodes in ((2, 1), (2, 2)):
        with ThreadPoolExecutor(workers) as executor:
            limits = (1, 3)[:nodes]
            futures = [executor.submit(node, executor, limit) for limit in limits]
            for future in futures:
                print(f"{workers} workers, {nodes} such tasks:", future.result())

# %%
# With one such task there is a worker left for its parts. With two, each has a worker
# and waits, and nothing moves. The first has a limit of one second: then it gives up, its
# worker is free, and the parts of the other are done at last. Without a limit nothing
# would ever happen again. So the program passes its tests, and hangs when it is used
# more.
#
# With processes
# --------------

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        error = executor.submit(node, executor, 1).exception()
        print(f"{type(error).__name__}:", str(error).splitlines()[0])

# %%
# An executor cannot be pickled. Under fork a task might find it in a global variable:
# that is a copy without the threads that it needs, and hangs as well
# (:doc:`/gallery/fork_safety/thread_pool_in_parent`).
#
# The mend
# --------
# Let the parent hand out the parts and put them together. No task waits for another:

if __name__ == "__main__":
    start = time.perf_counter()
    with ProcessPoolExecutor(2) as executor:
        parts = [[executor.submit(leaf, n) for n in (3, 4)] for _ in range(8)]
        sums = [sum(part.result() for part in pair) for pair in parts]
    print(f"{len(sums)} sums of {set(sums)}, after {time.perf_counter() - start:.1f} s")

# %%
# What to do
# ----------
# - A flat list of tasks, as above and in :doc:`/gallery/pools/nested_pools`.
# - If a task's result decides what comes next, let the parent submit it when the result
#   is there (:func:`~concurrent.futures.as_completed`, or a callback:
#   :doc:`/gallery/pools/future_callbacks`).
# - If tasks must wait for tasks, give each level an executor of its own.
