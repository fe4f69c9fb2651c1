"""
Which thread survives the fork
==============================

The one thread of a forked child is a copy of the thread that called fork, whichever
that is. It need not have been the main thread of the parent.

It is often said that only the main thread goes on in the child. That is true when the
main thread forks, and so it seems to be a rule.
"""

# sphinx_gallery_tags = ["fork", "threads"]

import multiprocessing
import sys
import threading

if "fork" not in multiprocessing.get_all_start_methods():
    print("this script needs the start method fork")
    sys.exit(0)

local = threading.local()


def child():
    print("the child's threads:", [t.name for t in threading.enumerate()])
    print("its only thread is its main thread:", is_main())
    print("it remembers:", local.note)


def is_main():
    return threading.current_thread() is threading.main_thread()


def start_child():
    local.note = f"I was {threading.current_thread().name} when I forked"
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join()


if __name__ == "__main__":
    start_child()
    print("---")
    thread = threading.Thread(target=start_child, name="second thread")
    thread.start()
    thread.join()

# %%
# In the second child, the copy of ``second thread`` is the main thread. It has the local
# data of that thread, and where it forked is where it goes on. The main thread
# of the parent has no copy; whatever it held, it holds in the child for ever
# (:doc:`/gallery/fork_safety/lock_at_fork`).
#
# Why it matters
# --------------
# A web server or a debugger may call your code in a thread. If that forks, the thread
# that is missing in the child is the main one, with the locks that it had at that
# moment.
#
# Said about this, and tested: :ref:`folklore-main-thread`.
