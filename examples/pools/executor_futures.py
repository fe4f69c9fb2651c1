"""
A future for each task
======================

:meth:`ProcessPoolExecutor.submit <concurrent.futures.Executor.submit>` returns at
once with a :class:`~concurrent.futures.Future`: a handle that knows whether its task
is done, and keeps the result, or the exception, until you ask.

With a handle for each task you choose what to wait for: all of them, the next one,
the first that fails.
"""

# sphinx_gallery_tags = ["ProcessPoolExecutor"]

import time
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, as_completed, wait


def weigh(name, seconds):
    time.sleep(seconds)
    if name == "feather":
        raise ValueError("too light")
    return f"the {name} took {seconds} s"


TASKS = {"stone": 0.6, "feather": 0.2, "apple": 0.4}

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=3) as executor:
        futures = {executor.submit(weigh, *task): task[0] for task in TASKS.items()}
        print("submitted, done:", [future.done() for future in futures])

        for future in as_completed(futures):
            if error := future.exception():
                print(f"{futures[future]}: {type(error).__name__}: {error}")
            else:
                print(f"{futures[future]}: {future.result()}")

# %%
# :func:`~concurrent.futures.as_completed` yields the futures as they finish. A
# dictionary from future to name is the usual way to know which one it was. One task
# failed; the others were not disturbed, and nothing was raised here, because the
# exception was asked for with ``exception()``. Calling ``result()`` would have raised
# it.
#
# Waiting for the first only
# --------------------------
# :func:`~concurrent.futures.wait` returns two sets.

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=3) as executor:
        futures = [executor.submit(weigh, "stone", s) for s in (0.5, 0.1, 0.3)]
        done, pending = wait(futures, return_when=FIRST_COMPLETED)
        print("first:", [future.result() for future in done])
        print("still pending:", len(pending))

# %%
# And ``map`` is there too, in order, with one iterable for each argument. Unlike
# ``Pool.map`` it returns an iterator at once, and takes several arguments without a
# ``starmap``:

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as executor:
        results = executor.map(weigh, ["stone", "apple"], [0.3, 0.1])
        print("map returned a", type(results).__name__)
        print(*results, sep="\n")

# %%
# Pool or executor?
# -----------------
# Take the executor unless you miss something. It notices a dead worker
# (:doc:`/gallery/pools/killed_worker`), its workers may start processes of their own
# (:doc:`/gallery/pools/nested_pools`), the end of its block waits
# (:doc:`/gallery/pools/leaving_the_block`), and the same code runs on threads or
# interpreters by changing a class name.
#
# The ``Pool`` has ``imap_unordered``, a ``map`` that chooses its chunks
# (:doc:`/gallery/pools/chunk_size`), and ``terminate``, which ends running tasks; an
# executor has that since Python 3.14 (:doc:`/gallery/pools/time_limits`).
