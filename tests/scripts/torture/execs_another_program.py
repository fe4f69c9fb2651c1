# sphinx_gallery_expected_outcome = "exit 3"
import os

print("line 1")
# %%
os.execv("/bin/sh", ["sh", "-c", "echo line 2; exit 3"])
