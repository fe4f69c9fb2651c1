"""
One TLS connection, two processes
=================================

An encrypted connection has a state on each side that changes with each message. After a
fork there are two copies of one side. As soon as both have sent something, the server
cannot decrypt: ``decryption failed or bad record mac``.

A server with a certificate of its own answers on 127.0.0.1, in capitals. The parent
connects, asks, and lets a child ask on the same connection.
"""

# sphinx_gallery_tags = ["fork", "sockets", "TLS", "ProcessPoolExecutor"]

import multiprocessing
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods() or not shutil.which("openssl"):
    print("This example needs fork, and the program openssl to make a certificate.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")


def server(report):
    """Serve until killed; report where, and the certificate to trust."""
    with tempfile.TemporaryDirectory() as folder:
        files = [f"{folder}/certificate.pem", f"{folder}/key.pem"]
        command = (
            "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
        )
        command += " -addext subjectAltName=DNS:localhost -out {} -keyout {}"
        subprocess.run(command.format(*files).split(), check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*files)
        certificate = Path(files[0]).read_text()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        report.send((listener.getsockname(), certificate))
        while True:
            client, _ = listener.accept()
            threading.Thread(target=serve, args=(client, context), daemon=True).start()


def serve(client, context):
    try:
        with context.wrap_socket(client, server_side=True) as connection:
            while text := connection.recv(100):
                connection.sendall(text.upper())
    except OSError as error:
        print(f"{type(error).__name__}: {error}")


def connect(address, certificate):
    context = ssl.create_default_context(cadata=certificate)
    plain = socket.create_connection(address)
    return context.wrap_socket(plain, server_hostname="localhost")


def ask(connection, text):
    connection.sendall(text)
    return connection.recv(100)


def ask_and_print(connection, text):
    try:
        print(ask(connection, text))
    except OSError as error:
        print(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    receiver, sender = multiprocessing.Pipe(duplex=False)
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=server, args=[sender], name="server", daemon=True)
    process.start()
    where = receiver.recv()
    connection = connect(*where)
    print(connection.version(), "by", " ".join(ssl.OPENSSL_VERSION.split()[:2]))
    ask_and_print(connection, b"before the fork")
    child = fork.Process(target=ask_and_print, args=(connection, b"in the child"))
    child.start()
    child.join()
    ask_and_print(connection, b"in the parent")
    connection.close()

# %%
# Each message is numbered, and its number goes into the encryption without being sent.
# The child sent the next one. Then the parent sent one of the same number, and the
# server expected one more. It gives up the connection and tells the other side, which
# says the same. Newer versions of OpenSSL call it ``record layer failure``.
#
# Without encryption nobody would have noticed: the answers then go to whoever reads
# first (:doc:`/gallery/fork_safety/one_connection_two_processes`).
#
# A pool of workers gets the error in the same way, from whatever the parent had open: a
# connection to a database, a session of an HTTP library, a client of a cloud.
#
# The mend
# --------
# A connection for each process, made after the fork:


def start(where):
    global own
    own = connect(*where)


def ask_by_own(text):
    return ask(own, text)


if __name__ == "__main__":
    context = {"mp_context": fork, "initializer": start, "initargs": [where]}
    with ProcessPoolExecutor(2, **context) as executor:
        print(list(executor.map(ask_by_own, [b"one", b"two", b"three"])))

# %%
# What to look at
# ---------------
# The child's question was answered. The error came later, and to the other process: who
# reads the traceback finds a line that is right.
#
# For a library that keeps a pool of connections, empty it in the child. SQLAlchemy's is
# ``engine.dispose(close=False)``; the documentation of your library has its own.
# With ``spawn`` and ``forkserver`` there is no copy, and a connection that is passed as
# an argument is refused.
