"""
Too many open files
===================

Every process, queue and pipe that a program keeps takes open files in the parent. Kept
in a list, they add up to ``OSError: [Errno 24] Too many open files``.

The limit of this process is lowered first, so that the error comes early and the run is
short.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["Process", "Queue", "Pipe", "fork", "Linux"]

import multiprocessing
import os
import sys

if not sys.platform.startswith("linux"):
    print("this script counts open files in /proc, and needs Linux")
    sys.exit(0)

import resource


def work():
    pass


def open_files():
    return len(os.listdir("/proc/self/fd"))


def keep_opening(make):
    before, kept = open_files(), []
    try:
        while True:
            kept.append(make())
            if len(kept) == 1:
                each = open_files() - before
    except OSError as error:
        print(f"{each} files each; after {len(kept)}: OSError: {error}")


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files() + 30, hard))
    print("a pipe: ", end="")
    keep_opening(context.Pipe)
    print("a queue: ", end="")
    keep_opening(context.Queue)

# %%
# A started process has files as well, by one of which the parent learns of its end
# (:attr:`~multiprocessing.Process.sentinel`). Processes that have ended and were joined
# keep them for as long as their ``Process`` object lives.


def started():
    process = context.Process(target=work)
    process.start()
    process.join()
    return process


if __name__ == "__main__":
    print("a process, joined: ", end="")
    keep_opening(started)

# %%
# ``close`` gives them back at once:


def closed():
    process = started()
    process.close()
    return process


if __name__ == "__main__":
    before = open_files()
    processes = [closed() for _ in range(20)]
    print("more open files after 20 processes:", open_files() - before)

# %%
# What to do
# ----------
# - Start as many processes as you have CPUs, not one for each item: use a pool.
# - Close what you keep: ``process.close()``, both ends of a pipe, the queue.
# - Raise the limit (``ulimit -n``) only if the number is meant to be high.
#
# Where the error comes slowly, after hours, something leaks:
# :doc:`/gallery/debugging/counting_leaks`.
