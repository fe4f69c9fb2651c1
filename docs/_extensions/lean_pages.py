"""Pages without the files and the markup that they have no use for."""

import re
from pathlib import Path

# Extensions add their files to every page; each is kept where the page has what it is for.
_FILES = {
    r"sphx-glr-thumb": ("sg_gallery.css", "sg-tags.js"),
    r"sphx-glr-script-out": ("sg_gallery-dataframe.css", "sg_gallery-rendered-html.css"),
    r"binder-badge": ("sg_gallery-binder.css",),
    r'<span class="[a-z][a-z0-9]?">': ("pygments.css",),  # a highlighted word of code
    r"\bpg-(versions|table|mark|here|stale|doc)\b": ("versions.css", "versions.js"),
    r"\bpg-heat\b": ("heat.css", "heat.js"),
    r'class="pg[ "]': ("process_gallery.css", "process_gallery.js"),
    r"\bpg-(time|stacks|facts)\b": ("timeline.css",),
    r"\bpg-side\b": ("side_by_side.css",),
    r"class=\"([^\"]* )?(examples|names)[ \"]": ("gallery.css",),
    r"list-filter": ("filter.css", "filter.js"),
    r"\bhang-questions\b": ("questions.css", "questions.js"),
    r"\bfork-steps\b": ("steps.css", "steps.js"),
    r"class=\"[^\"]*example-(bar|download|mentions)": ("example.css",),
    r'class="ask"': ("ask.css",),
}
# Sphinx's, for a "/" and for the words of a search: site.js does both.
_REPLACED = {"documentation_options.js", "doctools.js", "sphinx_highlight.js"}


def make_lean(app, pagename, templatename, context, doctree):
    """Change what the templates are given."""
    if app.builder.name != "html":  # an EPUB has another theme
        return
    body = context.get("body") or ('class="ask"' if pagename == "search" else "")
    unused = {
        name for pattern, names in _FILES.items() if not re.search(pattern, body) for name in names
    }
    unused |= _REPLACED
    if not context.get("READTHEDOCS"):
        unused.add(
            "furo-extensions.css"
        )  # for its advertisement, and for extensions that are not here
    for key in ("css_files", "script_files"):
        context[key] = [
            file for file in context[key] if Path(str(file.filename)).name not in unused
        ]

    # Each word of a literal is an element of its own, for themes that break lines between these
    # only, and so is the text of a link to a page. Furo has no use for them. That a link leads to
    # the documentation of the newest Python says nothing.
    for key in ("body", "toc"):
        if context.get(key):
            context[key] = re.sub(
                r'<span class="(?:pre|doc)">([^<]*)</span>| title="\(in Python v[\d.]+\)"',
                lambda match: match[1] or "",
                context[key],
            )
    if context.get("body"):
        context["body"] = _LITERAL.sub(_breakable, context["body"])


# A name that is wider than a column is broken between its parts, not in the middle of a word.
_LITERAL = re.compile(r'(?<=<code class=")([^"]*\bliteral\b[^"]*">)([^<]{20,})(?=</code>)')


def _breakable(match):
    return match[1] + re.sub(r"(?<=[\w)])([./(=])(?=\w)", r"\1<wbr>", match[2])


def setup(app):
    app.connect("html-page-context", make_lean, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
