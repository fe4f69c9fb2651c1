# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import threading

lock = threading.Lock()

def thread_waits():
    with lock:
        pass

lock.acquire()
for number in range(5):
    threading.Thread(target=thread_waits).start()
print("line 1")
