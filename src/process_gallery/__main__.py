"""``python -m process_gallery``: see :mod:`process_gallery.cli`."""

import os
import sys

if __name__ == "__main__":
    # Python looks for modules in the current folder first: a random.py there, which is as good a
    # name for an example as any, would be taken for the standard library's.
    if not getattr(sys.flags, "safe_path", False) and sys.path[:1] in ([""], [os.getcwd()]):
        del sys.path[0]

    from .cli import main

    sys.exit(main())
