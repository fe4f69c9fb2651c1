"""
What the end of the with block does
===================================

Leaving ``with multiprocessing.Pool() as pool:`` kills the workers, whatever they are
doing; leaving ``with ProcessPoolExecutor() as executor:`` waits for them. The two
blocks look alike and do opposite things.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor


def save(name):
    print(f"saving {name}")
    time.sleep(0.4)
    print(f"saved {name}")


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        pool.map(time.sleep, [0.1, 0.1], chunksize=1)  # both workers are up
        for name in ["one", "two", "three"]:
            pool.apply_async(save, (name,))
        time.sleep(0.2)
    print("left the block of the Pool")
    time.sleep(0.8)
    print("some time later: nothing has been saved")

# %%
# The work had begun, and ended there: no error, no warning, nothing saved. The end of
# the block calls :meth:`Pool.terminate <multiprocessing.pool.Pool.terminate>`.
#
# Now the same with the executor:

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        for name in ["one", "two", "three"]:
            executor.submit(save, name)
    print("left the block of the executor")

# %%
# The end of its block calls :meth:`Executor.shutdown(wait=True)
# <concurrent.futures.Executor.shutdown>`.
#
# To let a ``Pool`` finish, say so inside the block: ``close`` (no more tasks will
# come), then ``join`` (wait for the workers).

if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        for name in ["one", "two", "three"]:
            pool.apply_async(save, (name,))
        pool.close()
        pool.join()
    print("left the block of the Pool, after close and join")

# %%
# What to do
# ----------
# ``map`` and its relatives wait for their results before the block ends, so they are
# safe in either. The trap is ``apply_async`` and ``map_async`` without ``get``, and
# an ``imap`` that is not read to its end.
#
# Calling ``get`` on every result is better than ``close`` and ``join``: it waits, and
# it also brings the exceptions, which ``join`` does not. See
# :doc:`/gallery/pools/errors_in_workers`.
#
# Said about this, and tested: :ref:`folklore-with-pool-waits`.
