"""Children are started and ended at once, by each method: all have their names."""
import multiprocessing
import time

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        for number in range(3):
            child = multiprocessing.get_context(method).Process(target=time.sleep, args=(60,), name=f"{method} {number}")
            child.start()
            child.kill()
            child.join()
            print("line", child.name, child.exitcode, child.pid)
