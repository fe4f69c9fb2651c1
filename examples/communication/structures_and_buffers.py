"""
Records in shared memory, and bytes into a buffer
=================================================

:func:`multiprocessing.Array` takes a :class:`ctypes.Structure`, so that several
processes can share a table of records with names and types.
:meth:`~multiprocessing.connection.Connection.recv_bytes_into` writes what comes through
a pipe into memory that is there already, instead of making a new object of it.
"""

# sphinx_gallery_tags = ["Array", "sharedctypes", "Pipe", "recv_bytes_into"]

import ctypes
import multiprocessing
from multiprocessing import sharedctypes


class Account(ctypes.Structure):
    _fields_ = [("number", ctypes.c_int), ("balance", ctypes.c_double)]


def pay(accounts, amount):
    for _ in range(1000):
        with accounts:  # the lock of the whole table
            accounts[0].balance -= amount
            accounts[1].balance += amount


def show(accounts):
    print(
        *[f"{account.number}: {account.balance:.0f}" for account in accounts], sep=", "
    )


if __name__ == "__main__":
    accounts = multiprocessing.Array(Account, [(1, 5000), (2, 0)])
    children = [
        multiprocessing.Process(target=pay, args=(accounts, amount))
        for amount in (1, 2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join()
    show(accounts)
    print("the sum is unharmed:", sum(account.balance for account in accounts) == 5000)

# %%
# Two children changed two records a thousand times, and no payment was lost: the array
# brings a lock, which is held in ``with accounts``. :mod:`multiprocessing.sharedctypes`
# has the same without a lock, ``RawArray`` and ``RawValue``, for what only one process
# writes; and ``copy``, to take a record out before it changes:

if __name__ == "__main__":
    before = sharedctypes.copy(accounts[0])
    accounts[0].balance = 0
    print(f"the copy {before.balance:.0f}, the record {accounts[0].balance:.0f}")
    print("a RawValue has a lock:", hasattr(sharedctypes.RawValue("i", 1), "get_lock"))

# %%
# Into a buffer
# -------------
# The receiver makes its buffer once. A message that does not fit is an error, and the
# exception has it, so that it is not lost:


def send(pipe):
    for message in (b"short", b"x" * 50):
        pipe.send_bytes(message)


if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.Process(target=send, args=(sender,))
    child.start()
    buffer = bytearray(20)
    size = receiver.recv_bytes_into(buffer, 10)
    print(f"{size} bytes, from the tenth on:", bytes(buffer[10 : 10 + size]))
    try:
        receiver.recv_bytes_into(buffer)
    except multiprocessing.BufferTooShort as error:
        print("BufferTooShort, with the whole message:", len(error.args[0]), "bytes")
    child.join()

# %%
# What to do
# ----------
# - For one number or many of one type: :doc:`/gallery/communication/value_and_array`.
# - A structure holds numbers and bytes of a fixed length. A pointer in it means nothing
#   in another process.
# - With NumPy a structured array over a block of shared memory does the same:
#   :doc:`/gallery/communication/shared_memory_numpy`.
