# /// script
# requires-python = ">=3.11"
# dependencies = ["polars"]
# ///
"""
Polars in a forked child
========================

A library that keeps a pool of threads stops working in a forked child, once the parent
has used it. Polars runs its queries on such a pool. The child inherits the notion
that the threads exist, but not the threads, and waits for their answers for ever.
"""

# sphinx_gallery_needs = ["polars"]
# sphinx_gallery_tags = ["fork", "forkserver", "polars"]

import faulthandler
import importlib.util
import multiprocessing
import os

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
if importlib.util.find_spec("polars") is None:
    print("This example needs polars: pip install polars")
    raise SystemExit
# sphinx_gallery_end_ignore
import polars as pl

frame = pl.DataFrame({"city": ["Oslo", "Rome"] * 500, "rain": range(1000)})


def total_rain():
    return frame.group_by("city").agg(pl.col("rain").sum())


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("the child's table has", total_rain().height, "rows")


if __name__ == "__main__":
    fork = multiprocessing.get_context("fork")
    print("forking before polars was used:")
    process = fork.Process(target=child)
    process.start()
    process.join()

    print("the parent's table has", total_rain().height, "rows")
    print("forking afterwards:")
    process = fork.Process(target=child)
    process.start()
    process.join()
    print("exit code of the child:", process.exitcode)

# %%
# The same function, the same data. The first child started a pool of its own. The
# second inherited one that had been started, and its stack ends in polars.
#
# Twenty more, each with one second, and then one from the forkserver:


def quiet_child():
    faulthandler.dump_traceback_later(1, exit=True, file=nowhere)
    total_rain()


if __name__ == "__main__":
    nowhere = open(os.devnull, "w")
    children = [fork.Process(target=quiet_child) for _ in range(20)]
    for process in children:
        process.start()
    for process in children:
        process.join()
    stuck = [process for process in children if process.exitcode == 1]
    print("fork: stuck", len(stuck), "of 20")

    process = multiprocessing.get_context("forkserver").Process(target=child)
    process.start()
    process.join()
    print("forkserver: exit code", process.exitcode)

# %%
# What to look at
# ---------------
# Whether the parent *used* polars decides, not whether it imported it. That is why such
# a program runs for months, until somebody adds one line of analysis above the pool.
#
# There is no lock of yours here that you could repair. Polars' own advice
# (https://docs.pola.rs/user-guide/misc/multiprocessing/) is not to use ``fork``. Since
# polars works on all cores by itself, ask also whether you need processes at all.
#
# Other libraries with threads inside behave alike:
# :doc:`/gallery/fork_safety/openmp_at_fork`.
