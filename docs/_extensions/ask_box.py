"""The ``ask`` directive: a box to paste into, above the list of errors and on the page about hangs.

What it finds is found by search.js, in the data that search_index.py writes; ask.js shows it. Without
JavaScript, and in other forms of the site, there is no box. The content of the directive, if any, says
by which frames of stacks the rows of the page's table are known: a line for each row, in the table's
order.
"""

import html

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

_BOX = """<form class="ask" data-ask="{kind}" method="dialog">
<label for="ask">{label}</label>
<textarea id="ask" rows="3" spellcheck="false" autocomplete="off" autocapitalize="off" aria-describedby="ask-note"></textarea>
<p id="ask-note">{note} It is looked up on this page and sent nowhere.</p>
</form>
<div class="ask-found">
<p class="search-summary" role="status"></p>
<div class="ask-notes"></div>
<ul class="ask-results"></ul>
</div>"""


class ask_box(nodes.General, nodes.Element):  # noqa: N801 -- as docutils names its nodes
    """A box, until the format is known."""


class Ask(SphinxDirective):
    """A box; its argument says what is looked up: errors or hang."""

    required_arguments = 1
    has_content = True
    option_spec = {"label": directives.unchanged_required, "note": directives.unchanged}

    def run(self):
        kind = self.arguments[0]
        if kind not in ("errors", "hang"):
            raise self.error(f"ask: {kind!r} is neither errors nor hang")
        box = ask_box(kind=kind, label=self.options["label"], note=self.options.get("note", ""))
        if kind == "hang":
            box["rules"] = [line.strip() for line in self.content if line.strip()]
        return [box]


def place(app, doctree, docname):
    """Put the box where it is of use: on a page in a browser."""
    for box in list(doctree.findall(ask_box)):
        text = _BOX.format_map(
            {name: html.escape(str(box[name])) for name in ("kind", "label", "note")}
        )
        box.replace_self([nodes.raw("", text, format="html")] if app.builder.name == "html" else [])


def setup(app):
    app.add_node(ask_box)
    app.add_directive("ask", Ask)
    app.connect("doctree-resolved", place)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
