"""
Which start method is the default here
======================================

The default start method depends on the platform and on the version of Python, so the
same program can start its children in three different ways. A program that does not
choose gets the first entry of :func:`multiprocessing.get_all_start_methods`.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "default"]

import multiprocessing
import platform
import sys

if __name__ == "__main__":
    print("Python", platform.python_version(), "on", platform.system())
    print("available, default first:", multiprocessing.get_all_start_methods())

# %%
# Asking has a side effect. :func:`multiprocessing.get_start_method` answers for the
# whole program, and so it fixes the answer. With ``allow_none=True`` it only looks.

if __name__ == "__main__":
    look = multiprocessing.get_start_method(allow_none=True)
    print("before anybody asked:", look)
    print("asked:", multiprocessing.get_start_method())
    look = multiprocessing.get_start_method(allow_none=True)
    print("afterwards:", look)

# %%
# A child can tell how it came into being. :data:`sys.orig_argv` holds the command line
# of the interpreter that it runs in.


def report():
    print("my interpreter was started with:", " ".join(sys.orig_argv[1:])[:60])


if __name__ == "__main__":
    process = multiprocessing.Process(target=report)
    process.start()
    process.join()

# %%
# What to look at
# ---------------
# A command line that ends in the name of this script means fork: the child is a copy
# of the parent and did not start an interpreter at all. ``multiprocessing.forkserver``
# means that a server process was started first, and that the child is a copy of that
# server. ``multiprocessing.spawn`` means a new interpreter for this one child.
#
# ============== ========== ======== ==========
# Python         Linux      macOS    Windows
# ============== ========== ======== ==========
# 3.4 to 3.7     fork       fork     spawn
# 3.8 to 3.13    fork       spawn    spawn
# 3.14 and later forkserver spawn    spawn
# ============== ========== ======== ==========
#
# The sources are the
# :ref:`list of start methods <python:multiprocessing-start-methods>` and
# :ref:`What's New in 3.14 <python:whatsnew314-multiprocessing-start-method>`.
# Since 3.14.9 and 3.15.1 the default is spawn where there is no temporary directory to
# write to (https://github.com/python/cpython/issues/155717).
#
# A program that runs on more than one of these either works with every method, or
# says which one it needs: :doc:`/gallery/start_methods/choosing`.
#
# Said about this, and tested: :ref:`folklore-new-vm`; :ref:`folklore-windows-spawn`.
