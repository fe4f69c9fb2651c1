"""
Choose a start method, once or by context
=========================================

A program can set the start method once; a second attempt raises :exc:`RuntimeError`.
:func:`multiprocessing.set_start_method` is for the program's own main module. Everything
else, and every program that needs two methods, asks for a context.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "context"]

import multiprocessing
import sys


def report():
    name = multiprocessing.current_process().name
    print(f"{name}: {' '.join(sys.orig_argv[1:])[:50]}")


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    process = multiprocessing.Process(target=report, name="by set_start_method")
    process.start()
    process.join()

    try:
        multiprocessing.set_start_method("spawn")
    except RuntimeError as error:
        print("RuntimeError:", error)

# %%
# The second call asked for the very same method and failed all the same.
#
# Who set it first?
# -----------------
# Often nobody did, knowingly. Whatever needs the start method fixes it: making a lock
# or a queue is enough. ``set_start_method(None, force=True)`` undoes the setting, which
# is for tests rather than for programs.

if __name__ == "__main__":
    multiprocessing.set_start_method(None, force=True)
    print("set:", multiprocessing.get_start_method(allow_none=True))
    multiprocessing.Lock()
    print("set after Lock():", multiprocessing.get_start_method(allow_none=True))
    try:
        multiprocessing.set_start_method("spawn")
    except RuntimeError as error:
        print("RuntimeError:", error)
    multiprocessing.set_start_method("spawn", force=True)
    print("forced:", multiprocessing.get_start_method())

# %%
# ``force=True`` silences the error. It does not change the locks and queues that exist
# already, and one made under fork cannot be sent to a spawned child.
#
# A context instead
# -----------------
# :func:`multiprocessing.get_context` returns an object with the same names as the
# module: ``Process``, ``Pool``, ``Queue``, ``Lock`` and so on. It sets nothing, so
# several contexts can be used in one program.

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        process = context.Process(target=report, name=f"by context {method}")
        process.start()
        process.join()
    print("still set:", multiprocessing.get_start_method())

    try:
        multiprocessing.get_context("vfork")
    except ValueError as error:
        print("ValueError:", error)

# %%
# What to do
# ----------
# * In a program, call ``set_start_method`` as the first statement under
#   ``if __name__ == "__main__":``, before anything makes a lock or a queue. Outside
#   that guard a spawned child would run it again.
# * In a library, never call it. Take a context as an argument:
#   :doc:`/gallery/start_methods/library_context`.
# * Use one context for a process and for everything that is handed to it.
#
# Before 3.13.12 and 3.14.3, starting a process of a ``spawn`` context also fixed the
# program's own start method (https://github.com/python/cpython/issues/109263).
# Another reason to call ``set_start_method`` first, or not at all.
#
# Said about this, and tested: :ref:`folklore-new-vm`; :ref:`folklore-set-start-method`.
