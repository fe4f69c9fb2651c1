# /// script
# requires-python = ">=3.11"
# dependencies = ["joblib", "numpy"]
# ///
"""
joblib: a parallel loop
=======================

`joblib <https://joblib.readthedocs.io/>`__ turns a comprehension into a parallel loop,
and passes large arrays to the workers through a file that all of them map, instead of
pickling them each time.
"""

# sphinx_gallery_needs = ["joblib", "numpy"]
# sphinx_gallery_tags = ["joblib", "NumPy", "measures"]
# sphinx_gallery_parallel = False

import importlib.util
import pickle
import tempfile
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not all(
    importlib.util.find_spec(name) for name in ("joblib", "numpy")
):
    print("This example needs joblib and NumPy; not both are installed.")
    raise SystemExit
# sphinx_gallery_end_ignore


def square(n):
    return n * n


def look_at(array, row):
    return type(array).__name__, array.flags.writeable, float(array[row].sum())


if __name__ == "__main__":
    from joblib import Parallel, delayed

    print("plain:   ", [square(n) for n in range(6)])
    print("parallel:", Parallel(n_jobs=2)(delayed(square)(n) for n in range(6)))

# %%
# ``delayed(square)(n)`` is a call that has not been made yet. ``Parallel`` makes it in a
# worker of :doc:`loky </gallery/beyond/loky_executor>`, in batches whose size it finds
# by measuring.
#
# A large array
# -------------
# Twenty tasks look at one array. Each time, ``max_nbytes`` says from which size on an
# array goes through a file: never, or from the megabyte that is the default.

if __name__ == "__main__":
    import numpy as np

    array = np.ones((1000, 2500))
    print(f"pickled it would be {len(pickle.dumps(array)) / 1e6:.0f} MB")
    with tempfile.TemporaryDirectory() as folder:
        for limit in (None, "1M"):
            with Parallel(2, max_nbytes=limit, temp_folder=folder) as parallel:
                parallel(delayed(square)(n) for n in range(4))  # start the workers
                start = time.perf_counter()
                seen = parallel(delayed(look_at)(array, n) for n in range(20))
                seconds = time.perf_counter() - start
            kind, writeable, _ = seen[0]
            print(f"max_nbytes={limit}: {kind}, writeable {writeable}, {seconds:.2f} s")

# %%
# What to look at
# ---------------
# With the limit, the workers got a ``memmap``: the array was written to a file once,
# and every worker maps the same pages. It is read-only, so a function that changes
# its argument in place raises ``ValueError`` there, and only for arrays above the
# limit.
#
# Results as they come
# --------------------
# ``return_as`` gives a generator, in order or not, which is what a progress bar
# wants:

if __name__ == "__main__":
    parallel = Parallel(n_jobs=2, return_as="generator_unordered")
    for result in parallel(delayed(square)(n) for n in range(3)):
        print("got", result)

# %%
# When it is worth it
# -------------------
# For loops over arrays joblib does what :doc:`/gallery/communication/shared_memory_numpy`
# does by hand. It also limits the threads of numerical libraries in its workers, see
# :doc:`/gallery/pools/oversubscription`. What it costs is a dependency, the start of
# its workers, and a copy of each large array in the temporary folder.
