# /// script
# requires-python = ">=3.11"
# dependencies = ["psycopg2-binary"]
# ///
"""
One connection to PostgreSQL, two processes
===========================================

A connection to a database that crosses a fork fails in one of two ways: the server can
no longer decrypt, or the answers go to the wrong process. Each worker needs a connection
of its own.

This is a real server, which the script makes, starts and ends: on 127.0.0.1, with TLS.
"""

# sphinx_gallery_by_hand = "it starts a PostgreSQL server"
# sphinx_gallery_needs = ["linux", "psycopg2"]
# sphinx_gallery_tags = ["fork", "sockets", "TLS", "PostgreSQL", "ProcessPoolExecutor"]
# sphinx_gallery_timeout = 60

import contextlib
import importlib.util
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (
    importlib.util.find_spec("psycopg2") and shutil.which("pg_config")
):
    print(
        "This example needs psycopg2, PostgreSQL's server, and pg_config on the PATH."
    )
    sys.exit()
# sphinx_gallery_end_ignore

fork = multiprocessing.get_context("fork")


@contextlib.contextmanager
def postgres():
    """Yield the settings of a connection to a new server; end it afterwards."""
    found = subprocess.run(["pg_config", "--bindir"], capture_output=True, text=True)
    programs = Path(found.stdout.strip())
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        run = {"cwd": folder, "stdout": subprocess.DEVNULL, "check": True}
        if os.geteuid() == 0:  # the server refuses to run as root
            run["user"] = "postgres"
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"
        init = [programs / "initdb", "-D", data, "-U", "reader", "--auth", "trust"]
        subprocess.run([*init, "--no-sync"], **run)
        key = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
        key += f" -out {data}/server.crt -keyout {data}/server.key"
        subprocess.run(key.split(), stderr=subprocess.DEVNULL, **run)
        options = f"-c ssl=on -c listen_addresses=127.0.0.1 -p {port} -k {folder}"
        control = [programs / "pg_ctl", "-D", data, "-w", "-l", f"{folder}/log"]
        subprocess.run([*control, "-o", options, "start"], **run)
        try:
            yield {"host": "127.0.0.1", "port": port, "user": "reader"}
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **run)


def ask(connection, question):
    with connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchone()[0]


def ask_and_print(connection, number):
    try:
        print("asked for", number, "and got", ask(connection, f"select {number}"))
    except psycopg2.Error as error:
        print(f"asked for {number}: {type(error).__name__}: {error}".rstrip())


if __name__ == "__main__":
    import psycopg2

    server = contextlib.ExitStack()
    settings = server.enter_context(postgres())
    connection = psycopg2.connect(dbname="postgres", sslmode="require", **settings)
    print(ask(connection, "select version()").split(" on ")[0])
    print(
        ask(connection, "select version from pg_stat_ssl where pid = pg_backend_pid()")
    )
    child = fork.Process(target=ask_and_print, args=(connection, 1))
    child.start()
    child.join()
    ask_and_print(connection, 2)

# %%
# The child was answered. The parent's next question is a message that the server cannot
# decrypt, as in :doc:`/gallery/fork_safety/tls_across_fork`. The traceback is the
# parent's, and its line is right.
#
# Without TLS
# -----------
# Four processes ask on the same connection, each for its own number:


def ask_often(connection, number):
    wrong = 0
    try:
        for _ in range(200):
            wrong += ask(connection, f"select {number}") != number
    except Exception as error:
        print(f"{type(error).__name__}: {error}".rstrip()[:150])
    print("process", number, "got", wrong, "answers of somebody else")


if __name__ == "__main__":
    connection = psycopg2.connect(dbname="postgres", sslmode="disable", **settings)
    connection.autocommit = True
    children = [fork.Process(target=ask_often, args=(connection, n)) for n in range(4)]
    for child in children:
        child.start()
    time.sleep(3)  # it takes a tenth of that
    for child in children:
        if child.is_alive():
            print("one still waits for an answer that somebody else has read")
            child.kill()
        child.join()

# %%
# What they read was right for whoever had asked, so no error comes with it. And who
# waits for an answer that another has read waits for ever.
#
# The mend
# --------


def start(settings):
    global own
    import psycopg2

    own = psycopg2.connect(dbname="postgres", sslmode="require", **settings)


def ask_by_own(number):
    return ask(own, f"select {number}")


if __name__ == "__main__":
    context = {"mp_context": fork, "initializer": start, "initargs": [settings]}
    with ProcessPoolExecutor(2, **context) as executor:
        print(list(executor.map(ask_by_own, range(6))))
    server.close()

# %%
# What to do
# ----------
# * Connect in the initializer of the pool, and in the hook of a server that forks:
#   :doc:`/guides/web_servers`.
# * With SQLAlchemy call ``engine.dispose(close=False)`` in the child (`its manual
#   <https://docs.sqlalchemy.org/en/20/core/pooling.html#using-connection-pools-with-multiprocessing-or-os-fork>`__).
# * `libpq <https://www.postgresql.org/docs/current/libpq-connect.html>`__, below psycopg2
#   and others, warns of a fork with open connections.
