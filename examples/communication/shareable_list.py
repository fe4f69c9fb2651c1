"""
A list in shared memory, and who unlinks it
===========================================

A :class:`~multiprocessing.shared_memory.ShareableList` is a list of numbers, short texts
and ``None`` in a block of shared memory: its items can be changed, but not its length,
nor the room for a text. A :class:`~multiprocessing.managers.SharedMemoryManager` unlinks
the blocks that were made with it when its block ends.
"""

# sphinx_gallery_tags = ["SharedMemory", "ShareableList", "SharedMemoryManager"]

import multiprocessing
from multiprocessing.managers import SharedMemoryManager
from multiprocessing.shared_memory import ShareableList


def change(shared):
    shared[0] += 1
    shared[1] = "done"
    shared.shm.close()


if __name__ == "__main__":
    with SharedMemoryManager() as manager:
        shared = manager.ShareableList([1, "waiting", None, 2.5])
        name = shared.shm.name
        process = multiprocessing.Process(target=change, args=(shared,))
        process.start()
        process.join()
        print("after the child:", list(shared))

        for index, value in ((1, "a much longer text than there was"), (9, 0)):
            try:
                shared[index] = value
            except (ValueError, IndexError) as error:
                print(f"{type(error).__name__}: {error}")
        print("has append:", hasattr(shared, "append"))
    try:
        ShareableList(name=name)
    except FileNotFoundError:
        print("after the manager's block: gone")

# %%
# The manager is one more process, started by the ``with``. It is there to unlink, and
# the data does not pass through it.
#
# Texts that end in zeros
# -----------------------
# Room is made in steps of 8 bytes and filled with zeros, and zeros at the end of what
# was stored are taken for filling. Does this Python give them back?

if __name__ == "__main__":
    with SharedMemoryManager() as manager:
        values = [b"12\0\0", "ab\0"]
        shared = manager.ShareableList(values)
        for value, found in zip(values, shared, strict=True):
            print(f"stored {value!r}, read {found!r}")

# %%
# What to do
# ----------
# - There is no lock. ``shared[0] += 1`` in two processes loses updates:
#   :doc:`/gallery/countdown/lost_updates`.
# - For many numbers of one type an array over the block is smaller and faster:
#   :doc:`/gallery/communication/shared_memory_numpy`.
# - Without a manager call ``shared.shm.unlink()`` once, in a ``finally``:
#   :doc:`/gallery/communication/leaked_shared_memory`.
