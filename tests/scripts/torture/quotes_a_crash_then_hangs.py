"""Prints what looks like its own crash, more, and hangs."""
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import time

print("Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n  File 'x'")
print("line 1")
# %%
print("line 2")


def hangs():
    print("line 3")
    time.sleep(600)


# %%
hangs()
