# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import multiprocessing, os, time
from multiprocessing import shared_memory

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    lock = context.Lock()
    memory = shared_memory.SharedMemory(create=True, size=4096)
    print("name", memory.name)
    print("name", lock._semlock.name)
    print("there", os.path.exists("/dev/shm/" + memory.name))
    time.sleep(600)
