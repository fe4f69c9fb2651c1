"""A parent prints what a crashed child wrote about it: of a child that has faulthandler, and of one that has not."""
import subprocess
import sys

crash = [sys.executable, "-c", "import os; os.abort()"]
with_handler = subprocess.run([crash[0], "-X", "faulthandler", *crash[1:]], capture_output=True, text=True)
print(with_handler.stderr, end="")
print("line 1")
# %%
print([subprocess.run(crash, capture_output=True).stderr, "line 2"])
# %%
print("line 3")
