"""The ``error-list`` directive: the headings of the pages of errors, each a link to its entry.

Its content names these pages, in their order; it is their table of contents, too.
"""

import re

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

_ENTRY = re.compile(r"^\((error-[\w-]+)\)=\n+## (.+)$", re.MULTILINE)


def entries(text):
    """Return the entries that a page's source has: anchor and heading, in their order."""
    return _ENTRY.findall(text)


class ErrorList(SphinxDirective):
    """Lists the entries of all pages of errors."""

    has_content = True

    def run(self):
        pages = [line.strip() for line in self.content if line.strip()]
        lines = []
        for page in pages:
            name, path = self.env.relfn2path(f"{page}.md")
            try:
                with open(path, encoding="utf-8") as file:
                    text = file.read()
            except FileNotFoundError:
                raise self.error(f"error-list: there is no page {name}") from None
            self.env.note_dependency(path)
            found = entries(text)
            if not found:
                raise self.error(f"error-list: {name} has no entry: (error-...)= and a heading ##")
            title = re.search(r"^# (.+)$", text, re.MULTILINE)
            lines += [f"**[{title[1]}]({page}.md)**", ""]
            lines += [f"- [{heading}](#{anchor})" for anchor, heading in found]
            lines += [""]
        lines += ["```{toctree}", ":hidden:", "", *pages, "```"]
        whole = nodes.container(classes=["error-list", "leads-on"])
        self.state.nested_parse(StringList(lines, self.get_source_info()[0]), 0, whole)
        return [whole]


def setup(app):
    app.add_directive("error-list", ErrorList)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
