"""
The same program, with its guard
================================

What starts processes stands under ``if __name__ == "__main__":``, so the program does
the same under every start method. :doc:`/gallery/start_methods/main_guard` shows what
it does without that line.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import sys

print("the body of the program runs as", __name__)


def work():
    print("the child works")


if __name__ == "__main__":
    context = multiprocessing.get_context(*sys.argv[1:])
    process = context.Process(target=work)
    process.start()
    process.join()
    print("exit code of the child:", process.exitcode)

# %%
# The name of the main module is ``__main__`` in your process only. A child that imports
# it gives it another name, ``__mp_main__``, and so stops above the guard.
