"""Lists and tables of class ``leads-on``, of what stood on their page once, and has pages of its own now.

On the site each item and row has the anchor that it links to, so that an old address leads there;
site.js goes on by itself.
"""

from docutils import nodes


def _is_list(node):
    return isinstance(node, nodes.Element) and "leads-on" in node.get("classes", ())


def anchor_items(app, doctree, docname):
    """Give items and rows their anchors: where a page is a file of its own, and scripts run."""
    if app.builder.name != "html":
        return
    for whole in doctree.findall(_is_list):
        for item in whole.findall(lambda node: isinstance(node, nodes.list_item | nodes.row)):
            address = next((link.get("refuri", "") for link in item.findall(nodes.reference)), "")
            page, _, anchor = address.partition("#")
            if page and anchor:
                item["ids"] = [anchor]


def setup(app):
    app.connect("doctree-resolved", anchor_items)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
