"""
Listener and Client: whom to let in
===================================

A ``Listener`` accepts connections from programs that it did not start. The key decides
who may talk, and it must, because who may send you a pickle may run code in your
process.
"""

# sphinx_gallery_tags = ["Process", "Listener", "security", "default start method"]

import json
import multiprocessing
import secrets
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener


def serve(key, ready):
    with Listener(("127.0.0.1", 0), authkey=key) as listener:
        ready.send(listener.address)
        message = None
        while message != "stop":
            try:
                with listener.accept() as connection:
                    message = connection.recv()
                    print("received:", message)
                    connection.send("thanks")
            except AuthenticationError as error:
                print("refused:", error)


if __name__ == "__main__":
    key = secrets.token_bytes(32)
    receiver, sender = multiprocessing.Pipe(duplex=False)
    server = multiprocessing.Process(target=serve, args=(key, sender), name="server")
    server.start()
    address = receiver.recv()

    try:
        Client(address, authkey=b"guessed")
    except AuthenticationError as error:
        print("AuthenticationError:", error)
    with Client(address, authkey=key) as client:
        client.send({"with": "the key"})
        print("answer:", client.recv())

# %%
# The first client has guessed the key, the second one has it. The server listens on a
# port of this machine only (``127.0.0.1``; port 0 lets the system choose a free one).
# Each side makes the other prove that it has the key, and the key itself is never sent.
# A wrong key ends the connection before anything is unpickled. The server must catch
# that exception, or the first stranger stops it.
#
# Why it matters
# --------------
# A pickle says which functions to call to rebuild an object. It need not be honest.
# This object asks for ``print``; it could as well ask for :func:`os.system`:


class Gift:
    def __reduce__(self):
        return print, ("this line was chosen by the sender",)


if __name__ == "__main__":
    for message in (Gift(), "stop"):
        with Client(address, authkey=key) as client:
            client.send(message)
            client.recv()
    server.join()

# %%
# Look at which process printed the sender's line: the server did. What it *received* is
# the return value of ``print``.
#
# Bytes do nothing
# ----------------
# ``send_bytes`` and ``recv_bytes`` do not pickle. Put a format into them that is only
# data:

if __name__ == "__main__":
    here, there = multiprocessing.Pipe()
    here.send_bytes(json.dumps({"count": 10}).encode())
    print("from bytes:", json.loads(there.recv_bytes()))
    here.send_bytes(b"not what you expect")
    try:
        json.loads(there.recv_bytes())
    except ValueError as error:
        print("refused:", error)

# %%
# What to do
# ----------
# - Always pass ``authkey``, a long random one, and keep it as you would keep a
#   password. Without it a ``Listener`` lets everybody in.
# - The key says who talks. It does not hide what is said: nothing is encrypted.
#   Between machines use a tunnel (TLS, SSH).
# - With the key comes full power. Where you do not trust the other program entirely,
#   exchange bytes. The warning in the documentation of
#   :meth:`~multiprocessing.connection.Connection.recv` is meant.
#
# Said about this, and tested: :ref:`folklore-authkey`.
