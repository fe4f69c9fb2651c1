# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy"]
# ///
"""
One NumPy array in several processes
====================================

With shared memory two processes work on the same array. No element is copied or
pickled; what travels to a child is the name of the block.
"""

# sphinx_gallery_needs = ["numpy"]
# sphinx_gallery_tags = ["Process", "SharedMemory", "NumPy", "default start method"]

import importlib.util
import multiprocessing
import pickle
from multiprocessing.shared_memory import SharedMemory

# sphinx_gallery_start_ignore
if importlib.util.find_spec("numpy") is None:
    print("This example needs numpy, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore
import numpy as np

SHAPE = (2, 4_000_000)


def table_in(block):
    numbers = np.frombuffer(block.buf, dtype="float64", count=SHAPE[0] * SHAPE[1])
    return numbers.reshape(SHAPE)


def fill_row(block, row):
    table = table_in(block)
    table[row] = row + 1
    print(f"row {row} is full")
    del table
    block.close()


if __name__ == "__main__":
    block = SharedMemory(create=True, size=8 * SHAPE[0] * SHAPE[1])
    children = [
        multiprocessing.Process(target=fill_row, args=(block, row)) for row in (0, 1)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    table = table_in(block)
    print("means of the two rows, in the parent:", *table.mean(axis=1))
    print(f"bytes in the array:       {table.nbytes:>10,}")
    print(f"bytes sent to each child: {len(pickle.dumps(block)):>10,}")

# %%
# What to look at
# ---------------
# Two children wrote, and the parent sees both rows. The pickled block is short because
# it holds a name and a size. Shape and type are not in it: the block is bare memory,
# and each process lays an array over it for itself.
#
# The two write to different rows, so they need no lock. Where one reads what another
# writes they need one (:doc:`/gallery/communication/one_at_a_time`).
#
# Giving it back
# --------------
# ``close`` ends this process's view. ``unlink`` destroys the block, once, when nobody
# needs it any more. The array must go first. One made by ``numpy.frombuffer`` insists
# on it; one made by ``numpy.ndarray(buffer=...)``, as in many examples, does not:


def use_after_close(block):
    table = np.ndarray(SHAPE, dtype="float64", buffer=block.buf)
    block.close()
    print("closed; no error. Now the first number:")
    print(table[0, 0])


if __name__ == "__main__":
    try:
        block.close()
    except BufferError as error:
        print("frombuffer, close:", error)
    del table
    block.close()

    block = SharedMemory(block.name)  # attached again
    child = multiprocessing.Process(target=use_after_close, args=(block,))
    child.start()
    child.join()
    print("ndarray, close, use: exit code", child.exitcode)
    block.close()
    block.unlink()

# %%
# The second child read memory that was no longer there, and the system ended it (-11
# on Linux is ``SIGSEGV``). This is a known bug:
# https://github.com/numpy/numpy/issues/23305.
#
# What to do
# ----------
# - Use ``numpy.frombuffer``, and delete the array before ``close``.
# - Pass the block, or its name, and lay the array over it in the child. If you pass the
#   array itself, it is pickled: copied as a whole.
# - Put ``unlink`` into a ``finally``, or let a
#   :class:`~multiprocessing.managers.SharedMemoryManager` do it. What a forgotten one
#   does: :doc:`/gallery/communication/leaked_shared_memory`.
# - In a container ``/dev/shm`` may be small: Docker gives it 64 MB unless told
#   otherwise (https://github.com/moby/moby/issues/29492).
