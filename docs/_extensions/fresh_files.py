"""The gallery's pictures and downloads are handed out as they are now, though the pages that show them
stay as they are.

Sphinx reads and writes a page again when a picture on it has changed. What it writes is the same: a
page has the picture's name only. The page of all examples has more than a hundred, and one of them
changes with each example.
"""

from pathlib import Path

from docutils import nodes
from sphinx.addnodes import download_reference

TICK = 0.001
"""Seconds."""


def keep_pages(app, doctree):
    """Have a page not depend on what is in those pictures and downloads."""
    env = app.env
    names = {name for node in doctree.findall(nodes.image) for name in node["candidates"].values()}
    names |= {
        env.relfn2path(node["reftarget"])[0]
        for node in doctree.findall(download_reference)
        if "filename" in node
    }
    made = {env.srcdir / name for name in names if name.startswith("gallery/")}
    env.dependencies[env.docname] -= made


def copy_changed(app):
    """Have Sphinx copy each picture that has changed since it was copied; it would copy those of
    pages that are written now. Downloads it always copies.
    """
    env, builder = app.env, app.builder
    for source, (_, name) in env.images.items():
        copy, now = Path(app.outdir, "_images", name), Path(env.srcdir, source)
        # Sphinx gives a copy the time of its source, but for what a float does not hold.
        if (
            now.exists()
            and copy.exists()
            and abs(copy.stat().st_mtime - now.stat().st_mtime) > TICK
        ):
            builder.images[source] = name
    return []


def remove_old(app, error):
    """Remove pictures that are on no page any more: a figure's name changes with what is drawn."""
    if error or app.builder.name != "html":
        return
    known = {name for _, name in app.env.images.values()} | set(app.builder.images.values())
    for path in Path(app.outdir, "_images").glob("*"):
        if path.is_file() and path.name not in known:
            path.unlink()


def setup(app):
    app.connect("doctree-read", keep_pages, priority=900)  # after Sphinx has noted them
    app.connect("html-collect-pages", copy_changed)
    app.connect("build-finished", remove_old)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
