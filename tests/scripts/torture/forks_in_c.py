"""Forked without Python's knowledge: parent and children share the file of their stacks."""
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import ctypes
import time


def hangs_0():
    time.sleep(600)


def hangs_1():
    time.sleep(600)


def hangs_2():
    time.sleep(600)


print("line 1")
libc = ctypes.PyDLL(None)
if libc.fork() == 0:
    hangs_1()
if libc.fork() == 0:
    hangs_2()
hangs_0()
