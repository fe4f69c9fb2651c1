"""Links from the names in recorded code to CPython's documentation, in pages outside the gallery:
the first use of each in a block.
"""

import ast
import functools
import html
import itertools
import re

from docutils import nodes
from names_used import places
from sphinx.ext.intersphinx import InventoryAdapter

from process_gallery.sphinxext import Build

_PIECE = re.compile(r'(<span class="\w+">)?([^<]+)(</span>)?|<[^>]*>')


class Documentation:
    """What CPython documents: addresses by name, and where scripts use these names."""

    def __init__(self, inventory):
        self.addresses = {}
        for kind, entries in inventory.items():
            if kind.startswith("py:") and kind != "py:module":
                self.addresses |= {name: entry.uri for name, entry in entries.items()}
        self.classes = set(inventory["py:class"])
        self.uses = functools.cache(self._uses)  # a script stands in blocks of several pages

    def _uses(self, source):
        return uses(source, self.addresses, self.classes)


@functools.lru_cache(maxsize=1)  # there are twenty thousand names, and a page has many blocks
def documentation(env):
    """Return what the inventory of this build has."""
    return Documentation(InventoryAdapter(env).named_inventory["python"])


def uses(source, names, classes):
    """Return where a script uses documented names: line from 1, column from and to in characters,
    name.
    """
    lines = source.split("\n")
    found = []
    for name, node in places(source, names, classes):
        text = ast.unparse(node)
        if isinstance(node, ast.Attribute) and (
            not text.replace(".", "").isidentifier() or node.lineno != node.end_lineno
        ):
            text = f".{node.attr}"  # of what a call returns, and the like, the attribute alone
        end = len(
            lines[node.end_lineno - 1].encode()[: node.end_col_offset].decode()
        )  # ast counts bytes
        found.append((node.end_lineno, end - len(text), end, name))
    return found


def link(highlighted, spans):
    """Put links into highlighted code.

    Parameters
    ----------
    highlighted
        HTML as Pygments writes it.
    spans
        Start and end in the code, in characters, and address; none within another. One that begins
        or ends within a token is left out: of a decorator, with which Pygments takes the @.
    """
    pieces = [
        (match[0], len(html.unescape(match[2] or ""))) for match in _PIECE.finditer(highlighted)
    ]
    edges = set(itertools.accumulate((length for _, length in pieces), initial=0))
    begins = {start: (end, address) for start, end, address in spans if {start, end} <= edges}
    place, until, result = 0, None, []
    for piece, length in pieces:
        if length and place in begins:
            until, address = begins[place]
            result.append(f'<a href="{html.escape(address)}">')
        result.append(piece)
        place += length
        if length and place == until:
            result.append("</a>")
    return "".join(result)


def link_code(app, doctree, docname):
    """Replace the code of recorded runs by what a browser shows, with links."""
    if app.builder.name != "html" or docname.startswith("gallery/"):
        return
    for block in list(doctree.findall(nodes.literal_block)):
        example = "example" in block and Build.of(app.env).example(block["example"])
        if not example:
            continue
        source, code = example.script.text, block.astext()
        lines = source.split("\n")
        number, offset, starts = example.record.cells[block["cell"]].first, 0, {}
        for text in code.split("\n"):  # what is for sphinx-gallery is left out of the code
            while lines[number - 1] != text:
                number += 1
            starts[number] = offset
            number, offset = number + 1, offset + len(text) + 1
        spans, seen, until = [], set(), 0
        known = documentation(app.env)
        for line, start, end, name in sorted(known.uses(source)):
            if line in starts and name not in seen and starts[line] + start >= until:
                seen.add(name)
                until = starts[line] + end
                spans.append((starts[line] + start, until, known.addresses[name]))
        highlighted = app.builder.highlighter.highlight_block(code, "python", location=block)
        block.replace_self(
            nodes.raw(
                "",
                f'<div class="highlight-python notranslate">{link(highlighted, spans)}</div>\n',
                format="html",
            )
        )


def setup(app):
    app.connect("doctree-resolved", link_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
