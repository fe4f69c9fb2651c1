import os, time

for number in range(20):
    if not os.fork():
        print("line", number)
        os._exit(number)
time.sleep(0.3)
print("none of them was waited for")
