# sphinx_gallery_expected_outcome = "exception OSError"
import os, shutil, sys

print("line 1", sys.stdout.isatty(), shutil.get_terminal_size())
open("/dev/tty")
