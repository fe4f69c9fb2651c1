"""Has faulthandler write to its output, and hangs. A child of it crashes: its stack is output."""
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import ctypes
import faulthandler
import os
import time


def crashes():
    ctypes.string_at(0)


def hangs():
    time.sleep(600)


faulthandler.enable()
print("line 1")
if os.fork() == 0:
    crashes()
os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
time.sleep(0.1)  # how a bare fork ended can be seen until it is waited for
os.wait()
print("line 2")
hangs()
