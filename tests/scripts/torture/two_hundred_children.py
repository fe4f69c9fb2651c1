# sphinx_gallery_timeout = 60
import os, time

children = []
for number in range(200):
    pid = os.fork()
    if not pid:
        print("line", os.getpid())
        time.sleep(0.2)
        os._exit(number)
    children.append(pid)
print(sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == number for number, pid in enumerate(children)))
