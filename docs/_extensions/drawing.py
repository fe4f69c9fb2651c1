"""The ``drawing`` directive: a drawing of this site, put into the page itself, so that it follows
the page's light and dark.
"""

import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective


class Drawing(SphinxDirective):
    """Inline ``_drawings/NAME.svg``. Option ``alt`` describes it to those who do not see it; the
    content is a caption.
    """

    required_arguments = 1
    has_content = True
    option_spec = {"alt": directives.unchanged_required}

    def run(self):
        path = Path(self.env.srcdir, "_drawings", f"{self.arguments[0]}.svg")
        self.env.note_dependency(str(path))
        try:
            svg = path.read_text(encoding="utf-8")
        except OSError as error:
            raise self.error(f"drawing: {path}: {error.strerror}") from None
        alt = self.options.get("alt")
        if not alt:
            raise self.error("drawing: say in :alt: what it shows")
        figure = nodes.figure(classes=["drawing"])
        label = re.sub(r"[&<>\"]", lambda match: f"&#{ord(match[0])};", " ".join(alt.split()))
        svg = re.sub(r"<svg\b", f'<svg role="img" aria-label="{label}"', svg, count=1)
        # Other formats know by these what stands here: the pages that are read are the same for all
        # of them.
        figure += nodes.raw(
            "", svg, format="html", drawing=self.arguments[0], alt=" ".join(alt.split())
        )
        if self.content:
            caption = nodes.caption()
            text, _ = self.state.inline_text(" ".join(self.content), self.lineno)
            caption += text
            figure += caption
        return [figure]


def setup(app):
    app.add_directive("drawing", Drawing)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
