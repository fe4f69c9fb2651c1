# sphinx_gallery_timeout = 60
import os

os.set_blocking(1, False)
sent = lost = 0
for number in range(20000):
    try:
        sent += os.write(1, b"x" * 99 + b"\n")
    except BlockingIOError:
        lost += 1
# %%
os.set_blocking(1, True)
print("sent", sent)
