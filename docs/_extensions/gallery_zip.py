"""The zips of scripts: one of all that sphinx-gallery writes, made anew so that the same scripts make
the same zip, by name and without the times of files; and one of each section, named as that one is.
"""

import os
import zipfile
from pathlib import Path

EARLIEST = (1980, 1, 1, 0, 0, 0)  # a zip knows no time before


def write_same(app):
    """Replace the zip of each gallery, and write those of its sections."""
    folders = app.config.sphinx_gallery_conf["gallery_dirs"]
    for folder in [folders] if isinstance(folders, str) else folders:
        gallery = Path(app.srcdir, folder)
        path = gallery / f"{gallery.name}_python.zip"
        if not path.exists():  # sphinx-gallery is told to make none
            continue
        with zipfile.ZipFile(path) as file:
            scripts = {name: file.read(name) for name in sorted(file.namelist())}
        write(path, gallery, scripts)
        for section in sorted({name.rpartition("/")[0] for name in scripts} - {""}):
            path = gallery / section / f"{Path(section).name}_python.zip"
            inside = {
                name: text for name, text in scripts.items() if name.startswith(f"{section}/")
            }
            write(path, gallery, inside)


def write(path, gallery, scripts):
    """Write a zip. It is as old as the newest of its scripts: a page that links to it is read again
    only if one has changed.
    """
    new = path.with_name(f"{path.name}.new")
    with zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in scripts.items():
            entry = zipfile.ZipInfo(name, EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, content)
    if scripts:
        newest = max((gallery / name).stat().st_mtime_ns for name in scripts)
        os.utime(new, ns=(newest, newest))
    new.replace(path)


def setup(app):
    # After sphinx-gallery
    app.connect("builder-inited", write_same, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
