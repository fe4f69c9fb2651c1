# sphinx_gallery_timeout = 120
import os

print("first line")
block = b"x" * 1023 + b"\n"
for _ in range(1 << 10):
    data = memoryview(block * (1 << 10))
    while data:
        data = data[os.write(1, data):]
print("last line")
