# /// script
# requires-python = ">=3.12"
# dependencies = ["distributed"]
# ///
"""
Dask on three hosts: one dies, one is cut off
=============================================

A worker that dies is noticed at once, because its host says goodbye for it. A host
whose cable is pulled says nothing. How long its tasks are waited for is a setting, and
the default is long.

Three hosts on one machine: network namespaces with an address each and a switch
between them. The first has the scheduler and this program.
"""

# sphinx_gallery_by_hand = "it makes three hosts of network namespaces, as root"
# sphinx_gallery_needs = ["linux", "python>=3.12", "distributed"]
# sphinx_gallery_tags = ["Dask", "TCP", "SIGKILL", "Linux", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 300

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (
    importlib.util.find_spec("distributed")
    and hasattr(os, "unshare")
    and os.geteuid() == 0
):
    print(
        "This example needs distributed (Dask), Linux, root and Python 3.12 or newer."
    )
    sys.exit()
# sphinx_gallery_end_ignore


def ip(command):
    subprocess.run(["ip", *command.split()], check=True)


@contextlib.contextmanager
def hosts(*names):
    """Become 10.77.0.1; yield names of other hosts, 10.77.0.2 and so on."""
    os.unshare(os.CLONE_NEWNET | os.CLONE_NEWNS)  # no network at all from here on
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    ip("link add switch type bridge")
    ip("addr add 10.77.0.1/24 dev switch")
    for device in ("lo", "switch"):
        ip(f"link set {device} up")
    with contextlib.ExitStack() as stack:
        for number, name in enumerate(names, 2):
            ip(f"netns add {name}")
            stack.callback(ip, f"netns del {name}")
            ip(f"link add cable-{name} type veth peer eth0 netns {name}")
            ip(f"link set cable-{name} master switch up")
            ip(f"-n {name} addr add 10.77.0.{number}/24 dev eth0")
            for device in ("lo", "eth0"):
                ip(f"-n {name} link set {device} up")
        yield names


@contextlib.contextmanager
def dask_on(names, settings):
    """Yield a client, and the worker's process on each host; end them all."""
    environment = {**os.environ, **settings}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        log = stack.enter_context(Path(folder, "log").open("w"))

        def start(before, part, *options):
            command = [*before, sys.executable, "-m", f"distributed.cli.dask_{part}"]
            command += [*options, "--no-dashboard", "--dashboard-address", ":0"]
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=folder
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        start([], "scheduler", "--host", "10.77.0.1", "--port", "8786")
        time.sleep(3)
        workers = []
        for number, name in enumerate(names, 2):
            options = ["tcp://10.77.0.1:8786", "--host", f"10.77.0.{number}"]
            options += ["--name", name, "--nthreads", "1", "--no-nanny"]
            inside = ["ip", "netns", "exec", name]
            workers.append(start(inside, "worker", *options))
        client = Client("tcp://10.77.0.1:8786", timeout=30)
        stack.callback(client.close)
        client.wait_for_workers(len(names), timeout=30)
        yield client, workers


def crunch(number):
    time.sleep(0.2)
    return number * number


def listed(client):
    return sorted(
        worker["name"] for worker in client.scheduler_info()["workers"].values()
    )


def until(condition, limit):
    """Wait for a condition; return the seconds it took, or None after the limit."""
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > limit:
            return None
        time.sleep(0.1)
    return time.monotonic() - start


numbers = range(60)
right = [number * number for number in numbers]

if __name__ == "__main__":
    from distributed import Client

    network = contextlib.ExitStack()
    names = network.enter_context(hosts("host2", "host3"))

    with dask_on(names, {}) as (client, workers):
        print("workers on", sorted(client.scheduler_info()["workers"]))
        futures = client.map(crunch, numbers, pure=False)
        time.sleep(1)
        workers[0].kill()
        taken = until(lambda: len(listed(client)) == 1, 60)
        print(
            f"one killed: gone from the list within {taken:.0f} s, left {listed(client)}"
        )
        print("all results:", client.gather(futures) == right)

# %%
# Killing the process closes its connections: the kernel of its host does that, and the
# scheduler reads it. What it had to do runs again on the other.
#
# The cable
# ---------
# Now nothing is closed. The host is there, its worker goes on, and no packet comes.


def cut_off(settings):
    with dask_on(names, settings) as (client, _):
        futures = client.map(crunch, numbers, pure=False)
        time.sleep(1)  # some results are on that host by now
        ip("link set cable-host2 down")
        time.sleep(20)
        print(f"20 s later the list has {listed(client)}")
        seconds = 20 + until(lambda: len(listed(client)) == 1, 200)
        print(f"noticed within {seconds:.0f} s")
        print("all results:", client.gather(futures) == right)
        ip("link set cable-host2 up")
        until(lambda: len(listed(client)) == 2, 15)
        print("plugged in again, and 15 s later:", listed(client))


if __name__ == "__main__":
    import dask

    for name in ("comm.timeouts.tcp", "scheduler.worker-ttl"):
        print(f"distributed.{name} is", dask.config.get(f"distributed.{name}"))
    cut_off({})

# %%
# Twenty seconds later both are listed. Some results are on the host that cannot be
# reached: a result stays where it was made until somebody asks for it. When the loss is
# noticed, they are made again. The worker itself did not come back with the cable;
# something has to start it again.
#
# Two settings decide when: how long a silent connection is trusted, and how long a
# worker without heartbeats. The first takes no less than 11 seconds.

if __name__ == "__main__":
    print("comm.timeouts.tcp of 12 s")
    cut_off({"DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "12s"})
    print("scheduler.worker-ttl of 10 s")
    cut_off({"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s"})
    network.close()

# %%
# What to do
# ----------
# * Set ``distributed.scheduler.worker-ttl`` to what you can wait, but longer than any
#   task that holds the GIL: a worker that cannot answer is taken for lost, too.
# * A wait of your own needs a limit: ``future.result(timeout=...)``, ``wait(futures,
#   timeout=...)``.
# * Whoever was cut off may still be at work. What a task does outside, such as writing
#   a file, is done twice.
# * The scheduler itself `is not replaced
#   <https://distributed.dask.org/en/stable/resilience.html>`__: with its host the work
#   is lost.
#
# What each of them costs without accidents: :doc:`/gallery/beyond/dask_cluster`.
