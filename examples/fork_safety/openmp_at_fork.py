# /// script
# requires-python = ">=3.11"
# dependencies = ["scikit-learn"]
# ///
"""
OpenMP in a forked child
========================

A parallel loop of OpenMP hangs in a forked child if the parent ran one before, with
GCC's runtime, libgomp. That runtime keeps its threads for the next loop. The child
inherits the list of them, waits for them to take up the work, and is alone.

Many compiled extensions have such loops. Here it is k-means of scikit-learn, whose
wheels for Linux contain libgomp.
"""

# sphinx_gallery_needs = ["sklearn", "linux"]
# sphinx_gallery_timeout = 90
# sphinx_gallery_tags = ["fork", "scikit-learn", "OpenMP", "Linux"]

import faulthandler
import importlib.util
import multiprocessing
import os
import sys
from pathlib import Path

# sphinx_gallery_start_ignore
if sys.platform != "linux":
    print("This example needs Linux, where scikit-learn's wheels contain libgomp.")
    raise SystemExit
if importlib.util.find_spec("sklearn") is None:
    print("This example needs scikit-learn: pip install scikit-learn")
    raise SystemExit
# sphinx_gallery_end_ignore
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_info, threadpool_limits

points = [[x % 7, x % 11] for x in range(2000)]


def cluster():
    return KMeans(4, n_init=1, random_state=0).fit(points).n_iter_


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("the child's result after", cluster(), "iterations")


def child_with_one_thread():
    with threadpool_limits(1, user_api="openmp"):
        child()


def start(function):
    process = multiprocessing.get_context("fork").Process(target=function)
    process.start()
    process.join()
    print("exit code:", process.exitcode)


if __name__ == "__main__":
    for library in threadpool_info():
        file = Path(library["filepath"])
        print(library["user_api"], "with", library["num_threads"], "threads:", end=" ")
        print(file.parent.name, file.name.partition("-")[0])
    print("forking before the first parallel loop:")
    start(child)

    print("the parent's result after", cluster(), "iterations")
    print("forking afterwards:")
    start(child)

# %%
# The stack ends in scikit-learn, at the call of compiled code. What that code waits for
# is not in a Python stack; ``py-spy dump --native`` would show libgomp's frames
# (:doc:`/gallery/debugging/py_spy_dump`).
#
# Ten children more, at once. Then one that uses a single thread, so that it starts no
# team and waits for nobody:


def quiet_child():
    faulthandler.dump_traceback_later(2, exit=True, file=nowhere)
    cluster()


if __name__ == "__main__":
    nowhere = open(os.devnull, "w")
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=quiet_child) for _ in range(10)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    stuck = [process for process in children if process.exitcode == 1]
    print("stuck:", len(stuck), "of 10")
    print("with one thread:")
    start(child_with_one_thread)

# %%
# What to look at
# ---------------
# With one CPU the list above says one thread, and then nothing hangs: a test machine
# with a single core never shows this bug.
#
# The OpenBLAS in the list, one of NumPy and one of SciPy, is no OpenMP program and
# stops its threads before a fork. It has a trap of its own:
# :doc:`/gallery/fork_safety/blas_in_flight`.
#
# This can be repaired only inside libgomp, and the patch that was offered years ago
# (https://gcc.gnu.org/bugzilla/show_bug.cgi?id=60035) is not what the run above used.
# Start the workers with ``forkserver`` or ``spawn``, or let one thread do the work, as
# the last child did.
