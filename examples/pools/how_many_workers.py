# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""
How many workers?
=================

As many as there are CPUs that this process may use, if the tasks compute; more if
they mostly wait. And the number of CPUs that the machine has is not the number that
you may use.

Both pools ask for the number of CPUs if you name none. Since Python 3.13 they ask
:func:`os.process_cpu_count`, which knows of the process's affinity; before, they
asked :func:`os.cpu_count`, which does not.
"""

# sphinx_gallery_timeout = 60
# sphinx_gallery_needs = ["matplotlib"]
# sphinx_gallery_tags = ["Pool", "measures"]
# sphinx_gallery_parallel = False

import importlib.util
import multiprocessing
import os
import time
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("matplotlib") is None:
    print("This example draws with matplotlib, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore


def default_size():
    with multiprocessing.Pool():
        return len(multiprocessing.active_children())


def report():
    print("os.cpu_count():         ", os.cpu_count())
    if hasattr(os, "process_cpu_count"):
        print("os.process_cpu_count(): ", os.process_cpu_count())
    if hasattr(os, "sched_getaffinity"):
        print("len(sched_getaffinity): ", len(os.sched_getaffinity(0)))
    print("workers of Pool():      ", default_size())


if __name__ == "__main__":
    report()
    quota = Path("/sys/fs/cgroup/cpu.max")
    if quota.exists():
        print("cgroup cpu.max:         ", quota.read_text().strip())
    else:
        print("cgroup cpu.max:          no such file: no quota is set for this process")

# %%
# The last line is about the quota of a container. Where there is one, the file has two
# numbers, in microseconds: so much time in each such period, or ``max`` for no limit.
# Python looks at no quota. A container
# that is allowed half a CPU on a machine of 64 gets 64 workers, unless you say
# otherwise: pass the number, or set :envvar:`PYTHON_CPU_COUNT` (Python 3.13 and later).
#
# Now with the affinity set to one CPU, as ``taskset`` or a batch system does:

if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity"):
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(allowed)})
        report()
        os.sched_setaffinity(0, allowed)
    else:
        print("this platform has no os.sched_setaffinity")

# %%
# Measured
# --------
# Two kinds of task, 24 of each: one computes, one waits as for a server. How much
# faster than one worker are more of them?


def compute(_):
    for _ in range(400_000):
        pass


def wait(_):
    time.sleep(0.02)


def seconds(function, workers):
    with multiprocessing.Pool(workers) as pool:
        pool.map(time.sleep, [0.05] * workers, chunksize=1)  # let all of them start
        start = time.perf_counter()
        pool.map(function, range(24), chunksize=1)
        return time.perf_counter() - start


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.5))
    numbers = [1, 2, 4, 8, 16]
    for function, marker in ((compute, "o"), (wait, "s")):
        times = [seconds(function, workers) for workers in numbers]
        gains = [times[0] / taken for taken in times]
        print(f"{function.__name__:8}", *(f"{gain:6.2f}" for gain in gains))
        axes.loglog(numbers, gains, base=2, marker=marker, label=function.__name__)
    axes.set_xticks(numbers, labels=numbers)
    axes.set_yticks(numbers, labels=numbers)
    axes.set_xlabel("workers")
    axes.set_ylabel("times as fast as one worker")
    axes.legend()

# %%
# What to look at
# ---------------
# ``compute`` stops gaining at the number of CPUs, and only an idle machine lets it
# get that far: if something else was running, its line is flat. ``wait`` goes on
# gaining, since a waiting worker needs no CPU. For tasks that wait, threads do the
# same at a fraction of the memory: :class:`~concurrent.futures.ThreadPoolExecutor`.
#
# Start from ``os.process_cpu_count()``, leave one for the parent if it has work to do
# too, and measure with your own task. If the task uses threads of its own, divide:
# :doc:`/gallery/pools/oversubscription`.
#
# Said about this, and tested: :ref:`folklore-cpu-count`.
