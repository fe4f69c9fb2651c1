"""
An exception in a child
=======================

An exception in a child ends the child and nothing else. Its traceback is printed, the
exit code becomes 1, and the parent goes on as if all were well.
"""

# sphinx_gallery_tags = ["Process", "ProcessPoolExecutor", "default start method"]

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def countdown(count):
    while True:
        print("one part in", count, "is", 1 / count)
        count -= 1


if __name__ == "__main__":
    try:
        child = multiprocessing.Process(target=countdown, args=(2,))
        child.start()
        child.join()
    except ZeroDivisionError:
        print("this line is never printed")
    print("the parent goes on; exit code", child.exitcode)

# %%
# The traceback comes from the child. The ``except`` around ``start`` and ``join``
# caught nothing: the exception was in another process.
#
# Bring it over by hand
# ---------------------
# Catch it in the child, send it through a pipe, raise it in the parent:


def report(connection, function, *args):
    try:
        connection.send(("result", function(*args)))
    except Exception as error:
        connection.send(("error", error))


if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=report, args=(sender, countdown, 2))
    child.start()
    kind, value = receiver.recv()
    child.join()
    print(kind, repr(value), "with traceback:", value.__traceback__)

# %%
# The exception arrived and can be raised again. Its traceback did not: it refers to
# frames of the other process, and pickling leaves it behind. And this sketch waits
# for ever if the child is killed before it sends:
# :doc:`/gallery/communication/pipe_dialogue` shows how to be told.
#
# Let an executor do it
# ---------------------
# :class:`concurrent.futures.ProcessPoolExecutor` does both: it hands over the result or
# the exception, with the child's traceback as text in ``__cause__``, and it notices
# when a child dies.

if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=1) as executor:
        future = executor.submit(countdown, 2)
        try:
            future.result()
        except ZeroDivisionError as error:
            print("caught in the parent:", repr(error))
            print("its cause:", type(error.__cause__).__name__)
            for line in str(error.__cause__).splitlines():
                if "1 / count" in line:
                    print("it failed in this line:", line.strip())

# %%
# What to do
# ----------
# If you want a result, use an executor; it was made for that. If you want a process
# that does something on its own, use ``Process``, and check ``exitcode`` after
# ``join``: :doc:`/gallery/countdown/exit_codes`.
