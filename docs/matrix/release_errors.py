# What does Python say to mistakes that are none on most of its releases?
# sphinx_gallery_every_release = True
from __future__ import print_function

import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

CHILD_BESIDE_TRACKER = """
import os, sys
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=1)
if os.fork() == 0:
    sys.exit()
os.wait()
block.close()
block.unlink()
"""
# Where the length can be said, the message need not be sent.
HUGE_MESSAGE = """
import multiprocessing, os, threading
there, here = multiprocessing.Pipe(False)
def read():
    os.read(there.fileno(), 12)
    os._exit(0)
threading.Thread(target=read, daemon=True).start()
here.send_bytes(bytes(2 ** 31))
"""
METHOD = """
import multiprocessing
class Job(object):
    def work(self, number): return number
if __name__ == "__main__":
    multiprocessing.Pool(1).map(Job().work, [1])
"""


def last_words(program):
    folder = tempfile.mkdtemp()
    with open(os.path.join(folder, "program.py"), "w") as file:
        file.write(program)
    done = subprocess.Popen(
        [sys.executable, "program.py"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        universal_newlines=True, preexec_fn=os.setsid,  # noqa: PLW1509 (as in history_runs.py)
    )  # fmt: skip
    # Where the thread that sends tasks has died, Pool.map has no end.
    timer = threading.Timer(20, os.killpg, [done.pid, 9])
    timer.start()
    said = done.communicate()[0].splitlines()
    timer.cancel()
    shutil.rmtree(folder)
    found = [line for line in said if "rror: " in line]
    ignored = re.search(r"Exception ignored in: <function (\S+)", "\n".join(said))
    where = "%s: " % ignored.group(1) if ignored else ""
    return where + found[-1] if found else "no error"


if __name__ == "__main__":
    shared = sys.version_info >= (3, 8)
    tracked = (
        last_words(CHILD_BESIDE_TRACKER) if shared else "there is no shared memory here"
    )
    print("a forked child ends, a resource tracker runs: %s" % tracked)
    # In 2.7 the length of a message is another type's.
    huge = last_words(HUGE_MESSAGE) if sys.version_info[0] > 2 else "not tried"
    print("a message of 2 GiB: %s" % huge)
    print("a method as the task of a Pool: %s" % last_words(METHOD))
