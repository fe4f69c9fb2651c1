"""Pythons that the recorder is not in hang, and a program that is none."""
# sphinx_gallery_timeout = 2
# sphinx_gallery_expected_outcome = "timeout"
import subprocess
import sys

code = "import time; time.sleep(600)"
for command in ([sys.executable, "-I", "-c", code], [sys.executable, "-S", "-c", code], ["sleep", "600"]):
    subprocess.Popen(command)
print("line 1")
subprocess.run([sys.executable, "-c", code], env={})
