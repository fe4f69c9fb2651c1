# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import os, signal

def stop():
    os.kill(os.getpid(), signal.SIGSTOP)

print("line 1")
stop()
print("never")
