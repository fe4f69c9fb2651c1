"""A feed of changes (Atom, RFC 4287), made from the changelog."""

import re
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from markdown_it import MarkdownIt
from sphinx.errors import ExtensionError
from whole_site import is_whole_site

FEED = "feed.xml"


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
    if is_whole_site(app):
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


def write(app, error):
    """Write the feed, beside the pages."""
    if not error and is_whole_site(app):
        write_feed(app)


def link_feed(app, pagename, templatename, context, doctree):
    if app.builder.name == "html":
        link = f'<link rel="alternate" type="application/atom+xml" title="Changes" href="{app.config.html_baseurl}{FEED}">'
        context["metatags"] = context.get("metatags", "") + link + "\n"


def setup(app):
    app.add_config_value(
        "feed_changelog", "../CHANGELOG.md", "", str, "The changelog that the feed is made of."
    )
    app.connect("builder-inited", check_changes, priority=100)
    app.connect("html-page-context", link_feed)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
