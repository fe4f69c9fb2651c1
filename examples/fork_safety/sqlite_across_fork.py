"""
SQLite across a fork
====================

A SQLite connection that a forked child inherits need not be written to in order to do
harm: a child that closes it breaks the parent's transaction. The feared corruption by
two writers is harder to provoke.

The feared case first. Four children write through the connection of the parent, at the
same time, three databases in turn:
"""

# sphinx_gallery_tags = ["fork", "sqlite3"]

import multiprocessing
import os
import sqlite3
import tempfile

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")


def new_database(path):
    connection = sqlite3.connect(path, timeout=10)
    connection.execute("CREATE TABLE t (n)")
    connection.commit()
    return connection


def run_children(count, function, connection):
    children = [fork.Process(target=function, args=(connection,)) for _ in range(count)]
    for process in children:
        process.start()
    for process in children:
        process.join()


def look(path):
    connection = sqlite3.connect(path)
    (check,) = connection.execute("PRAGMA integrity_check").fetchone()
    (rows,) = connection.execute("SELECT count(*) FROM t").fetchone()
    connection.close()
    return f"{rows} rows, integrity check: {check}"


def write_rows(connection):
    for n in range(10):
        connection.execute("INSERT INTO t VALUES (?)", (n,))
        connection.commit()


if __name__ == "__main__":
    folder = tempfile.TemporaryDirectory()
    for number in range(3):
        path = os.path.join(folder.name, f"written{number}.sqlite")
        connection = new_database(path)
        run_children(4, write_rows, connection)
        connection.close()
        print(look(path))

# %%
# Four times ten rows would be right. Intact databases here prove nothing for other
# systems, modes and versions: SQLite's documentation counts a connection carried across
# a fork among the ways to corrupt one
# (https://www.sqlite.org/howtocorrupt.html, section 2.6).
#
# Now the harmless-looking case. The parent is in a transaction. The child does not need
# the connection and closes it, which looks like good manners:


def close(connection):
    connection.close()


if __name__ == "__main__":
    for number in range(5):
        path = os.path.join(folder.name, f"closed{number}.sqlite")
        connection = new_database(path)
        connection.execute("INSERT INTO t VALUES (1)")
        run_children(1, close, connection)
        try:
            connection.commit()
            print("commit went well", end="; ")
        except sqlite3.Error as error:
            print("commit:", type(error).__name__, error, end="; ")
        connection.close()
        print(look(path))
    folder.cleanup()

# %%
# What to look at
# ---------------
# The child rolled back what it believed to be its own transaction, and removed its
# journal from the disk. The parent's commit found the journal gone and failed. Compare
# what it was told with the number of rows: after such an error you know neither.
#
# A rollback in the child does the same. There is no polite way to put down an inherited
# connection. Open one in each process that needs it, after it has started. Under
# ``spawn`` and ``forkserver`` you cannot break this rule by accident, as a connection
# cannot be pickled (:doc:`/gallery/start_methods/pickling_errors`).
#
# Said about this, and tested: :ref:`folklore-sqlite`.
