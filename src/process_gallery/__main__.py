"""``python -m process_gallery``: see :mod:`process_gallery.cli`."""

import sys

from .cli import main

if __name__ == "__main__":
    sys.exit(main())
