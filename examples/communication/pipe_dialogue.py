"""
A dialogue through a pipe
=========================

A pipe joins exactly two ends. It is the simplest way for two processes to talk, and
the only one here that tells you when the other has gone.

A child guesses the number that the parent thinks of:
"""

# sphinx_gallery_tags = ["Process", "Pipe", "default start method"]

import multiprocessing
import os


def guess(connection):
    low, high, answer = 1, 100, None
    while answer != "yes":
        middle = (low + high) // 2
        connection.send(middle)
        answer = connection.recv()
        if answer == "more":
            low = middle + 1
        else:
            high = middle - 1


if __name__ == "__main__":
    secret = 37
    here, there = multiprocessing.Pipe()
    child = multiprocessing.Process(target=guess, args=(there,))
    child.start()
    answer = None
    while answer != "yes":
        number = here.recv()
        answer = "yes" if number == secret else "more" if number < secret else "less"
        print(f"{number}? {answer}")
        here.send(answer)
    child.join()

# %%
# Each ``recv`` waits for a ``send`` of the other side. Any object that can be pickled
# may be sent.
#
# When the other side dies
# ------------------------
# ``recv`` raises :exc:`EOFError` when the other end is closed *in every process*. The
# parent has a copy of the child's end. Here a child dies after its first word, once
# while the parent keeps that copy open and once after it has closed it:


def die_early(sender):
    sender.send("first word")
    os._exit(1)


if __name__ == "__main__":
    for close in (False, True):
        receiver, sender = multiprocessing.Pipe(duplex=False)
        child = multiprocessing.Process(target=die_early, args=(sender,))
        child.start()
        if close:
            sender.close()
        print("the parent has closed its copy:", close)
        print("   received:", receiver.recv())
        child.join()
        if not close:
            print("   the child is dead; news within 0.5 s:", receiver.poll(0.5))
            sender.close()
        try:
            receiver.recv()
        except EOFError:
            print("   EOFError: nobody is left who could send")

# %%
# What to look at
# ---------------
# In the first round the child is dead and the parent hears nothing
# (:meth:`~multiprocessing.connection.Connection.poll` waits with a limit). ``recv``
# would wait for ever, for a word that only the parent itself could still say. As soon
# as the copy is closed, ``recv`` reports the end at once.
#
# What to do
# ----------
# - Close the child's end in the parent directly after ``start``.
# - Under ``fork``, children that start later inherit every end that is still open in
#   the parent, and keep it open: one more reason to close early.
# - To wait for several pipes, or for a message or the child's death, whichever is
#   first, use :func:`multiprocessing.connection.wait`; ``child.sentinel`` can be in its
#   list.
# - Let only one process write to an end. For many writers take
#   :doc:`a queue </gallery/communication/queue_of_work>`: it is a pipe with locks.
