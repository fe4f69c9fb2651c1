"""
Closed is closed
================

A pool, an executor, a queue, a connection and a process can each be closed, and cannot
be used afterwards. The messages differ, the mistake is the same: the block has ended,
and something is still asked of it.
"""

# sphinx_gallery_tags = ["Pool", "ProcessPoolExecutor", "Queue", "Pipe", "Process"]

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor


def attempt(name, call, *arguments):
    try:
        print(f"{name}:", call(*arguments))
    except Exception as error:
        text = re.sub(r"0x\w+", "0x...", str(error))
        print(f"{name}: {type(error).__name__}: {text}")


if __name__ == "__main__":
    with multiprocessing.Pool(1) as pool:
        pass
    with ProcessPoolExecutor(1) as executor:
        pass
    queue = multiprocessing.Queue()
    queue.close()
    connection, other = multiprocessing.Pipe()
    connection.close()

    attempt("pool", pool.map, abs, [-1])
    attempt("executor", executor.submit, abs, -1)
    attempt("queue", queue.put, 1)
    attempt("connection", connection.send, 1)

# %%
# The usual cause is an indentation: the line stands below the ``with`` block and belongs
# into it. The second is a pool that is kept in an object, which is closed by one of its
# users while another goes on.
#
# A process may be closed when it has ended; that frees what belongs to it at once.


def wait(event):
    event.wait()


if __name__ == "__main__":
    event = multiprocessing.Event()
    process = multiprocessing.Process(target=wait, args=(event,))
    process.start()
    attempt("close a running process", process.close)
    event.set()
    process.join()
    process.close()
    attempt("the exit code of a closed one", getattr, process, "exitcode")

# %%
# A pool is joined only after it was closed or terminated. The order matters:

if __name__ == "__main__":
    pool = multiprocessing.Pool(1)
    attempt("join first", pool.join)
    pool.close()
    attempt("close, then join", pool.join)

# %%
# What to do
# ----------
# Make the pool once, near the top of the program, and give it to those who need it. Only
# who made it closes it. On Python 3.7 and before, a closed queue raised
# ``AssertionError`` instead of ``ValueError``.
