import threading

def fail(number):
    raise ValueError(f"in thread {number}")

for number in range(3):
    thread = threading.Thread(target=fail, args=(number,))
    thread.start()
    thread.join()
print("line 1")
