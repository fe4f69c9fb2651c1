# A thread of the parent is importing a module while another one forks. Do the children hang that import?
from __future__ import print_function

import os
import signal
import sys
import tempfile
import threading
import time

COUNT = 10


def stuck(task, between=lambda: None):
    """Fork children that do a task, kill those that have not done it within 2 seconds, return how many that were."""
    pids = []
    for _ in range(COUNT):
        between()
        pid = os.fork()
        if pid == 0:
            task()
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


SLOW = "import time, os\nopen('begun', 'w').close()\nwhile not os.path.exists('go on'): time.sleep(0.01)\n"


def main():
    os.chdir(tempfile.mkdtemp())
    sys.path.insert(0, os.getcwd())
    with open("slow_module.py", "w") as file:
        file.write(SLOW)
    with open("other_module.py", "w") as file:
        file.write("")
    thread = threading.Thread(target=__import__, args=("slow_module",))
    thread.start()
    while not os.path.exists("begun"):
        time.sleep(0.01)
    print("the same module: %d of %d children hang" % (stuck(lambda: __import__("slow_module")), COUNT))
    print("another module: %d of %d children hang" % (stuck(lambda: __import__("other_module")), COUNT))
    open("go on", "w").close()
    thread.join()


if __name__ == "__main__":
    if hasattr(os, "fork"):
        main()
    else:
        print("the same module: there is no fork here")
