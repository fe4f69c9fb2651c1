"""The main thread of a child ends by itself, as pthread_exit in C does; another thread runs on."""
# sphinx_gallery_needs = ["linux"]
import ctypes
import os
import platform
import threading
import time

EXIT = 93 if platform.machine() == "aarch64" else 60  # the system call of one thread


def runs_on():
    time.sleep(600)


print("line 1")
if os.fork() == 0:
    threading.Thread(target=runs_on, daemon=True).start()
    ctypes.CDLL(None).syscall(EXIT, 0)
time.sleep(0.3)
# %%
print("line 2")
