# /// script
# requires-python = ">=3.11"
# dependencies = ["distributed"]
# ///
"""
Beyond one machine: Dask
========================

On a `Dask cluster <https://distributed.dask.org/>`__ ``executor.submit`` becomes
``client.submit``, and a worker may be on any machine that can reach the scheduler by
TCP. Each task then costs a message through the scheduler, and a lost worker costs
only time.

This is a whole cluster on one machine: a scheduler and two workers, started as
programs of their own, that talk by TCP on 127.0.0.1. On several machines the same
commands run on each, with another address.
"""

# sphinx_gallery_needs = ["distributed"]
# sphinx_gallery_tags = ["Dask", "ProcessPoolExecutor", "TCP", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("distributed") is None:
    print("This example needs distributed (Dask), which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore


def crunch(start):
    """Some tens of milliseconds of pure Python."""
    return sum(n * n % 7 for n in range(start, start + 300_000))


def timed(run):
    start = time.perf_counter()
    result = run()
    return result, time.perf_counter() - start


@contextlib.contextmanager
def dask_cluster(workers):
    """Yield a client, and the processes of the workers; end them all."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        log = stack.enter_context(Path(folder, "log").open("w"))
        contact = str(Path(folder, "scheduler.json"))

        def start(part, *options):
            command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *options]
            command += ["--scheduler-file", contact, "--host", "127.0.0.1"]
            command += ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
            process = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        scheduler = start("scheduler", "--port", "0", "--protocol", "tcp")
        options = ["--nthreads", "1", "--no-nanny", "--death-timeout", "20"]
        options += ["--local-directory", folder]
        processes = [start("worker", *options) for _ in range(workers)]
        deadline = time.monotonic() + 20
        while not os.path.exists(contact):
            if scheduler.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the scheduler did not start")
            time.sleep(0.05)
        client = Client(scheduler_file=contact, timeout=20)
        stack.callback(client.close)
        client.wait_for_workers(workers, timeout=20)
        yield client, processes


starts = range(20)
few = range(200)

if __name__ == "__main__":
    # The pool first: importing Dask's client starts threads, and the pool may fork.
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(time.sleep, [0.1, 0.1]))
        local, pool_work = timed(lambda: list(pool.map(crunch, starts)))
        _, pool_tiny = timed(lambda: list(pool.map(abs, few)))

    from distributed import Client

    with dask_cluster(2) as (client, processes):
        worker_addresses = client.scheduler_info()["workers"]
        print("scheduler:", client.scheduler.address.rpartition(":")[0])
        print("workers:  ", [a.rpartition(":")[0] for a in worker_addresses])
        pids = client.run(os.getpid).values()
        print("processes of their own:", len({os.getpid(), *pids}) == 3)

        remote, dask_work = timed(
            lambda: client.gather(client.map(crunch, starts, pure=False))
        )
        _, dask_tiny = timed(lambda: client.gather(client.map(abs, few, pure=False)))
        print("same results:", remote == local)

        futures = client.map(crunch, starts, pure=False)
        processes[0].kill()
        print("one worker killed, same results:", client.gather(futures) == local)

    print("                   real work    one tiny task")
    for name, work, tiny in [
        ("pool of processes", pool_work, pool_tiny),
        ("Dask cluster", dask_work, dask_tiny),
    ]:
        print(f"{name:18} {work:8.2f} s {tiny / len(few) * 1e6:11.0f} us")
    print(f"Dask, pool = 1     {dask_work / pool_work:8.2f}", end=" ")
    print(f"{dask_tiny / pool_tiny:13.2f}")

# %%
# What changes in the code
# ------------------------
# ``submit``, ``map`` and ``gather`` instead of ``submit``, ``map`` and ``result``. A
# function of the main file is sent by value; one from a module is sent by name, so
# the module must be installed on every machine, with the same versions of Python and
# of the libraries. ``pure=False`` says that a second call with the same arguments is
# to run again: by default Dask takes equal calls for one, and keeps the result.
#
# What it costs
# -------------
# The cluster has to be started, watched and kept to one set of versions. The last line
# says how many times as long Dask took as the pool: for tasks with real work in them,
# and for tiny ones, which are nearly all overhead. Whoever reaches the scheduler can run code on your machines: bind it
# to a private address, or `use TLS <https://distributed.dask.org/en/latest/tls.html>`__.
#
# When it is worth it
# -------------------
# When one machine is not enough, tasks take tens of milliseconds or more, and the
# data is already where the workers can read it. A killed worker is noticed, and its
# tasks run again on another, which no pool of the standard library does. Not for ever:
# a task that has taken several workers along is given up with ``KilledWorker``. How
# many, the setting below says; it is ``distributed.scheduler.allowed-failures`` (`Dask's
# configuration <https://distributed.dask.org/en/latest/killed.html>`__).

if __name__ == "__main__":
    import dask

    print(
        "allowed failures:", dask.config.get("distributed.scheduler.allowed-failures")
    )

# %%
# On one machine a pool is simpler.
