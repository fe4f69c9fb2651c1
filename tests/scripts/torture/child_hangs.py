# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import multiprocessing, time

def child_waits():
    print("line 1")
    time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=child_waits, name="Waiter")
    process.start()
    process.join()
