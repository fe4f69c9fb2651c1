"""
At most 61 workers on Windows
=============================

Windows waits for 63 things at once, so :class:`~concurrent.futures.ProcessPoolExecutor`
takes at most 61 workers there, and a larger ``Pool`` breaks before Python 3.13.

The executor says so when it is made.
"""

# sphinx_gallery_needs = ["windows", "python<3.13"]
# sphinx_gallery_timeout = 180
# sphinx_gallery_tags = ["spawn", "Windows", "ValueError", "Pool", "ProcessPoolExecutor"]

import multiprocessing
import os
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor

# sphinx_gallery_start_ignore
if sys.platform != "win32" or sys.version_info >= (3, 13):
    print("This example needs Windows, and a Python before 3.13.")
    raise SystemExit
# sphinx_gallery_end_ignore

if __name__ == "__main__":
    for workers in (61, 62):
        try:
            ProcessPoolExecutor(workers)
            print(workers, "workers: no error")
        except ValueError as error:
            print(f"{workers} workers: ValueError: {error}")

# %%
# A ``Pool`` does not look. Its thread that watches the workers waits for each of them,
# and for two things more:


def threads_of_the_pool():
    return sorted(
        thread.name.partition("(")[2].rstrip(")")
        for thread in threading.enumerate()
        if "_handle_" in thread.name
    )


if __name__ == "__main__":
    pool = multiprocessing.Pool(64)
    deadline = time.monotonic() + 60
    while "_handle_workers" in threads_of_the_pool() and time.monotonic() < deadline:
        time.sleep(0.1)
    print("threads of the pool that are left:", *threads_of_the_pool())

# %%
# The exception is printed, and nobody gets it. The thread is gone, and with it whoever
# replaces workers and closes the pool: ``pool.close()`` and ``pool.join()`` never return.

if __name__ == "__main__":
    workers = multiprocessing.active_children()
    for worker in workers:
        worker.kill()
    for worker in workers:
        worker.join()
    sys.stdout.flush()
    os._exit(0)

# %%
# What to look at
# ---------------
# 64 workers and two more are the "sequence of length 66". Who computes the number of
# workers from :func:`os.cpu_count` meets this on a large machine only. Write
# ``min(61, os.cpu_count())``.
#
# Since Python 3.13 a ``Pool`` may have more (https://github.com/python/cpython/issues/89240).
# The executor's limit is still there.
