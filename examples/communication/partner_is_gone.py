"""
The partner is gone: broken pipe
================================

Who writes to a partner that has left gets ``BrokenPipeError``. Who reads from it gets
``EOFError``, or ``ConnectionResetError`` if the partner left something unread.

The pipes of this script are two-way, the default, and thus sockets on POSIX systems.
"""

# sphinx_gallery_tags = ["Process", "Pipe", "default start method"]

import multiprocessing
import multiprocessing.connection


def leave(connection):
    pass


def leave_unread(connection):
    connection.poll(5)


def talk(partner, message=None):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=partner, args=(there,))
    process.start()
    there.close()
    if message:
        here.send(message)
    process.join()
    for name, call in {"recv": here.recv, "send": lambda: here.send("hello")}.items():
        try:
            call()
            print(f"   {name}: no error")
        except (EOFError, OSError) as error:
            print(f"   {name}: {type(error).__name__} {error}")


if __name__ == "__main__":
    print("the child has left:")
    talk(leave)
    print("the child has left without reading our message:")
    talk(leave_unread, "are you there?")

# %%
# None of them says *why* the child is gone. That stands in its exit code and in its
# traceback, if it had the time to print one. A child that was killed prints nothing.
#
# The reader hears of it only because the parent has closed its own copy of the child's
# end (``there.close()``): as long as anybody has that end open, the system waits for
# news (:doc:`/gallery/communication/pipe_dialogue`).
#
# A pipe and a watch
# ------------------
# Wait for the message and for the end of the child at once:

if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=leave, args=(there,))
    process.start()
    ready = multiprocessing.connection.wait([here, process.sentinel], timeout=5)
    print("the child has ended:", process.sentinel in ready)
    process.join()
    print("exit code:", process.exitcode)

# %%
# What to do
# ----------
# Treat the three exceptions alike: the conversation is over. Then look at
# :attr:`~multiprocessing.Process.exitcode`. If they come out of a manager's proxy, its
# server process is gone; out of a pool's helper thread, the program is ending.
