"""What a preview of a page shows where someone links to it, and what a search engine shows
(https://ogp.me, and the description of HTML). The picture is the same for all pages: :mod:`emblem`.
"""

import html
import textwrap

import emblem
from docutils import nodes
from page_descriptions import description_of

LONGEST = 200  # characters of a description; those who show it cut longer ones themselves


def add_tags(app, pagename, templatename, context, doctree):
    """Add the elements to the head of a page that has a text."""
    if app.builder.name != "html" or doctree is None:
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
    """Return how a page's text begins."""
    first = next(doctree.findall(nodes.paragraph), None)
    return textwrap.shorten(first.astext(), LONGEST, placeholder=" …") if first else ""


def setup(app):
    app.connect("html-page-context", add_tags)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
