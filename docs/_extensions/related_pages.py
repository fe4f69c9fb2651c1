"""Related pages, at the end of each page: those that link to it."""

import re

from docutils import nodes
from page_parts import fold
from sphinx.addnodes import pending_xref

_LISTS = re.compile(
    r"((gallery/)?([^/]+/)?)?index|404|reference/(examples_by_name|errors)|concepts/folklore"
)  # that a page is listed there says nothing


def collect(app, doctree):
    """Note which pages a page links to."""
    docname = app.env.docname
    mentions = app.env.page_mentions = getattr(app.env, "page_mentions", {})
    found = set()
    if not _LISTS.fullmatch(docname):
        for link in doctree.findall(pending_xref):
            kind = link.get("refdomain") or "", link.get("reftype")
            if (
                kind in {("std", "doc"), ("", "myst")} or kind[0] == "doc"
            ):  # of reStructuredText, of MyST by path
                found.add(link["reftarget"].lstrip("/").removesuffix(".rst"))
            if kind in {("std", "ref"), ("", "myst")}:
                found.add(f"#{link['reftarget']}")
    mentions[docname] = found


def forget(app, env, docname):
    getattr(env, "page_mentions", {}).pop(docname, None)


def merge(app, env, docnames, other):
    mentions = env.page_mentions = getattr(env, "page_mentions", {})
    mentions.update(
        {
            name: targets
            for name, targets in getattr(other, "page_mentions", {}).items()
            if name in docnames
        }
    )


def changed(app, env):
    """Have the pages written again whose list has changed."""
    before = getattr(env, "page_mentioned", {})
    after = {}
    labels = {
        f"#{name}": place[0] for name, place in env.domains.standard_domain.anonlabels.items()
    }
    for docname, targets in getattr(env, "page_mentions", {}).items():
        for target in {labels.get(target, target) for target in targets} & env.found_docs - {
            docname
        }:
            if not _LISTS.fullmatch(target):
                after.setdefault(target, set()).add(docname)
    env.page_mentioned = after
    return [
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and name in env.found_docs
    ]


def add_mentions(app, doctree, docname):
    """Put the list at the end of a page. Unless it is an example's, it omits what the page links to
    itself.
    """
    mentioned = getattr(app.env, "page_mentioned", {})
    pages = set(mentioned.get(docname, ()))
    if not docname.startswith("gallery/"):
        pages -= {page for page in pages if docname in mentioned.get(page, ())}
    section = next(doctree.findall(nodes.section), None)
    if not pages or section is None:
        return
    items = nodes.bullet_list(classes=["example-mentions"])
    for page in sorted(pages, key=lambda name: (name.startswith("gallery/"), name)):
        uri = app.builder.get_relative_uri(docname, page)
        link = nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)
        items += nodes.list_item("", nodes.paragraph("", "", link))
    section += [nodes.rubric("", "This comes up in"), *fold(items, "pages")]


def setup(app):
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", add_mentions)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
