import os, sys

pid = os.fork()
if not pid:
    sys.exit(4)
print("line 1", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
# %%
print("line 2")
