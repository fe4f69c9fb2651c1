"""Put a built site into one zip, below one folder; the same files make the same zip. For `make zip`
and Read the Docs.
"""

import os
import sys
import time
import zipfile
from pathlib import Path

# Sphinx's own notes for the next build.
LEFT_OUT = {".buildinfo", ".doctrees"}


def zip_site(site: Path, target: Path) -> None:
    """Write the zip; its pages open from the folder that it is unpacked to, without a server."""
    if not (site / "index.html").is_file():
        sys.exit(f"{site}: there is no site here; build it with  make html")
    moment = time.gmtime(max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), 315532800))[
        :6
    ]  # a zip knows no time before 1980
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site)
            if path.is_file() and not LEFT_OUT & set(name.parts):
                entry = zipfile.ZipInfo(f"{target.stem}/{name.as_posix()}", moment)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                file.writestr(entry, path.read_bytes())
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: zip_site.py SITE TARGET.zip")
    zip_site(*map(Path, sys.argv[1:]))
