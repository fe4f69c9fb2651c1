# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import os, signal, time

def handler(number, frame):
    print("caught", signal.Signals(number).name)

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
    signal.signal(number, handler)
print("line 1")
while True:
    time.sleep(600)
