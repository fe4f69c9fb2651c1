"""Prints a line at each signal that it gets, and at each time it goes on: those of the recorder are no part of it."""
# sphinx_gallery_timeout = 1.5
# sphinx_gallery_expected_outcome = "timeout"
import os
import signal
import time


def handler(number, _):
    print("line", number, flush=True)


for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, handler)
os.kill(os.getpid(), signal.SIGABRT)
while True:
    time.sleep(600)
