# A thread of the parent is importing a module while another one forks. Do the children hang that import?
from __future__ import print_function

import os
import shutil
import signal
import sys
import tempfile
import threading
import time

COUNT = 10


def stuck(task, between=lambda: None):
    """Fork children that do a task; return how many have not done it within 2 s."""
    pids = []
    for _ in range(COUNT):
        between()
        pid = os.fork()
        if pid == 0:
            try:
                task()
            finally:
                os._exit(0)
        pids.append(pid)
    deadline = time.time() + 2
    while pids and time.time() < deadline:
        pids = [pid for pid in pids if os.waitpid(pid, os.WNOHANG)[0] == 0]
        time.sleep(0.01)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(pids)


SLOW = """import os, time
open("begun", "w").close()
end = time.time() + 6
while not os.path.exists("go on") and time.time() < end:
    time.sleep(0.01)
open("ended", "w").close()
"""


def main():
    folder = tempfile.mkdtemp()
    os.chdir(folder)
    sys.path.insert(0, os.getcwd())
    with open("slow_module.py", "w") as file:
        file.write(SLOW)
    with open("other_module.py", "w") as file:
        file.write("")
    thread = threading.Thread(target=__import__, args=("slow_module",))
    thread.start()
    while not os.path.exists("begun"):
        time.sleep(0.01)
    for name, module in (
        ("importing the same module", "slow_module"),
        ("importing another module", "other_module"),
    ):
        hang = stuck(lambda: __import__(module))
        waited = (
            " (os.fork() has waited for the end of the import)"
            if os.path.exists("ended")
            else ""
        )
        print("%s: %d of %d children hang%s" % (name, hang, COUNT, waited))
    open("go on", "w").close()
    thread.join()
    os.chdir("/")
    shutil.rmtree(folder)


if __name__ == "__main__":
    if hasattr(os, "fork"):
        main()
    else:
        print("importing the same module: there is no fork here")
