import os, sys

print("line 1")
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(1, b"daemon %d\n" % os.getpid())
    os.closerange(0, 1000)
    os.chdir("/")
    os.execve("/bin/sleep", ["sleep", "600"], {})
os.wait()
