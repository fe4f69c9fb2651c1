# sphinx_gallery_expected_outcome = "timeout"
# sphinx_gallery_timeout = 1
import os, time

print("line 1")
if not os.fork():
    while True:  # it goes on in a new process all the time
        if os.fork():
            os._exit(0)
time.sleep(600)
