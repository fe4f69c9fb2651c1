"""Parts of pages that several of this site's extensions make."""

from claims import title_of
from docutils import nodes
from sphinx.addnodes import pending_xref

MANY = 8  # longer lists are folded


def link_to(script):
    target = f"/gallery/{script.path.parent.name}/{script.path.stem}"
    link = pending_xref(
        "", refdomain="std", reftype="doc", reftarget=target, refexplicit=True, refwarn=True
    )
    link += nodes.inline("", title_of(script))
    return link


def fold(items, what):
    """Return the nodes that show a list, folded if it is long."""
    if len(items) <= MANY:
        return [items]
    tags = f"<details><summary>{len(items)} {what}</summary>", "</details>"
    return [nodes.raw("", tags[0], format="html"), items, nodes.raw("", tags[1], format="html")]
