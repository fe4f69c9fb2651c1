# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy"]
# ///
"""
Workers times threads
=====================

A numerical library starts a thread for each CPU by itself, so a pool with a worker
for each CPU has CPUs times CPUs threads that get in each other's way. Give each
worker its share of threads.

The task multiplies two matrices with NumPy, whose BLAS library has threads of its
own. How many, is read from the environment when the library is loaded; so the
variables are set here, before the workers start, and NumPy is imported in them only.
"""

# sphinx_gallery_needs = ["numpy"]
# sphinx_gallery_tags = ["Pool", "spawn", "NumPy", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import importlib.util
import multiprocessing
import os
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("numpy") is None:
    print("This example needs NumPy, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

VARIABLES = [
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
]


def multiply(size):
    import numpy as np

    matrix = np.random.default_rng(1).random((size, size))
    for _ in range(5):
        matrix @ matrix
    if not os.path.exists("/proc/self/task"):
        return "?", "?"
    return len(os.listdir("/proc/self/task")), len(os.sched_getaffinity(0))


def measure(workers, threads):
    for variable in VARIABLES:
        os.environ[variable] = str(threads)
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers) as pool:
        pool.map(multiply, [4] * 2 * workers, chunksize=1)  # import NumPy
        start = time.perf_counter()
        found, cpus = pool.map(multiply, [512] * 8, chunksize=1)[0]
        seconds = time.perf_counter() - start
    print(f"{workers:7} {threads:8} {found:>8} {cpus:>6} {seconds:8.2f} s")
    return seconds


if __name__ == "__main__":
    cpus = getattr(os, "process_cpu_count", os.cpu_count)()
    print(f"{cpus} CPUs")
    print("workers  allowed  threads   CPUs    8 tasks")
    *_, one_thread, all_threads = (
        measure(workers, threads)
        for workers, threads in [(1, 1), (1, cpus), (cpus, 1), (cpus, cpus)]
    )
    print(f"fourth row, third = 1: {all_threads / one_thread:.2f}")

# %%
# ``threads`` is what the first task found in its process: the main thread, and those
# of the library. ``CPUs`` is how many it may use after importing NumPy. `Old answers
# <https://stackoverflow.com/questions/15639779>`__ tell of a NumPy that bound the process
# to one; this column shows whether yours does.
#
# What to look at
# ---------------
# Compare the third row with the fourth. The work is the same and so are the CPUs; only
# the number of threads differs, and the last line says what that cost in this run. The
# threads of one multiplication wait for each other, and with too many of them some are
# always without a CPU. A number below 1 means that something else was using the machine.
#
# What to do
# ----------
# One worker for each CPU and one thread for each worker is a good start if there are
# many tasks; one process with all the threads, if there are few and large ones. Keep
# workers times threads at the number of CPUs.
#
# Set the variables in the shell, or at the top of the program before anything imports
# NumPy. Under ``fork`` they come too late in a child: it inherits the library as the
# parent loaded it. There `threadpoolctl <https://pypi.org/project/threadpoolctl/>`__
# can change the number at run time, and joblib limits its workers by
# itself: :doc:`/gallery/beyond/joblib_parallel`.
