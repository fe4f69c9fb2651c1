# sphinx_gallery_expected_outcome = "exit 1"
import sys

print("line 1")
sys.exit("words of the exit")
