"""What the built site has for machines: sitemap, robots.txt, llms.txt with each page as Markdown, a
feed of changes; and its EPUB.
"""

import re
from datetime import date
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree as ET

from docutils import nodes
from gallery_pages import claim_of
from markdown_it import MarkdownIt
from sphinx.addnodes import download_reference, index, toctree
from sphinx.builders.epub3 import Epub3Builder
from sphinx.errors import ExtensionError
from sphinx_markdown_builder.contexts import SubContextParams, TableContext
from sphinx_markdown_builder.translator import MarkdownTranslator

from process_gallery.sphinxext import gallery

FEED = "feed.xml"


def is_site(app):
    """Return whether this build makes the site, rather than a book or a check of links, and with
    its examples.
    """
    return app.builder.name == "html" and app.config.sphinx_gallery_conf["plot_gallery"] not in (
        False,
        "False",
        "0",
        0,
    )


def write(app, error):
    """Write it all, beside the pages."""
    if error or not is_site(app):
        return
    env, url, out = app.env, app.config.html_baseurl, Path(app.outdir)
    places = "".join(
        f"<url><loc>{url}{name}.html</loc></url>\n" for name in sorted(env.found_docs - {"404"})
    )
    sitemap = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    (out / "sitemap.xml").write_text(sitemap, encoding="utf-8")
    (out / "robots.txt").write_text(
        f"User-agent: *\nAllow: /\n\nSitemap: {url}sitemap.xml\n", encoding="utf-8"
    )
    write_feed(app)
    write_markdown(app, sorted(env.found_docs - {"404"}))
    lines = [f"# {app.config.project}", "", f"> {_description(app, app.config.root_doc)}", ""]

    def add(docname):
        about = _description(app, docname)
        lines.append(
            f"- [{env.titles[docname].astext()}]({url}{docname}.md)"
            + (f": {about}" if about else "")
        )
        for child in env.toctree_includes.get(docname, []):
            add(child)

    for part in env.toctree_includes.get(app.config.root_doc, []):
        lines.extend([f"## {env.titles[part].astext()}", ""])
        add(part)
        lines.append("")
    (out / "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def _description(app, docname):
    """Return a page's description: of its front matter, or the claim of its example."""
    example = (
        gallery.get(app, docname.partition("/")[2]) if docname.startswith("gallery/") else None
    )
    if example:
        return re.sub(
            r":\w+(?::\w+)*:`~?([^`<]*?)(?: <[^`]*>)?`|``?", r"\1", claim_of(example.script)
        )
    path = Path(app.env.doc2path(docname))
    found = (
        re.search(r"^    description: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.suffix == ".md"
        else None
    )
    return found[1].strip("\"'") if found else ""


# -- Each page as Markdown, by sphinx-markdown-builder


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


# -- The feed of changes (Atom, RFC 4287)


def read_changes(path):
    """Return the sections of a changelog, as name, date and HTML.

    Each is a heading ``## NAME - YYYY-MM-DD`` and what is below it.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExtensionError(f"{path}: the changelog cannot be read: {error}") from None
    markdown = MarkdownIt()
    tokens, lines = markdown.parse(source), source.split("\n")
    headings = [
        place
        for place, token in enumerate(tokens)
        if (token.type, token.tag) == ("heading_open", "h2")
    ]
    found = [(tokens[place].map[0], tokens[place + 1].content) for place in headings]
    if not found:
        raise ExtensionError(
            f"{path}:1: the changelog has no section: write  ## NAME - YYYY-MM-DD  above what has changed"
        )
    sections = {}
    for (line, heading), (end, _) in zip(found, [*found[1:], (len(lines), "")], strict=True):
        match = re.fullmatch(r"(\S.*?) - (\d{4}-\d\d-\d\d)", heading)
        try:
            day = date.fromisoformat(match[2])
        except (TypeError, ValueError):  # no match, or no such day
            raise ExtensionError(
                f"{path}:{line + 1}: {heading!r} does not name a date: write  ## NAME - YYYY-MM-DD"
            ) from None
        text = markdown.render("\n".join(lines[line + 1 : end]))
        if match[1] in sections:
            raise ExtensionError(
                f"{path}:{line + 1}: there are two sections {match[1]!r}: readers of the feed could not tell them apart"
            )
        if not text:
            raise ExtensionError(
                f"{path}:{line + 1}: the section {match[1]!r} is empty: say what has changed, or remove it"
            )
        sections[match[1]] = day, text
    return [(name, day, text) for name, (day, text) in sections.items()]


def check_changes(app):
    """Read the changelog before everything else: what is wrong with it is then said at once."""
    if is_site(app):
        read_changes(Path(app.srcdir, app.config.feed_changelog).resolve())


def write_feed(app):
    url, config = app.config.html_baseurl, app.config
    entries = read_changes(Path(app.srcdir, config.feed_changelog).resolve())
    # Stays the same whatever version of the site the feed is read from (RFC 4151)
    tag = f"tag:{urlsplit(url).hostname},2026"

    def add(parent, name, text=None, **attributes):
        ET.SubElement(parent, name, attributes).text = text

    feed = ET.Element("feed", xmlns="http://www.w3.org/2005/Atom")
    add(feed, "id", f"{tag}:changes")
    add(feed, "title", f"{config.project}: changes")
    add(feed, "updated", f"{max(day for _, day, _ in entries)}T00:00:00Z")
    add(feed, "link", rel="self", type="application/atom+xml", href=f"{url}{FEED}")
    add(feed, "link", rel="alternate", type="text/html", href=url)
    add(ET.SubElement(feed, "author"), "name", config.author)
    for name, day, text in entries:
        entry = ET.SubElement(feed, "entry")
        add(entry, "id", f"{tag}:changes/{re.sub(r'[^A-Za-z0-9.]+', '-', name)}")
        add(entry, "title", name)
        add(entry, "updated", f"{day}T00:00:00Z")
        add(entry, "link", rel="alternate", type="text/html", href=url)
        add(entry, "content", text, type="html")
    ET.indent(feed)
    ET.ElementTree(feed).write(Path(app.outdir, FEED), encoding="utf-8", xml_declaration=True)


def link_feed(app, pagename, templatename, context, doctree):
    if app.builder.name == "html":
        link = f'<link rel="alternate" type="application/atom+xml" title="Changes" href="{app.config.html_baseurl}{FEED}">'
        context["metatags"] = context.get("metatags", "") + link + "\n"


# -- The EPUB


class Book(Epub3Builder):
    """Sphinx's, with the files in ``_book``, a cover that is declared as EPUB 3 asks, and contents
    in the order of reading.
    """

    def init(self):
        super().init()
        self.config.html_static_path = [*self.config.html_static_path, "_book"]

    def get_toc(self):
        super().get_toc()
        self.refnodes = in_order(self.refnodes)

    def build_content(self):
        Path(self.outdir, self.coverpage_name).unlink(
            missing_ok=True
        )  # an earlier build's would be taken for one more page
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
    for node in list(doctree.findall(nodes.paragraph)):
        if "example-download" in node["classes"]:
            node.parent.remove(node)


def setup(app):
    app.add_config_value(
        "feed_changelog", "../CHANGELOG.md", "", str, "The changelog that the feed is made of."
    )
    app.set_translator("markdown", Translator)
    app.add_builder(Book, override=True)
    app.connect("builder-inited", check_changes, priority=100)
    app.connect("html-page-context", link_feed)
    app.connect("doctree-resolved", suit_book, priority=900)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
