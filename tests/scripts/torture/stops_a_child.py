# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import os, signal, time

def child():
    print("line 1")
    while True:
        time.sleep(0.01)

pid = os.fork()
if not pid:
    child()
time.sleep(0.2)
os.kill(pid, signal.SIGSTOP)
print("line 2")
os.waitpid(pid, 0)
