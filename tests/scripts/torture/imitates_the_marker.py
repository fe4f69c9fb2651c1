import os, sys, time

os.write(1, b"\x1e" + b"0123456789abcdef" * 2 + b"000007" + b"0" * 20 + b"\x1f\n")
os.write(1, b"\x1e")
os.write(1, b"\x1e\x1e a\n")
print("line 1")
# %%
# The true secret is on the command line of the interpreter.
secret = next(word for word in open("/proc/self/cmdline", "rb").read().split(b"\0") if len(word) == 32)
os.write(1, b"\x1e" + secret + b"not a number, as long as two" + b"\n")
os.write(1, b"\x1e" + secret[:16])
time.sleep(0.05)
os.write(1, secret[16:] + b"\n")
os.write(1, b"\x1e" + secret + b"000000" + b"%020d" % time.monotonic_ns() + b"\x1f")
print("line 2")
# %%
print("line 3")
