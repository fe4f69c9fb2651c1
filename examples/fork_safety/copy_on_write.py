"""
Copy on write meets reference counts
====================================

"Fork shares the memory, so big data costs nothing" is true for arrays, and false for
lists of Python objects. The system copies a page when somebody writes to it. CPython
writes to an object each time somebody looks at it: the reference count is in the
object.

The child below only reads. Linux tells how much memory became its own:
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_parallel = False
# sphinx_gallery_tags = ["fork", "memory", "Linux"]

import array
import gc
import multiprocessing
import sys

# sphinx_gallery_start_ignore
if sys.platform != "linux":
    print("This example needs Linux, whose /proc tells about memory.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")


def private_megabytes():
    with open("/proc/self/smaps_rollup") as smaps:
        for line in smaps:
            if line.startswith("Private_Dirty"):
                return int(line.split()[1]) / 1024


def report(connection, read, data):
    before = private_megabytes()
    read(data)
    connection.send(private_megabytes() - before)


def copied(read, data):
    here, there = fork.Pipe()
    process = fork.Process(target=report, args=(there, read, data))
    process.start()
    megabytes = here.recv()
    process.join()
    return megabytes


def read_all(data):
    for _ in data:
        pass


if __name__ == "__main__":
    count = 500_000
    kinds = {
        "list of strings": [f"text number {n}" for n in range(count)],
        "list of floats": [n / 7 for n in range(count)],
        "list of small ints": [n % 256 for n in range(count)],
        "array of floats": array.array("d", range(5 * count)),
        "bytes": bytes(40_000_000),
    }
    print(f"{'data':20} {'size':>8} {'copied':>11}")
    for name, data in kinds.items():
        size = sys.getsizeof(data)
        if isinstance(data, list):
            size += sum(map(sys.getsizeof, set(data)))
        megabytes = copied(read_all, data)
        print(f"{name:20} {size / 2**20:5.0f} MB {megabytes:8.1f} MB")

# %%
# Compare the two columns. Strings and floats are objects of their own, and reading them
# copied nearly all of their memory. The small integers are the same few objects again
# and again, so hardly a page was written; since Python 3.12 their counts are not
# written at all (:pep:`683`). An array and a bytes object have one reference count
# each, whatever their length.
#
# The garbage collector writes too, into the header of each container that it visits.
# One run of it in the child, over many small lists that nobody reads:


def collect_garbage(data):
    gc.collect()


if __name__ == "__main__":
    data = [[] for _ in range(count)]
    print(f"plain fork:             {copied(collect_garbage, data):6.1f} MB copied")
    gc.freeze()
    print(f"after gc.freeze():      {copied(collect_garbage, data):6.1f} MB copied")
    print(f"frozen, but then read:  {copied(read_all, data):6.1f} MB copied")
    gc.unfreeze()

# %%
# What to look at
# ---------------
# :func:`gc.freeze`, called in the parent just before the fork, tells the collector to
# leave alone all that exists by now. That mends the collector. It does not mend
# reading, as the last line shows, since reference counts know nothing of it.
#
# To share much data among forked workers, keep it in few large objects: an
# :mod:`array`, a NumPy array, :class:`bytes`, :mod:`mmap`. Then it is shared under
# every start method if it is in :mod:`multiprocessing.shared_memory`:
# :doc:`/gallery/communication/shared_memory_numpy`.
#
# A monitor that adds up the resident memory of all workers counts a shared page once
# for each. ``Private_Dirty`` in ``/proc/PID/smaps_rollup``, used here, counts what a
# process really added (https://man7.org/linux/man-pages/man5/proc_pid_smaps.5.html).
#
# Said about this, and tested: :ref:`folklore-memory-is-free`.
