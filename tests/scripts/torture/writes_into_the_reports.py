import os

events = os.environ["PROCESS_GALLERY"].rpartition(":")[0]
fifo = os.open(events, os.O_WRONLY | os.O_NONBLOCK)
now = "%d" % 1e18
for line in (
    "", "\t", "fork", "fork\tx\ty\tz", "fork\t1\t0\t0\t0", "fork\t-1\t0\t0\t0", "fork\t99999999999999999999\t0\t0\t0",
    f"exit\t{os.getpid()}\t0\t{now}\t77", f"raised\t{os.getppid()}\t0\t{now}\tKeyError\tno", f"process\t{os.getpid()}\t0\t{now}\tspawn\t\tLiar",
    f"command\t{os.getpid()}\t0\t0\t{os.getpid()}\t0\tliar", f"command\t{os.getpid()}\t0\t0\t1\t0\tinit", f"command\t{os.getpid()}\t0\t0\t-1\t0\tx",
    f"cell\t{os.getpid()}\t0\t0\t-3", f"cell\t{os.getpid()}\t0\t0\t99999999999", f"exec\t{os.getppid()}\t1\t0\tspawn\t/x", "\xff\0\x1b",
):
    os.write(fifo, line.encode("latin-1") + b"\n")
try:
    while True:
        os.write(fifo, b"x" * 4096)
except BlockingIOError:
    pass
print("line 1")
# %%
print("line 2")
