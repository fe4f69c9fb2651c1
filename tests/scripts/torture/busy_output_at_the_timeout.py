# sphinx_gallery_expected_outcome = 'timeout'
# sphinx_gallery_timeout = 1.5

import os

os.fork()
os.fork()
while True:
    os.write(1, b"x" * 4000 + b"\n")
