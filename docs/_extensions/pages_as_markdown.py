"""Each page as Markdown, beside its HTML, by sphinx-markdown-builder."""

import re
from pathlib import Path
from urllib.parse import urljoin

from docutils import nodes
from sphinx.addnodes import download_reference, index, toctree
from sphinx_markdown_builder.contexts import SubContextParams, TableContext
from sphinx_markdown_builder.translator import MarkdownTranslator
from whole_site import is_whole_site


def write(app, error):
    """Write every page but that for addresses without a page."""
    if not error and is_whole_site(app):
        write_markdown(app, sorted(app.env.found_docs - {"404"}))


def write_markdown(app, docnames):
    """Write the pages whose HTML is newer than their Markdown."""
    out, html = Path(app.outdir), app.builder

    def is_old(docname):
        page = out / f"{docname}.md"
        return not page.exists() or page.stat().st_mtime < (out / f"{docname}.html").stat().st_mtime

    docnames = [docname for docname in docnames if is_old(docname)]
    builder = app.registry.create_builder(app, "markdown", app.env)
    app.builder = builder  # what changes a page for its format asks the application for it
    try:
        builder.init()
        builder.prepare_writing(set(docnames))
        for docname in docnames:
            doctree = app.env.get_and_resolve_doctree(docname, builder, tags=app.tags)
            stand_alone(app, doctree, docname)
            builder.write_doc(docname, doctree)
    finally:
        app.builder = html


def stand_alone(app, doctree, docname):
    """Change a page for Markdown: absolute addresses, drawings in words, nothing that a reader
    would not see.
    """
    base = app.config.html_baseurl
    for kind in (nodes.comment, nodes.target, nodes.meta, index, toctree):
        for node in list(doctree.findall(kind)):
            node.parent.remove(node)
    for node in doctree.findall(nodes.term):
        node["ids"] = []
    for node in list(doctree.findall(nodes.raw)):
        node.replace_self([nodes.paragraph("", f"[{node['alt']}]")] if "alt" in node else [])
    for node in list(doctree.findall(nodes.image)):
        if node.get("alt"):
            node["uri"] = f"{base}_images/{app.env.images[node['uri']][1]}"
        else:
            node.parent.remove(node)
    for kind, like in ((nodes.caption, nodes.paragraph), (nodes.abbreviation, nodes.inline)):
        for node in list(doctree.findall(kind)):
            node.replace_self(like("", "", *node.children))
    for node in doctree.findall(nodes.reference):
        target = node.get("refuri") or f"#{node.get('refid', '')}"
        node["refuri"] = urljoin(f"{base}{app.builder.get_target_uri(docname)}", target)
        for name in ("internal", "refid"):
            node.attributes.pop(name, None)
    for node in doctree.findall(download_reference):
        if "filename" in node:
            node["refuri"] = f"{base}_downloads/{node['filename']}"


class Table(TableContext):
    """A table whose cells stay as they are: the library's takes 3.10 for a number, and a bar for
    the end of the cell.
    """

    def make(self):
        rows = [[self._cell(entry) for entry in row] for row in self.headers + self.body]
        rows.insert(1, ["---"] * len(rows[0]))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)

    @staticmethod
    def _cell(entry):
        return re.sub(r"\s*\n\s*", "<br>", "".join(entry).strip()).replace("|", "\\|")


class Translator(MarkdownTranslator):
    """The library's, for code that has backticks in it."""

    def visit_table(self, node):
        self._push_context(Table(params=SubContextParams(2, 1)))

    def depart_table(self, node):
        self._pop_context(node)

    def visit_literal(self, node):
        text = node.astext()
        self.add(f"`` {text} ``" if "`" in text else f"`{text}`")
        raise nodes.SkipNode

    def visit_literal_block(self, node):
        text = node.astext().rstrip("\n")
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`{3,}", text)), 3)
        language = node.get("language", node.get("lang", "")).lower().replace("none", "text")
        self.add(f"{fence}{language}\n{text}\n{fence}", prefix_eol=2, suffix_eol=2)
        raise nodes.SkipNode

    # What sphinx-gallery makes of code for HTML, which the environment takes this for
    visit_code_links_block = visit_literal_block


def setup(app):
    app.set_translator("markdown", Translator)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
