"""Daemons, forked twice: their parents have ended before they say anything."""
import os
import time

for number in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            time.sleep(0.02)
            print("line", number, flush=True)
        os._exit(number)
    os.wait()
time.sleep(0.3)
