"""
Not my child
============

A ``Process`` object belongs to the process that started it. Its copy in a forked child
refuses to be used: ``can only test a child process``.

This message is met in programs that never touch a ``Process`` in a child. There it
comes from an object that cleans up when it is collected, such as a loader of data with
workers. The fork copies that object, too, and the copy tries to clean up in the child.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["fork", "Process"]

import multiprocessing
import os
import sys
import time

if "fork" not in multiprocessing.get_all_start_methods():
    print("this script needs the start method fork")
    sys.exit(0)


class Loader:
    def __init__(self, context):
        self.worker = context.Process(target=time.sleep, args=(60,))
        self.worker.start()

    def close(self):
        if self.worker.is_alive():
            self.worker.terminate()
        self.worker.join()


def child(loader):
    for call in (loader.worker.is_alive, loader.worker.join, loader.close):
        try:
            call()
        except AssertionError as error:
            print(f"{call.__name__}: AssertionError: {error}")
    print("exit code:", loader.worker.exitcode)


if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    loader = Loader(context)
    process = context.Process(target=child, args=(loader,))
    process.start()
    process.join()
    print("in the parent it is alive:", loader.worker.is_alive())

# %%
# The assertion protects you: the worker is a child of the parent, and a sibling here.
# The system lets a process wait for its own children only
# (https://man7.org/linux/man-pages/man2/waitpid.2.html).
#
# The mend
# --------
# Let the object remember whose it is, and do nothing elsewhere:


class CarefulLoader(Loader):
    def __init__(self, context):
        super().__init__(context)
        self.owner = os.getpid()

    def close(self):
        if os.getpid() == self.owner:
            super().close()
            print("closed by its owner; exit code:", self.worker.exitcode)
        else:
            print("not mine: nothing to do")


if __name__ == "__main__":
    loader.close()
    careful = CarefulLoader(context)
    process = context.Process(target=careful.close)
    process.start()
    process.join()
    careful.close()

# %%
# With ``spawn`` and ``forkserver`` nothing is copied, and the question does not arise: a
# ``Process`` object that was started cannot be pickled either.
