"""
Preloading modules in the forkserver
====================================

A forkserver can import modules before it forks, and then its children have them from
the start. :func:`multiprocessing.set_forkserver_preload` names them. It has to be
called before the first child is started.

Each measurement below runs in a process of its own, because a program has one
forkserver and that cannot be changed once it runs.
"""

# sphinx_gallery_tags = ["forkserver", "preload", "measured"]
# sphinx_gallery_parallel = False
# sphinx_gallery_timeout = 90

import importlib
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

MODULES = ["asyncio", "ctypes", "sqlite3", "unittest.mock", "xmlrpc.server"]


def work(connection):
    already = [name for name in MODULES if name in sys.modules]
    for name in MODULES:
        importlib.import_module(name)
    connection.send(len(already))


def measure(preload, options=None):
    """Start children of a forkserver that has these modules preloaded."""
    context = multiprocessing.get_context("forkserver")
    if preload is not None:
        context.set_forkserver_preload(preload, **(options or {}))
    times = []
    for _ in range(6):
        receiver, sender = context.Pipe(duplex=False)
        begin = time.perf_counter()
        process = context.Process(target=work, args=(sender,))
        process.start()
        sender.close()  # so that recv() ends if the child does
        found = receiver.recv()
        process.join()
        times.append((time.perf_counter() - begin) * 1000)
    print(f"found {found} of {len(MODULES)} modules imported already")
    print(f"first child {times[0]:.0f} ms, then {statistics.median(times[1:]):.1f} ms")


def in_new_process(*args):
    process = multiprocessing.get_context("spawn").Process(target=measure, args=args)
    process.start()
    process.join()


if __name__ == "__main__":
    if "forkserver" not in multiprocessing.get_all_start_methods():
        print("no forkserver on", sys.platform)
        sys.exit()
    in_new_process(None)

# %%
# Without a preload each child imports the modules again. Now the server imports them,
# once, while the first child waits for it:

if __name__ == "__main__":
    in_new_process(["__main__", *MODULES])

# %%
# The list begins with ``"__main__"``. That is the entry a forkserver has by default, and
# a list of your own replaces it. Leave it out, and every child imports the main module
# for itself.
#
# A name that does not exist
# --------------------------
# A preload that raises :exc:`ImportError` is not an error: the child will import the
# module itself, or raise its own exception. So a misspelled name goes unnoticed. Python
# 3.15 can warn, if warnings of this kind are shown, or fail.

if __name__ == "__main__":
    print("preload with a misspelled name:")
    in_new_process(["__main__", "asincio"])

    if sys.version_info >= (3, 15):
        os.environ["PYTHONWARNINGS"] = "always::ImportWarning"
        in_new_process(["__main__", "asincio"], {"on_error": "warn"})
    else:
        print("on_error is new in Python 3.15")

# %%
# A module that raises
# --------------------
# Any other exception of a preloaded module ends the server, and what the parent then
# gets to see does not tell of it. The exception itself is on stderr only:


def start_with_broken_preload():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "broken_module.py").write_text("raise ValueError('my mistake')")
        sys.path.insert(0, folder)  # the server is told of it since Python 3.14;
        os.environ["PYTHONPATH"] = folder  # earlier ones look here
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["broken_module"])
        process = context.Process(target=print, args=("the child runs",))
        try:
            process.start()
            process.join()
            print("exit code of the child:", process.exitcode)
        except (EOFError, OSError) as error:
            print(f"start() raised {type(error).__name__}:", error)


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(
        target=start_with_broken_preload
    )
    process.start()
    process.join()

# %%
# What to look at
# ---------------
# Each measurement has two numbers: the first child, which also waits for the server to
# start, and the median of the later ones. With the preload the server imports everything
# before it serves, and the later children find it all: compare their times with those
# of the first measurement.
#
# Preload what is slow to import and harmless to have imported. A module that starts a
# thread, opens a connection or takes a lock while it is imported does not belong here:
# every child is forked from that server. The main module is preloaded, too, and
# :doc:`/gallery/fork_safety/thread_in_forkserver` shows what then happens.
