# /// script
# requires-python = ">=3.14"
# ///
"""
A thread in the forkserver
==========================

A forkserver is safe to fork only as long as it has no threads, and it gets one if the
import of your main file starts one. Since Python 3.13.8 and 3.14.1 the server imports
that file, with all that it imports, before it forks the first child
(https://github.com/python/cpython/issues/126631). The thread stays in the server, and
the children hang as forked children do.

Here a thread pool is made and used while the file is imported, as by a library that
reports "program started" to somewhere:
"""

# sphinx_gallery_needs = ["python>=3.14"]
# sphinx_gallery_tags = ["forkserver", "spawn", "threads", "preload", "ThreadPoolExecutor"]

import faulthandler
import functools
import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

# sphinx_gallery_start_ignore
if __name__ == "__main__" and sys.version_info < (3, 14):
    print("This example needs Python 3.14 or later.")
    raise SystemExit
if "forkserver" not in multiprocessing.get_all_start_methods():
    print("This system has no forkserver: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
executor = ThreadPoolExecutor(1)
executor.submit(len, "program started").result()


def child():
    faulthandler.dump_traceback_later(1, exit=True)
    print("the child's threads:", [thread.name for thread in threading.enumerate()])
    print("reported", executor.submit(len, "child started").result(), "characters")


def start(method, function):
    process = multiprocessing.get_context(method).Process(target=function)
    process.start()
    process.join()
    print(f"{method}: exit code {process.exitcode}")


if __name__ == "__main__":
    start("spawn", child)
    start("forkserver", child)

# %%
# The spawned child imported the file itself, and so it started a thread of its own. The
# other is a copy of the server. It has the executor, which counts on a thread that is
# not there: see :doc:`/gallery/fork_safety/thread_pool_in_parent`.
#
# The mend is to start a thread when it is first needed, and not while a file is
# imported. Then a child starts its own:


@functools.cache
def get_executor():
    return ThreadPoolExecutor(1)


def careful_child():
    faulthandler.dump_traceback_later(1, exit=True)
    reported = get_executor().submit(len, "child started").result()
    print("reported", reported, "characters")


if __name__ == "__main__":
    start("forkserver", careful_child)

# %%
# If it is a library that starts the thread, and you must import it, let the server
# import nothing. Its children then import the file themselves, which takes longer for
# each. A program has one forkserver, so this runs in a process of its own:


def program_without_preload():
    multiprocessing.set_forkserver_preload([])
    start("forkserver", child)


if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(
        target=program_without_preload
    )
    process.start()
    process.join()

# %%
# What to look at
# ---------------
# The main thread was alone in the child that hung. No warning came, since the fork is
# outside of ``__main__`` (:doc:`/gallery/fork_safety/fork_warning`). Run Python with
# ``-W always::DeprecationWarning``, and the server tells that it has threads.
#
# A program that ran well with ``forkserver`` on Python 3.13.7 may meet this after an
# upgrade. The server does not run what stands under the guard,
# ``if __name__ == "__main__":``, so a thread may be started there.
