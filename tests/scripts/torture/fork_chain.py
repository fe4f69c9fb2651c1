# sphinx_gallery_timeout = 60
import os

depth = 0
while depth < 50 and os.fork() == 0:
    depth += 1
    print("line", depth, os.getpid())
if depth < 50:
    os.wait()
if depth:
    os._exit(depth)
print("end")
