"""Closes every descriptor, opens others in their place, and hangs: nothing may be written to these."""
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import os
import time

print("line 1")
path = os.path.abspath("file")
os.closerange(3, 2048)
for _ in range(1100):
    os.open(path, os.O_RDWR | os.O_CREAT)
if os.fork() == 0:
    while os.path.getsize(path) == 0 and os.getppid() != 1:
        time.sleep(0.01)
    os.write(1, b"line 2, written to\n")
time.sleep(600)
