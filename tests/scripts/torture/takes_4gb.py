# sphinx_gallery_expected_outcome = "exception MemoryError"
# sphinx_gallery_memory = 512
print("line 1")
taken = []
for _ in range(4096):
    taken.append(bytearray(1 << 20))
