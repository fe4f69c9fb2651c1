import time

print("Fatal Python error: no, not really")
print("line 1")
print("Fatal Python error: Segmentation fault")
print()
print("Current thread 0x1 (most recent call first):")
# %%
print("line 2")
