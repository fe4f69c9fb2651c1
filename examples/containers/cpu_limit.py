"""
Half a CPU: what Python says
============================

A container's CPU limit is a quota of time, not a number of CPUs. No version of Python
looks at it: a pool starts as many workers as the machine has CPUs, and the kernel makes
them all wait. A limit that names the CPUs is seen.

The script puts itself into a control group with a limit, as a container is.
"""

# sphinx_gallery_by_hand = "it makes control groups with limits, as root, and asks several Pythons"
# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["Pool", "Linux", "container"]
# sphinx_gallery_parallel = False

import contextlib
import math
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not os.access(GROUPS / "cpu", os.W_OK):
    print("This example needs root, and control groups of version 1 on Linux.")
    sys.exit()
# sphinx_gallery_end_ignore

PYTHONS = os.environ.get("OTHER_PYTHONS", sys.executable).split()

ASK = """
import os, sys
import multiprocessing
print("%d.%-6d" % sys.version_info[:2], "%9d" % os.cpu_count(), end=" ")
print("%17s" % getattr(os, "process_cpu_count", str)(), end=" ")
print("%8d" % len(os.sched_getaffinity(0)), end=" ")
with multiprocessing.Pool() as pool:
    print("%6d" % len(multiprocessing.active_children()))
"""


@contextlib.contextmanager
def limited(controller, **limits):
    """Work in a control group with limits, and remove it afterwards."""
    group = GROUPS / controller / f"example-{os.getpid()}"
    group.mkdir()
    for name, value in limits.items():
        (group / f"{controller}.{name}").write_text(str(value))
    (group / "cgroup.procs").write_text("0")  # 0 is whoever writes
    try:
        yield group
    finally:
        for pid in (group / "cgroup.procs").read_text().split():
            with contextlib.suppress(ProcessLookupError):  # it has ended since
                (GROUPS / controller / "cgroup.procs").write_text(pid)
        group.rmdir()


def ask_all():
    print("Python   cpu_count process_cpu_count affinity Pool()")
    for python in PYTHONS:
        command = [python, "-c", ASK]
        print(subprocess.check_output(command, text=True), end="")


if __name__ == "__main__":
    print("no limit")
    ask_all()
    print("half a CPU, as docker run --cpus 0.5")
    with limited("cpu", cfs_period_us=100_000, cfs_quota_us=50_000):
        ask_all()
    print("CPU 0 only, as docker run --cpuset-cpus 0")
    with limited("cpuset", mems=0, cpus=0):
        ask_all()

# %%
# The quota changes nothing in what Python says. With named CPUs the affinity shrinks;
# ``os.process_cpu_count``, which pools ask since 3.13, says so, and ``os.cpu_count``,
# which they asked before, does not.
#
# What a quota does
# -----------------
# Who has used up the quota waits for the next period of a tenth of a second, all
# processes of the container together. The kernel counts how often:


def compute(_):
    return sum(range(2_000_000))


if __name__ == "__main__":
    with limited("cpu", cfs_period_us=100_000, cfs_quota_us=50_000) as group:
        context = multiprocessing.get_context("spawn")
        with context.Pool(2) as pool:
            start = time.monotonic()
            pool.map(compute, range(40), chunksize=1)
            taken = time.monotonic() - start
        stat = dict(map(str.split, (group / "cpu.stat").read_text().splitlines()))
    print("periods:", stat["nr_periods"], "of which throttled:", stat["nr_throttled"])

# %%
# Read the quota yourself
# -----------------------
# In a container with control groups of version 2 it is one file, in version 1 two:


def cpus_allowed():
    """Return how many CPUs' worth of time this container may use, at least 1."""
    count = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except OSError:
        try:
            quota = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us").read_text()
            period = Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us").read_text()
        except OSError:
            return count
    if quota.strip() in {"max", "-1"}:
        return count
    return max(1, min(count, math.ceil(int(quota) / int(period))))


if __name__ == "__main__":
    print("outside of a container:", cpus_allowed())

# %%
# What to do
# ----------
# * Name the number of workers, or set ``PYTHON_CPU_COUNT`` in the container (Python
#   3.13 and later): it overrides both functions.
# * Round up: with a limit of 1.5 a second worker has something to do.
# * The same numbers rule the threads of numeric libraries:
#   :doc:`/gallery/pools/oversubscription`.
#
# How many there should be: :doc:`/gallery/pools/how_many_workers`.
