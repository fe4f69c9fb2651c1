# sphinx_gallery_expected_outcome = "signal SIGSEGV"
import ctypes


# A parser of the C library that recurses: its stack is full before anything can be raised.
def deeper():
    ctypes.CDLL(None).regcomp(ctypes.create_string_buffer(1024), b"(" * 5_000_000, 1)


print("line 1")
deeper()
