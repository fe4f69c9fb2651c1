"""The main thread of the example and of its child have ended; others hang."""
# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import ctypes
import os
import platform
import threading
import time

EXIT = 93 if platform.machine() == "aarch64" else 60  # the system call of one thread


def hangs():
    time.sleep(600)


print("line 1")
os.fork()
threading.Thread(target=hangs).start()
time.sleep(0.1)
ctypes.CDLL(None).syscall(EXIT, 0)
