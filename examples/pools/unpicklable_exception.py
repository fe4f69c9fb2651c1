"""
An exception that does not survive
==================================

An exception whose constructor takes other arguments than those it passes on to
``Exception`` can be pickled but not unpickled. In a ``Pool`` it kills the thread that
receives results, and with it the pool.

The class below is what many would write. Note that ``super().__init__`` gets one
string, while the constructor wants two values.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor"]

import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


class BadRow(Exception):
    def __init__(self, row, reason):
        super().__init__(f"row {row}: {reason}")
        self.row = row


if __name__ == "__main__":
    print("pickled as:", BadRow(7, "no date").__reduce__())
    try:
        pickle.loads(pickle.dumps(BadRow(7, "no date")))
    except TypeError as error:
        print("TypeError:", error)

# %%
# An exception is rebuilt by calling its class with ``args``, and ``args`` is what
# ``Exception`` was given: one string. Now the same in a worker. The hook prints in one
# line what would be a traceback of the thread.


def check(row):
    if row == 7:
        raise BadRow(row, "no date")
    return row


def show(args):
    print(f"in {args.thread.name}: {args.exc_type.__name__}: {args.exc_value}")


if __name__ == "__main__":
    threading.excepthook = show
    pool = multiprocessing.Pool(2)
    for row in (7, 8):
        try:
            print(pool.apply_async(check, (row,)).get(timeout=1))
        except multiprocessing.TimeoutError:
            print(f"row {row}: no answer after 1 second")
    try:
        pool.terminate()
    except AssertionError as error:
        print("terminate: AssertionError:", error)
    threading.excepthook = threading.__excepthook__

# %%
# Row 8 is a good one, and got no answer either: nobody reads results any more. Without
# the timeout, both would have waited for ever
# (https://github.com/python/cpython/issues/79492).
#
# The executor does not hang. It breaks, and the cause says why:

if __name__ == "__main__":
    with ProcessPoolExecutor(2) as executor:
        try:
            executor.submit(check, 7).result()
        except BrokenProcessPool as error:
            print("BrokenProcessPool:", error)
            print("cause:", str(error.__cause__).removesuffix("'''").splitlines()[-1])

# %%
# The mend
# --------
# Give ``Exception`` the very arguments that the constructor takes, and make the
# message in ``__str__``:


class BadRowMended(Exception):
    def __init__(self, row, reason):
        super().__init__(row, reason)
        self.row, self.reason = row, reason

    def __str__(self):
        return f"row {self.row}: {self.reason}"


def check_mended(row):
    raise BadRowMended(row, "no date")


if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool:
        try:
            pool.apply(check_mended, (7,))
        except BadRowMended as error:
            print("BadRowMended:", error)

# %%
# If the class is not yours, catch it in the task and raise an exception that can
# travel, or give the class a ``__reduce__`` (:meth:`object.__reduce__`). A test costs
# one line for each exception of a library:
# ``pickle.loads(pickle.dumps(BadRow(7, "no date")))``.
