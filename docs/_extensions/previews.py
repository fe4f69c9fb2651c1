"""What a preview of a page shows where someone links to it, and what a search engine shows
(https://ogp.me, and the description of HTML). The picture is the same for all pages: :mod:`emblem`.
"""

import html
import re
import textwrap

import emblem
from docutils import nodes
from page_descriptions import MADE, description_of

LONGEST = 200  # characters of a description; those who show it cut longer ones themselves


def add_tags(app, pagename, templatename, context, doctree):
    """Add the elements to the head of a page that has a text, and of the others a description."""
    if app.builder.name != "html":
        return
    if doctree is None:
        if text := MADE.get(pagename):
            context["metatags"] = f'<meta name="description" content="{html.escape(text)}" />\n'
        return
    text = description_of(app, pagename) or _beginning(doctree)
    tags = {
        "og:title": app.env.titles[pagename].astext(),
        "og:type": "website",
        "og:url": app.config.html_baseurl + app.builder.get_target_uri(pagename),
        "og:site_name": app.config.project,
        "og:description": text,
    }
    if emblem.has_emblem(app.env):
        width, height = emblem.SIZE
        tags |= {
            "og:image": app.config.html_baseurl + emblem.NAME,
            "og:image:width": str(width),
            "og:image:height": str(height),
            "og:image:alt": emblem.ALT,
        }
    lines = [
        f'<meta property="{name}" content="{html.escape(content)}" />'
        for name, content in tags.items()
        if content
    ]
    if "og:image" in tags:  # X reads the others in the form of ogp.me, too
        lines.append('<meta name="twitter:card" content="summary_large_image" />')
    before = context.get("metatags", "")
    if text and 'name="description"' not in before:
        lines.append(f'<meta name="description" content="{html.escape(text)}" />')
    context["metatags"] = before + "\n".join(lines) + "\n"


def _beginning(doctree):
    """Return how a page's text begins: whole sentences, if the first one is not too long."""
    first = next(doctree.findall(nodes.paragraph), None)
    text = " ".join(first.astext().split()) if first else ""
    sentences = re.match(rf".{{1,{LONGEST - 1}}}[.?!](?=\s|$)", text)
    return sentences[0] if sentences else textwrap.shorten(text, LONGEST, placeholder=" …")


def setup(app):
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
