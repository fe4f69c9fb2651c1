# /// script
# requires-python = ">=3.11"
# dependencies = ["pandas>=3", "pyarrow"]
# ///
"""
A pandas DataFrame and a pool
=============================

A DataFrame that is passed to a worker is pickled, copied through a pipe and built anew.
That is worth it where much Python is run for each row. Where pandas does the work, the
transport takes longer than the work.
"""

# sphinx_gallery_needs = ["pandas", "pyarrow"]
# sphinx_gallery_tags = ["pandas", "Pool", "SharedMemory", "fork", "measures"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 120

import importlib.util
import multiprocessing
import pickle
import tempfile
import time
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

# sphinx_gallery_start_ignore
if not all(importlib.util.find_spec(name) for name in ("pandas", "pyarrow")):
    print("This example needs pandas and pyarrow; not both are installed.")
    raise SystemExit
# sphinx_gallery_end_ignore
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather


def make(rows):
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "city": random.choice(["Oslo", "Rome", "Lima"], rows),
            "rain": random.random(rows),
            "wind": random.random(rows),
        }
    )


def seconds(run):
    """The best of three: the rest of the machine adds time, and never takes any."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    frame = make(200_000)
    kinds = {
        "numbers": frame[["rain", "wind"]],
        "str": frame[["city"]],
        "category": frame[["city"]].astype("category"),
        "object": frame[["city"]].astype(object),
    }
    print("          in memory  pickled  there and back, numbers = 1")
    unit = None
    for name, part in kinds.items():
        sent = pickle.dumps(part)
        spent = seconds(lambda part=part: pickle.loads(pickle.dumps(part)))
        unit = unit or spent
        memory = part.memory_usage(deep=True).sum() / 1e6
        print(f"{name:9} {memory:6.1f} MB {len(sent) / 1e6:5.1f} MB", end="")
        print(f" {spent / unit:8.1f}")

# %%
# Numbers are sent as they lie in memory. Strings are, too, as pandas 3 keeps them; in
# older versions, and in columns of dtype ``object``, each one is a Python object.
#
# Split, apply, combine
# ---------------------
# Half of the rows for each of two workers. ``score`` is Python for every row,
# ``total`` one call that pandas carries out in C.


def score(part):
    rows = zip(part.city, part.rain)
    return sum(len(f"{city} {rain * n}") for city, rain in rows for n in (1, 2))


def total(part):
    return part.rain.sum()


def split(frame, pieces):
    edge = [len(frame) * n // pieces for n in range(pieces + 1)]
    return [frame.iloc[a:b] for a, b in zip(edge, edge[1:])]


if __name__ == "__main__":
    frame = make(200_000)
    parts = split(frame, 2)
    with multiprocessing.Pool(2) as pool:
        pool.map(total, split(frame[:100], 2))  # the workers are up
        print("        sending, work = 1   two workers, one process = 1")
        for function in score, total:
            sending = seconds(lambda: [pickle.loads(pickle.dumps(p)) for p in parts])
            alone = seconds(lambda function=function: function(frame))
            together = seconds(lambda function=function: pool.map(function, parts))
            print(f"{function.__name__:6} {sending / alone:18.3f}", end="")
            print(f" {together / alone:30.2f}", end="")
            same = np.isclose(sum(pool.map(function, parts)), function(frame))
            print("   same result:", same)

# %%
# Not sending it
# --------------
# Twenty tasks that look at one frame of numbers. It can go along with each task; to each
# worker once, by the initializer; it can lie in shared memory; and in a file that each
# worker maps. With ``fork``, a worker has the parent's.

frame = None


def keep(what):
    global frame
    frame = what


def attach(block, shape, columns):
    global frame, kept
    kept = block
    array = np.ndarray(shape, buffer=block.buf)
    frame = pd.DataFrame(array, columns=columns, copy=False)


def map_file(path):
    global frame
    table = pa.ipc.open_file(pa.memory_map(path)).read_all()
    frame = table.to_pandas(split_blocks=True)


def mean_of(task):
    return float(frame.rain.iloc[task::20].mean())


def mean_of_sent(task_and_frame):
    task, sent = task_and_frame
    return float(sent.rain.iloc[task::20].mean())


def use(how, function, tasks, *setup, context=multiprocessing):
    global unit
    initializer, arguments = setup or (None, ())
    with context.Pool(2, initializer, arguments) as pool:
        results = pool.map(function, tasks, chunksize=1)  # the workers are up
        spent = seconds(lambda: pool.map(function, tasks, chunksize=1))
    unit = unit or spent
    size = len(pickle.dumps((function, tasks[0])))
    print(f"{how:20} {size:9} bytes {spent / unit:8.3f}", end="")
    print("  same:", results == expected)


if __name__ == "__main__":
    numbers = make(200_000)[["rain", "wind"]]
    tasks = range(20)
    keep(numbers)
    expected = [mean_of(task) for task in tasks]
    unit = None
    print("                     sent for a task  all tasks, first line = 1")
    use("with each task", mean_of_sent, [(task, numbers) for task in tasks])
    use("by the initializer", mean_of, tasks, keep, (numbers,))

    array = numbers.to_numpy()
    block = SharedMemory(create=True, size=array.nbytes)
    try:
        np.ndarray(array.shape, buffer=block.buf)[:] = array
        setup = attach, (block, array.shape, list(numbers.columns))
        use("shared memory", mean_of, tasks, *setup)
    finally:
        block.close()
        block.unlink()

    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "numbers.feather"))
        pa.feather.write_feather(numbers, path, compression="uncompressed")
        use("a mapped file", mean_of, tasks, map_file, (path,))

    if "fork" in multiprocessing.get_all_start_methods():
        fork = multiprocessing.get_context("fork")
        use("inherited by fork", mean_of, tasks, context=fork)

# %%
# What to look at
# ---------------
# In the second table, the first column. Sending the rows is little beside ``score``,
# and two workers take about half as long, if two processors are free. Sending them
# takes many times as long as ``total``, and no number of workers wins that back. In the
# third table, the first line against all others: they send some bytes for a task, and
# the frame once or not at all.
#
# Writing to such a frame
# -----------------------
# Shared memory is written to by whoever changes the frame in place. A new column is not
# in place, and neither is a change to a selection: since pandas 3 that is a copy.

if __name__ == "__main__":
    shared = np.zeros((2, 2))
    frame = pd.DataFrame(shared, columns=["rain", "wind"], copy=False)
    frame.loc[0, "rain"] = 7
    selection = frame["wind"]
    selection.iloc[0] = 9
    frame["wind"] = frame["wind"] + 5
    print("the array below:", shared.tolist())
    default = pd.DataFrame(shared)
    print("without copy=False it is a copy:", not np.shares_memory(default, shared))
