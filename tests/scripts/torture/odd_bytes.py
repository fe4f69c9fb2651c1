import os, sys

os.write(1, b"nul \0 nul\n")
os.write(1, b"half \xc3")
os.write(2, b"\xa9 joined\n")
os.write(1, "latin é\n".encode("latin-1"))
os.write(1, "wide\n".encode("utf-16"))
os.write(1, b"lone surrogate \xed\xa0\x80\n")
os.write(1, b"\x1b[31mred\x1b[0m \x1b]0;title\x07\n")
for percent in (0, 50, 100):
    os.write(1, b"\r%d %%" % percent)
os.write(1, b"\n<script>alert(1)</script> & \xe2\x80\xae\n")
os.write(1, b"ends in half a character \xf0\x9f")
