# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["ray"]
# ///
"""
Beyond one machine: Ray's Pool
==============================

:class:`multiprocessing.pool.Pool` has a twin that works on a `Ray
<https://docs.ray.io/>`__ cluster, and changing over is a matter of one import. What
is behind the import is not: several server processes, seconds to start, and a memory
store for objects.

This is a Ray cluster of one machine, on 127.0.0.1, without its dashboard and without
telemetry. With more machines the program is the same and connects to an address.
"""

# sphinx_gallery_needs = ["ray"]
# sphinx_gallery_tags = ["Ray", "Pool", "TCP", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 120

import importlib.util
import multiprocessing
import os
import tempfile
import textwrap
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("ray") is None:
    print("This example needs Ray, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore


def crunch(start):
    """Some tens of milliseconds of pure Python."""
    return sum(n * n % 7 for n in range(start, start + 300_000))


def nothing(n):
    return n


def timed(run):
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


starts = range(20)
few = range(200)


def measure(pool):
    """Return the results, and the seconds for real work and for tiny tasks."""
    pool.map(time.sleep, [0.1, 0.1], chunksize=1)  # the workers are up
    results, work = timed(lambda: pool.map(crunch, starts, chunksize=1))
    _, tiny = timed(lambda: pool.map(nothing, few, chunksize=1))
    return results, work, tiny


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        local, local_work, local_tiny = measure(pool)

# %%
# Now Ray. Nearly everything in this cell is about the cluster: what it may use, where
# it listens, where it keeps its files. The second variable, with its odd name, keeps
# all its servers on 127.0.0.1; on Linux they would listen on every interface. The third
# is for ``uv run``: Ray would start its workers by that, too, and without the libraries
# that this script declares.

if __name__ == "__main__":
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"
    os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"

    import ray
    from ray.util.multiprocessing import Pool as RayPool

    with tempfile.TemporaryDirectory() as folder:
        _, start_seconds = timed(
            lambda: ray.init(
                num_cpus=2,
                include_dashboard=False,
                _temp_dir=folder,
                object_store_memory=80 * 2**20,
                logging_level="ERROR",
                log_to_driver=False,
            )
        )
        try:
            print("node:", ray.util.get_node_ip_address())
            with RayPool(2) as pool:
                remote, ray_work, ray_tiny = measure(pool)
            print("same results:", remote == local)
        finally:
            _, stop_seconds = timed(ray.shutdown)

    print(f"start {start_seconds:.1f} s, end {stop_seconds:.1f} s")
    print("                    real work    one tiny task")
    for name, work, tiny in [
        ("multiprocessing", local_work, local_tiny),
        ("Ray", ray_work, ray_tiny),
    ]:
        print(f"{name:18} {work:9.2f} s {tiny / len(few) * 1e6:11.0f} us")
    print(f"Ray, the other = 1 {ray_work / local_work:9.2f}", end=" ")
    print(f"{ray_tiny / local_tiny:13.2f}")

# %%
# What changes in the code
# ------------------------
# The import. ``map``, ``starmap``, ``imap``, ``apply_async`` and the initializer are
# there under the same names. The workers are Ray actors, and the start method of
# :mod:`multiprocessing` has no say. How is a function sent? Its pickle tells: by name,
# if a module has it that can be imported, and then every machine needs that module; by
# value, code and all, if it is a lambda or stands in the main file.

if __name__ == "__main__":
    for title, function in {
        "textwrap.dedent": textwrap.dedent,
        "a lambda": lambda n: n,
        "nothing, of this file": nothing,
    }.items():
        sent = ray.cloudpickle.dumps(function)
        how = "by name" if len(sent) < 100 else "by value"
        print(f"{title:22} {len(sent):4} bytes, {how}")

# %%
#
# What it costs
# -------------
# The line above the table has the seconds that the cluster took to start: that is paid
# once, and a cluster is used for long. The last line says how many times as long Ray
# took as the standard pool. A tiny task is nearly all overhead, so its number is what
# each task pays; with real work in the task the number is close to 1. Ray
# is a large dependency that brings its own servers, and it comes later to a new Python
# than the standard library does: release 2.60 has no wheels for Python 3.15.
# Whoever reaches its ports can run code: keep them on a `private network
# <https://docs.ray.io/en/latest/ray-security/index.html>`__.
#
# When it is worth it
# -------------------
# When a program that uses a ``Pool`` has outgrown its machine and you want to try
# several without rewriting it; or when you need the rest of Ray anyway. Otherwise
# stay with the standard pool.
