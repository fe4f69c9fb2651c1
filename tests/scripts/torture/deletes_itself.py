import os

os.unlink(__file__)
print("line 1")
# %%
print("line 2")
