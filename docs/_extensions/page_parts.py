"""Parts of pages that several of this site's extensions make."""

from docutils import nodes
from sphinx.addnodes import pending_xref

MANY = 8  # longer lists are folded


def page_of(script):
    """Return the page that sphinx-gallery makes of a script."""
    return f"/gallery/{script.path.parent.name}/{script.path.stem}"


def link_to(page, title):
    link = pending_xref(
        "", refdomain="std", reftype="doc", reftarget=page, refexplicit=True, refwarn=True
    )
    link += nodes.inline("", title)
    return link


def fold(items, what):
    """Return the nodes that show a list, folded if it is long."""
    if len(items) <= MANY:
        return [items]
    tags = f"<details><summary>{len(items)} {what}</summary>", "</details>"
    return [nodes.raw("", tags[0], format="html"), items, nodes.raw("", tags[1], format="html")]
