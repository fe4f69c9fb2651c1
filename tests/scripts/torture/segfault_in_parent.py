# sphinx_gallery_expected_outcome = "signal SIGSEGV"
import ctypes

def crash():
    ctypes.string_at(0)

print("line 1")
print("line 2, half", end="", flush=True)
crash()
