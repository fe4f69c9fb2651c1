import os, tempfile

for place in (os.getcwd(), tempfile.gettempdir()):
    os.chdir(place)
    os.mkfifo("fifo")
    os.symlink("/", "root")
    os.symlink(".", "loop")
    open(b"\xff\n*", "w").close()
    for _ in range(1000):  # longer than a path can be
        os.mkdir("deeper")
        os.chdir("deeper")
    os.chdir(place)
    os.mkdir("closed")
    open("closed/file", "w").close()
    os.chmod("closed", 0)
    os.chmod(place, 0)
print("line 1")
