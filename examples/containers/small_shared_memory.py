"""
/dev/shm is too small
=====================

Shared memory and locks live in ``/dev/shm``. When it is full, a lock cannot be made,
and a process that writes to a block that was made without complaint is killed by a
bus error.

The script gives itself a ``/dev/shm`` of 1 MiB, in a mount namespace of its own. A
container has 64 MiB, unless it is told otherwise.
"""

# sphinx_gallery_by_hand = "it mounts a small /dev/shm, as root, in a mount namespace"
# sphinx_gallery_needs = ["linux", "python>=3.12"]
# sphinx_gallery_tags = ["shared_memory", "Lock", "spawn", "Linux", "container"]

import multiprocessing
import os
import shutil
import subprocess
import sys
from multiprocessing import shared_memory

MIB = 1 << 20

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (hasattr(os, "unshare") and os.geteuid() == 0):
    print("This example needs Linux, root and Python 3.12 or newer.")
    sys.exit()
# sphinx_gallery_end_ignore


def free():
    return f"{shutil.disk_usage('/dev/shm').free / MIB:.1f} MiB free"


def fill(name):
    block = shared_memory.SharedMemory(name)
    block.buf[:] = bytes(block.size)


if __name__ == "__main__":
    os.unshare(os.CLONE_NEWNS)  # mounts from here on are this program's own
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/dev/shm"]
    subprocess.run(command, check=True)

    print(free())
    block = shared_memory.SharedMemory(create=True, size=2 * MIB)
    print(f"made a block of {block.size / MIB:.0f} MiB,", free())

# %%
# The block is larger than the file system, and nothing was refused: room is taken when
# a page is first written.

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=fill, args=(block.name,))
    process.start()
    process.join()
    print("exit code of who filled it:", process.exitcode)
    print(free())

# %%
# -7 is ``SIGBUS``, which a shell reports as "Bus error". There is no exception and no
# traceback, since no Python code failed: the kernel had no page to give. A worker of an
# executor that dies so is a ``BrokenProcessPool``, and a ``Pool`` waits for ever.
#
# Locks need room, too
# --------------------
# A lock is a small file in the same place, and so is everything that has one: a queue,
# a pool, an executor, a ``Value``.

if __name__ == "__main__":
    for name in ("Lock", "Queue", "Pool"):
        try:
            getattr(context, name)()
        except OSError as error:
            print(f"{name}:", f"{type(error).__name__}: {error}")
    try:
        context.Array("d", 1000)
    except OSError as error:
        print("Array:", f"{type(error).__name__}: {error}")

# %%
# And when there is room again:

if __name__ == "__main__":
    block.close()
    block.unlink()
    print(free())
    print("a lock:", context.Lock())

# %%
# What to look at
# ---------------
# The same shortage has two faces. Whatever writes a page of its own accord gets
# ``Errno 28``, which can be caught. Whatever touches memory that was promised before
# gets the signal, which cannot.
#
# What to do
# ----------
# * Give the container more: ``docker run --shm-size=1g``. In Kubernetes mount an
#   ``emptyDir`` with ``medium: Memory`` at ``/dev/shm``.
# * Look with ``df -h /dev/shm`` while the program runs. What a program that was killed
#   has left there stays: :doc:`/gallery/communication/leaked_shared_memory`.
# * Where the size is not yours to set, send the data by a pipe, or put it in a file
#   and map that.
