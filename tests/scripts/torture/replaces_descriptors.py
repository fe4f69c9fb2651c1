import os

print("line 1")
kept = os.dup(1)
file = os.open("file", os.O_RDWR | os.O_CREAT)
for number in range(101):
    if number not in (kept, file):
        os.dup2(file, number)
# %%
print("into the file")
os.write(kept, b"line 2\n")
# %%
os.write(kept, b"line 3\n")
os.write(kept, open("file", "rb").read())
