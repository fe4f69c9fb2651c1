# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import signal, time

signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))
print("line 1")
while True:
    time.sleep(600)
