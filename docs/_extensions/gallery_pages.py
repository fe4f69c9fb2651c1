"""The gallery's pages without sphinx-gallery's own notes, and with this site's indexes.

sphinx-gallery writes the source of these pages; Sphinx's event `source-read` hands it over before
it is parsed. Where a later sphinx-gallery writes something else, a pattern finds nothing and its
own page stays.
"""

import re

from gallery_index import whole_index

_THUMBNAILS = re.compile(r"(?ms)\.\. raw:: html\n\n  <div id='sg-tag-list'.*(?=^\.\. toctree::)")
_FOOTER = re.compile(r"(?ms)^\.\. only:: html\n\n  \.\. container:: sphx-glr-footer.*")
_NOTE = re.compile(
    r"(?ms)^\.\. only:: html\n\n    \.\. note::\n        :class: sphx-glr-download-link-note\n.*?(?=^\S)"
)
_TAGS = re.compile(r"(?ms)^\.\. rst-class:: sphx-glr-example-tags\n\n.*?(?=^\S)")


def download(link):
    """Return a paragraph with a link to a file, written as ``words <file>``."""
    return f"\n\n.. rst-class:: example-download\n\n:download:`{link}`\n"


def tidy(app, docname, source):
    """Change the source of a page that sphinx-gallery wrote."""
    if not docname.startswith("gallery/"):
        return
    text = source[0]
    if docname == "gallery/index":
        text = _THUMBNAILS.sub(lambda _: whole_index(app), text.removeprefix(":orphan:\n"))
        text = _FOOTER.sub("", text)
        text += download("All scripts in one zip </gallery/gallery_python.zip>")
    elif docname.endswith("/index"):
        section = docname.split("/")[1]
        text = _THUMBNAILS.sub(f".. examples:: {section}\n\n", text)
        text = _FOOTER.sub("", text)
        text += download(f"These scripts in one zip <{section}_python.zip>")
    else:
        text = _FOOTER.sub("", _TAGS.sub("", _NOTE.sub("", text)))
    source[0] = text


def setup(app):
    app.connect("source-read", tidy)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
