"""A page with a table of contents is written again only if the table says something else.

Sphinx writes the pages whose tables list a page whenever that page is read again.
"""

from pathlib import Path


def remember(app, env, docnames):
    """Note what tables say of the pages that are about to be read, and were written as they are."""
    env.said_in_contents = {
        name: _said(env, name) for name in docnames if name in env.tocs and _written(app, name)
    }


def _written(app, docname):
    """Return whether a page was written since it was read: another builder may have had it read."""
    if not hasattr(app.builder, "get_outfilename"):
        return False
    page = Path(app.builder.get_outfilename(docname))
    read = Path(app.doctreedir, f"{docname}.doctree")
    return page.exists() and read.exists() and page.stat().st_mtime >= read.stat().st_mtime


def keep_pages(app, builder):
    """Have nothing written for the pages of which tables say the same as before."""
    env = app.env
    for name, before in vars(env).pop("said_in_contents", {}).items():
        if name in env.tocs and _said(env, name) == before:
            env.files_to_rebuild.pop(name, None)


def _said(env, docname):
    return env.titles[docname].pformat(), env.tocs[docname].pformat()


def setup(app):
    app.connect("env-before-read-docs", remember)
    app.connect("write-started", keep_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
