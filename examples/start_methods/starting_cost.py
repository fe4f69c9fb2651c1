# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""
What starting a process costs
=============================

Fork is cheap for a small parent and not for a big one: its price grows with the memory
of the parent, because the kernel duplicates the parent's `page tables
<https://man7.org/linux/man-pages/man2/fork.2.html>`__. The price of spawn and
forkserver grows with what the child has to import.

Both are measured here, as the median time of ``start()`` and ``join()`` together.
"""

# sphinx_gallery_needs = ["matplotlib"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "measured"]

import importlib
import importlib.util
import multiprocessing
import statistics
import sys
import time

MODULES = ["asyncio", "ctypes", "sqlite3", "unittest.mock", "xmlrpc.server"]


def import_nothing():
    pass


def import_modules():
    for name in MODULES:
        importlib.import_module(name)


def cost(context, target, repeat=7, seconds=0.5):
    """Return the median milliseconds that one child takes."""
    times = []
    while len(times) < 4 or (len(times) <= repeat and sum(times) < seconds):
        begin = time.perf_counter()
        process = context.Process(target=target)
        process.start()
        process.join()
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:]) * 1000  # the first also starts the server


if __name__ == "__main__":
    if importlib.util.find_spec("matplotlib") is None:
        print("matplotlib is missing: nothing to plot with")
        sys.exit()
    contexts = {
        method: multiprocessing.get_context(method)
        for method in sorted(multiprocessing.get_all_start_methods())
    }

# %%
# The child's imports
# -------------------
# The parent imports a few modules of the standard library. Then it starts children
# that use none of them, and children that use all of them.

if __name__ == "__main__":
    import_modules()
    imports = {}
    for method, context in contexts.items():
        little, much = cost(context, import_nothing), cost(context, import_modules)
        imports[method] = little, much
        print(f"{method:10} nothing {little:6.1f} ms   modules {much:6.1f} ms")

# %%
# A forked child has the modules already, since its parent has. The others import them,
# each child anew.
#
# The parent's memory
# -------------------
# Now the parent takes more and more memory. The children do nothing.

if __name__ == "__main__":
    sizes = [0, 512, 1024]
    memory = {method: [] for method in contexts}
    for size in sizes:
        ballast = bytearray(b"x") * (size << 20)
        for method, context in contexts.items():
            memory[method].append(cost(context, import_nothing))
        del ballast
    print(f"{'MiB':10}", *(f"{size:7}" for size in sizes))
    for method, times in memory.items():
        print(f"{method:10}", *(f"{time:7.1f}" for time in times), " ms")
        print(f"{'':10} x {times[-1] / times[0]:.1f} from the first to the last")

# %%
# The first line counts MiB, the others milliseconds. Below each method stands how many
# times as long the last took as the first. For fork that number is far above the other
# two: only there the kernel has page tables of the parent to copy. What varies elsewhere
# is noise, or another program on the machine.

if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True)
    for (method, times), marker in zip(memory.items(), "osD", strict=False):
        left.plot(sizes, times, marker=marker, label=method)
    left.set(xlabel="memory of the parent, MiB", ylabel="start + join, ms")
    left.legend()
    for position, (method, times) in enumerate(imports.items()):
        right.bar([position - 0.2, position + 0.2], times, width=0.38, label=method)
    right.set_xticks(range(len(imports)), imports)
    right.set_xlabel("child imports nothing (left), modules (right)")
    figure.tight_layout()

# %%
# What to look at
# ---------------
# "Fork is fast" holds for a parent without data and a child without imports. Compare
# the last column for fork with that for forkserver: the server is a small process, and
# forking the server costs the same whatever the parent holds.
#
# The forkserver's cost is also a matter of version. Since 3.13.8 and 3.14.1 the server
# imports the main module once, before it forks; earlier, every child imported it
# (https://github.com/python/cpython/issues/126631). To make it import more than that,
# see :doc:`/gallery/start_methods/forkserver_preload`.
#
# Said about this, and tested: :ref:`folklore-fork-is-fast`.
