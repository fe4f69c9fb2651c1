"""Children hang whose output goes elsewhere: into a pipe, and nowhere."""
# sphinx_gallery_timeout = 2.5
# sphinx_gallery_expected_outcome = "timeout"
import multiprocessing
import os
import subprocess
import sys
import time


def child_waits():
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    time.sleep(600)


if __name__ == "__main__":
    print("line 1")
    for method in ("fork", "spawn", "forkserver"):
        multiprocessing.get_context(method).Process(target=child_waits, name=f"by {method}").start()
    subprocess.run([sys.executable, "-c", "import time\ntime.sleep(600)"], capture_output=True)
