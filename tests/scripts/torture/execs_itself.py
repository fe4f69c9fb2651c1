import os, sys

print("line 1")
if len(sys.argv) == 1:
    os.execv(sys.executable, [sys.executable, __file__, "again"])
# %%
print("line 2")
