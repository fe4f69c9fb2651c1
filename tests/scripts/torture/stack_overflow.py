# sphinx_gallery_expected_outcome = "signal SIGSEGV"
import ctypes, sys

# C calls Python calls C, until the stack is full: no RecursionError can be raised there.
sys.setrecursionlimit(1_000_000)
compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)

@compare
def deeper(depth):
    return deeper(depth + 1)

print("line 1")
deeper(0)
