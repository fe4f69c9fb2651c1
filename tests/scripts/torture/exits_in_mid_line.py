# sphinx_gallery_expected_outcome = "exit 3"
import os, sys

print("line 1")
os.write(1, b"half")
sys.stdout.write("of this nothing is flushed, as in a terminal")
os._exit(3)
