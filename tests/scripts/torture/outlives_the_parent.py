import os, time

if os.fork() == 0:
    time.sleep(600)
print("line 1")
