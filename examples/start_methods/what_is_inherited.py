"""
What a child inherits from its parent
=====================================

A forked child begins with everything its parent has in memory. A spawned child, and one
from a forkserver, begins with what the operating system hands on and with the few
things that :mod:`multiprocessing` sends.

The same function looks around in the parent and in a child, and the child compares the
two views. The start method is the program's argument.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import logging
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import threading

SETTING = "as imported"
GENERATOR = random.Random()
CHANGED = {}


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def file_behind(number):
    try:
        return os.fstat(number).st_ino
    except OSError:
        return "closed"


def handler(number, frame):
    pass


def view(number):
    """Return what this process sees."""
    return {
        "global variable": SETTING,
        "dict filled later": CHANGED,
        "open file": file_behind(number),
        "number of threads": threading.active_count(),
        "logging level": logging.getLogger().level,
        "signal handler": str(signal.getsignal(signal.SIGTERM))[:10],
        "random.Random()": hash(GENERATOR.getstate()),
        "module random": hash(random.getstate()),
        "sys.argv": sys.argv,
        "sys.path": sys.path,
        "working directory": os.getcwd(),
        "os.environ": dict(os.environ),
        "umask": umask(),
    }


def look(number, parents):
    """Say, in the child, what is there as the parent has it."""
    for name, mine in view(number).items():
        print(f"{name:17} {'same' if mine == parents[name] else '-'}")


def ask_a_child(context, number):
    child = context.Process(target=look, args=(number, view(number)))
    child.start()
    child.join()


# %%
# Everything is changed before the first child is started.

if __name__ == "__main__":
    context = multiprocessing.get_context(*sys.argv[1:])
    SETTING = "changed by the parent"
    CHANGED["key"] = "value"
    file = tempfile.TemporaryFile()
    stop = threading.Event()
    threading.Thread(target=stop.wait).start()
    logging.getLogger().setLevel(logging.DEBUG)
    signal.signal(signal.SIGTERM, handler)
    sys.argv.append("--verbose")
    sys.path.append("plugins")
    os.environ["COLOR"] = "blue"
    os.umask(0o077)
    ask_a_child(context, file.fileno())

# %%
# Two lines of what fork shows are not ``same``. Threads do not cross a fork: only the
# one that called it goes on in the child, and that is what
# :doc:`/gallery/fork_safety/lock_at_fork` is about. And Python seeds the module
# :mod:`random` anew after a fork; your own generators it does not know
# (:doc:`/gallery/fork_safety/same_random_numbers`).
#
# Once more, later
# ----------------
# Under forkserver, the server now runs. Changes that the parent makes from here on come too late for
# it: its children get the server's environment, not the parent's.

if __name__ == "__main__":
    os.environ["COLOR"] = "red"
    os.umask(0o022)
    os.chdir(tempfile.gettempdir())
    sys.path.append("more plugins")
    sys.argv.append("--quiet")
    ask_a_child(context, file.fileno())
    file.close()
    stop.set()

# %%
# What to look at
# ---------------
# ``sys.argv``, ``sys.path`` and the working directory are the same everywhere, even the
# second time, because ``multiprocessing`` sends them along with each child. The
# environment and the umask it does not send.
#
# A dash beside a variable means that the child saw what the *import* of the main module
# made: the guard kept the change from being repeated. What a child needs to know is
# best passed as an argument: that works the same with every method.
