import os, time

time.time = time.monotonic = lambda: -5.0
time.monotonic_ns = time.time_ns = lambda: 0
time.sleep = lambda seconds: None
print("line 1")
# %%
print("line 2")
if not os.fork():
    print("line 3")
    os._exit(0)
os.wait()
