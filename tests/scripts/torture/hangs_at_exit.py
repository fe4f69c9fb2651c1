# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import atexit, time

@atexit.register
def at_exit():
    print("line 2")
    time.sleep(600)

print("line 1")
