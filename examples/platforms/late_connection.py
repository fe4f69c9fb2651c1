"""
A connection that arrives too late
==================================

On Windows whoever receives a connection fetches it from the process that sent it. If
that has ended, the receiver gets ``PermissionError: [WinError 5]``.

A child makes a pipe, sends one end of it to its parent, and ends.
"""

# sphinx_gallery_needs = ["windows"]
# sphinx_gallery_timeout = 120
# sphinx_gallery_tags = ["spawn", "Windows", "Pipe", "PermissionError"]

import multiprocessing
import sys
import traceback

# sphinx_gallery_start_ignore
if sys.platform != "win32":
    print("This example needs Windows, where a connection is fetched from its sender.")
    raise SystemExit
# sphinx_gallery_end_ignore


def answer(channel, stay):
    mine, yours = multiprocessing.Pipe()
    channel.send(yours)
    mine.send("the answer")
    if stay:
        channel.recv()  # until the parent says that it has the connection


if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=answer, args=(there, False))
    child.start()
    child.join()
    try:
        here.recv()
    except PermissionError:
        traceback.print_exc(file=sys.stdout)

# %%
# What came through the pipe is a number, and the child's pid. ``recv()`` asks that
# process for the handle behind the number, and there is no such process any more.
#
# The mend
# --------
# The sender stays until the receiver says that it has it:

if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=answer, args=(there, True))
    child.start()
    connection = here.recv()
    here.send("thanks")
    child.join()
    print(connection.recv())

# %%
# What to look at
# ---------------
# The frames: ``rebuild_pipe_connection``, ``detach``, ``DuplicateHandle``. The same happens to
# tensors of PyTorch, events and sockets that go through a queue when the worker that put
# them has ended. Where it can be chosen, make the pipe in the parent and hand it to
# ``Process``: then nothing is fetched from the child.
