# sphinx_gallery_timeout = 60
import sys

sys.stdout.write("begin " + "y" * 100_000_000 + " end")
