"""Headings have one anchor."""

from docutils import nodes


def drop_spare_anchors(app, doctree, docname):
    """Leave a heading that has an anchor of its own without those that are made from its words,
    which may be long.
    """
    if app.builder.name == "html":
        labels = {
            anchor
            for page, anchor in app.env.domains.standard_domain.anonlabels.values()
            if page == docname
        }
        for section in doctree.findall(nodes.section):
            if section["ids"][0] in labels:
                section["ids"] = [anchor for anchor in section["ids"] if anchor in labels]


def setup(app):
    app.connect("doctree-resolved", drop_spare_anchors)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
