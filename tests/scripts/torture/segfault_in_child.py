import ctypes, multiprocessing

def crash():
    print("line 1")
    ctypes.string_at(0)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=crash, name="Crasher")
    process.start()
    process.join()
    print("exit code", process.exitcode)
