# sphinx_gallery_expected_outcome = "signal SIGKILL"
import os, signal

print("line 1")
os.fork()
os.kill(0, signal.SIGKILL)
