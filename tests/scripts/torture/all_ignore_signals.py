# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import os, signal, time

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGABRT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, signal.SIG_IGN)

def ignores_all():
    while True:
        time.sleep(600)

for number in range(3):
    if not os.fork():
        break
print("line", os.getpid())
ignores_all()
