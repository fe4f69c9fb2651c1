"""The site as a book for e-readers (EPUB)."""

import re
from pathlib import Path

from docutils import nodes
from sphinx.builders.epub3 import Epub3Builder

# The theme's, and this site's for books: other style sheets are for what only a browser shows, and
# use CSS that EPUB's readers and checkers need not know. Scripts have nothing to do here.
STYLES = {"epub.css", "basic.css", "pygments.css", "book.css"}
PICTURES = {"file.png"}  # of epub.css


class Book(Epub3Builder):
    """Sphinx's, with the files in ``_book`` and no others of themes and extensions, a cover that is declared as
    EPUB 3 asks, and contents in the order of reading.
    """

    def init(self):
        super().init()
        self.config.html_static_path = [*self.config.html_static_path, "_book"]
        # The index of modules asks for pictures that a book has not.
        self.config.html_domain_indices = False

    def get_toc(self):
        super().get_toc()
        self.refnodes = in_order(self.refnodes)

    def build_content(self):
        Path(self.outdir, self.coverpage_name).unlink(
            missing_ok=True
        )  # an earlier build's would be taken for one more page
        own = {path.name for path in Path(self.srcdir, "_book").iterdir()} | STYLES | PICTURES
        for path in Path(self.outdir, "_static").rglob("*"):
            if path.is_file() and path.name not in own:
                path.unlink()
        super().build_content()
        path = Path(self.outdir, "content.opf")
        item = f'href="{self.config.epub_cover[0]}"'
        path.write_text(
            path.read_text(encoding="utf-8").replace(item, f'{item} properties="cover-image"'),
            encoding="utf-8",
        )


def in_order(entries):
    """Leave out sections that have chapters below them, which leads back to their page after each;
    the chapters move up.
    """
    before, pages, back = None, set(), set()
    for entry in entries:
        page = entry["refuri"].partition("#")[0]
        if page != before and page in pages:
            back.add(page)
        pages.add(page)
        before = page
    kept, left_out = [], None  # the latter: the level of the section that the entry is in
    for entry in entries:
        page, section, _ = entry["refuri"].partition("#")
        if left_out is not None and entry["level"] <= left_out:
            left_out = None
        if section and page in back:
            left_out = entry["level"]
        else:
            kept.append(entry | {"level": entry["level"] - (left_out is not None)})
    return kept


def suit_book(app, doctree, docname):
    """Put drawings into files, in the colours of paper, and leave out what needs a browser: an
    EPUB's pages are XHTML without it.
    """
    if app.builder.name != "epub":
        return
    css = Path(app.srcdir, "_static/site.css").read_text(encoding="utf-8")
    colors = {"text": "#000", "muted": "#555", "line": "#888"}  # these are the theme's on the site
    for name, color in re.findall(r"--drawing-(\w+): (#\w+);", css):
        colors.setdefault(name, color)  # the first is the light one
    for node in list(doctree.findall(nodes.raw)):
        if "drawing" not in node:
            node.parent.remove(node)
            continue
        path = Path(app.doctreedir).parent / "drawings" / f"{node['drawing']}.svg"
        path.parent.mkdir(exist_ok=True)
        svg = re.sub(r"var\(--drawing-(\w+)\)", lambda match: colors[match[1]], node.astext())
        path.write_text(svg, encoding="utf-8")
        uri = path.as_posix()
        app.env.images.add_file(docname, uri)
        node.replace_self(nodes.image(uri=uri, alt=node["alt"], candidates={"*": uri}))
    for node in list(doctree.findall(nodes.Element)):
        if {"example-download", "example-bar"} & set(node.get("classes", ())):
            node.parent.remove(node)


def only_its_styles(app, pagename, templatename, context, doctree):
    """Have a page of the book name no style sheet and no script that is not in it."""
    if app.builder.name == "epub":
        for key in ("css_files", "script_files"):
            context[key] = [
                file for file in context[key] if Path(str(file.filename)).name in STYLES
            ]


def setup(app):
    app.add_builder(Book, override=True)
    app.connect("html-page-context", only_its_styles, priority=900)
    app.connect("doctree-resolved", suit_book, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
