"""Of which Pythons something on a page is: the attributes by which a page can be followed for one of them.

``data-pythons`` names Pythons as the files of their records are named, but by minor version:
``cpython-3.13-linux cpython-3.14-linux``. It stands at a row, an entry or a tab. ``data-since`` and
``data-until`` name releases of CPython, one in each branch: at what is so from these on, or up to
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from process_gallery.model import Interpreter, file_name

Visit = Callable[[HTML5Translator, nodes.Element], None]


class marked_row(nodes.row):  # noqa: N801 (docutils names node classes so)
    """A row of a table with such attributes, in ``data``."""


class marked_entry(nodes.entry):  # noqa: N801
    """An entry of a table with such attributes."""


class marked_inline(nodes.inline):  # noqa: N801
    """Words with such attributes."""


def key(interpreter: Interpreter) -> str:
    """Return the name of a Python on a page.

    >>> key(Interpreter("3.13.5", "CPython", "linux", "x86_64", "fork", gil=False))
    'cpython-3.13t-linux'
    """
    return file_name(interpreter).removesuffix(".json")


def names(keys: Iterable[str]) -> str:
    """Return the value of ``data-pythons``: each name once."""
    return " ".join(dict.fromkeys(keys))


def _visitor(kind: str) -> tuple[Visit, Visit]:
    def visit(self: HTML5Translator, node: nodes.Element) -> None:
        place = len(self.body)
        getattr(self, f"visit_{kind}")(node)
        data = "".join(
            f' data-{name}="{escape(value)}"' for name, value in node["data"].items() if value
        )
        self.body[place] = self.body[place].replace(">", f"{data}>", 1)

    def depart(self: HTML5Translator, node: nodes.Element) -> None:
        getattr(self, f"depart_{kind}")(node)

    return visit, depart


def add_nodes(app: Sphinx) -> None:
    """Have the nodes written with their attributes in HTML; elsewhere they are what they derive from."""
    for node, kind in ((marked_row, "row"), (marked_entry, "entry"), (marked_inline, "inline")):
        app.add_node(node, html=_visitor(kind))
