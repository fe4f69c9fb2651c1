# sphinx_gallery_expected_outcome = "exception EOFError"
import sys

print("line 1", repr(sys.stdin.read()), sys.stdin.isatty())
input("question? ")
