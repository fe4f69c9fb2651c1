# /// script
# requires-python = ">=3.11"
# dependencies = ["matplotlib"]
# ///
"""
What it costs to send data
==========================

What goes through a pipe or queue is pickled, copied into the system and out again, and
unpickled. What lies in shared memory is copied once at most.

The parent hands numbers to a child in four ways, and waits until the child has looked
at the last one.
"""

# sphinx_gallery_needs = ["matplotlib"]
# sphinx_gallery_tags = ["Pipe", "SharedMemory", "pickle", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 60

import array
import importlib.util
import multiprocessing
import statistics
import time
from multiprocessing.shared_memory import SharedMemory

# sphinx_gallery_start_ignore
if __name__ == "__main__" and importlib.util.find_spec("matplotlib") is None:
    print("This example draws with matplotlib, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

COUNTS = [100, 1_000, 10_000, 100_000, 1_000_000]
WAYS = ["list", "array", "copied to shared memory", "already in shared memory"]


def look(connection, block):
    numbers = block.buf.cast("d")
    while (message := connection.recv()) is not None:
        if isinstance(message, int):  # the numbers lie in shared memory
            connection.send(numbers[message - 1])
        else:
            connection.send(message[-1])
    numbers.release()
    block.close()


def milliseconds(way, count, connection, shared):
    as_list = [float(n) for n in range(count)]
    as_array = array.array("d", as_list)
    shared[:count] = as_array
    times = []
    for _ in range(9):
        begin = time.perf_counter()
        if way == "list":
            connection.send(as_list)
        elif way == "array":
            connection.send(as_array)
        else:
            if way.startswith("copied"):
                shared[:count] = as_array
            connection.send(count)
        assert connection.recv() == count - 1
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


if __name__ == "__main__":
    block = SharedMemory(create=True, size=8 * COUNTS[-1])
    connection, other = multiprocessing.Pipe()
    child = multiprocessing.Process(target=look, args=(other, block))
    child.start()
    shared = block.buf[: 8 * COUNTS[-1]].cast("d")
    lines = {
        way: [milliseconds(way, count, connection, shared) for count in COUNTS]
        for way in WAYS
    }
    connection.send(None)
    child.join()
    shared.release()
    block.close()
    block.unlink()

    print("milliseconds (median of 9) to hand over this many floats")
    print(" " * 24, *(f"{count:>9,}" for count in COUNTS))
    for way, line in lines.items():
        print(f"{way:<24}", *(f"{value:9.3f}" for value in line))

# %%

if __name__ == "__main__":
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    for (way, line), marker in zip(lines.items(), "osv^", strict=True):
        axes.loglog(COUNTS, line, marker=marker, label=way)
    axes.set_xlabel("floats handed over")
    axes.set_ylabel("milliseconds")
    axes.legend()

# %%
# What to look at
# ---------------
# On the left the ways lie close: a message costs what a message costs. On the right
# they part. A list is the dearest, for each float in it becomes an object again on the
# other side; an array is one piece and mostly pays for the copies. What already lies in
# shared memory costs one short message, however much it is.
#
# What to do
# ----------
# - Send little: a file name, a range, a seed instead of the data. Let the child read or
#   make its part itself.
# - Send numbers as arrays, not as lists.
# - For large arrays that many processes use, take shared memory
#   (:doc:`/gallery/communication/shared_memory_numpy`) from the beginning, rather than
#   copying into it.
# - First measure whether it matters. Where the child computes for a second, ten
#   milliseconds of transport do not.
