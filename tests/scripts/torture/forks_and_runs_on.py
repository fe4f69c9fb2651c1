import os

pid = os.fork()
# %%
print("line 2", os.getpid())
# %%
print("line 3", os.getpid())
# %%
if pid:
    os.waitpid(pid, 0)
print("line 4", os.getpid())
