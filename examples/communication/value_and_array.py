"""
Shared numbers: Value and Array
===============================

A ``Value`` is one C number, an ``Array`` a row of them, in memory that parent and
children share. What a child writes there, the parent reads; with a list it does not.
"""

# sphinx_gallery_tags = ["Process", "Value", "Array", "default start method"]

import multiprocessing


def fill(total, squares, plain):
    for i in range(len(squares)):
        squares[i] = i * i
        plain[i] = i * i
    with total.get_lock():
        total.value += sum(squares)


if __name__ == "__main__":
    total = multiprocessing.Value("d", 0.5)  # a C double
    squares = multiprocessing.Array("i", 6)  # six C ints, all zero
    plain = [0] * 6
    child = multiprocessing.Process(target=fill, args=(total, squares, plain))
    child.start()
    child.join()
    print("Value:", total.value)
    print("Array:", squares[:])
    print("list: ", plain)

# %%
# The list came back as it was. The child filled a copy.
#
# Numbers of C, not of Python
# ---------------------------
# The letters are those of :mod:`array`. Such a number has a size, and an array has a
# length. What does not fit is cut off without a word, or refused:

if __name__ == "__main__":
    small = multiprocessing.Value("b", 127)  # a signed byte
    small.value += 1
    print("127 + 1 in a byte:", small.value)
    try:
        small.value = 0.5
    except TypeError as error:
        print("0.5 into an integer:", error)
    try:
        squares[6] = 36
    except IndexError as error:
        print("one more:", error)

# %%
# By inheritance only
# -------------------
# They can be handed to a process when it starts, and not later:

if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    try:
        sender.send(total)
    except RuntimeError as error:
        print(error)

# %%
# For a pool this means: not as an argument of a task, but through the initializer of
# the workers (:doc:`/gallery/pools/initializer_state`).
#
# What to do
# ----------
# - Use them for a counter, a flag, a progress report, a short row of numbers. For large
#   arrays take :doc:`shared memory </gallery/communication/shared_memory_numpy>`; for
#   anything else send messages.
# - Each comes with a lock. A single read or write takes it by itself; ``+=`` is a read
#   and a write, so hold it: ``with total.get_lock():``.
#   :doc:`/gallery/countdown/lost_updates` shows what is lost without.
# - If each process writes to its own places only, no lock is needed:
#   :func:`~multiprocessing.sharedctypes.RawArray` has none.
