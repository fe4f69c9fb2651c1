import os

print("line 1")
os.closerange(3, 101)
# %%
print("line 2")
os.close(1)
# %%
os.write(2, b"line 3\n")
os.close(2)
os.close(0)
# %%
import time
time.sleep(0.01)
# %%
assert os.open("/dev/null", os.O_RDWR) == 0
