"""Draw records: output by process, timeline, stacks, facts, thumbnail; as HTML, SVG and plain text.

Pure functions from a :class:`~process_gallery.record.Record` to text; nothing here knows Sphinx. What they return carries no style
attribute, no event handler and no script, so a page may forbid all three. ``static/process_gallery.css`` gives the classes
their looks, ``static/process_gallery.js`` adds dimming and replay.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from .record import Piece, Process, Record

Anchor = Callable[[int], str | None]
"""Return the id of the element of the page that shows a line of the script; None if there is none."""

SLOTS = 8
"""Colours; the first is the example's own process, the others are given in turn. The style sheet defines as many."""
LANES = 8
"""Processes of one output that get a lane of their own beside the text; above that number there is one lane for all."""
ROWS = 24
"""Rows of a timeline; further processes share the last one."""
STACKS = 12
"""Processes whose stacks are shown."""
LONG = 24
"""Lines above which an output scrolls."""
WIDTHS = (8, 12, 16, 20, 26, 32)
"""Widths of the column of names, in characters, for which the style sheet has a class."""
HELPERS = frozenset({"resource_tracker", "forkserver", "semaphore_tracker"})
"""multiprocessing's own processes: they are drawn quietly."""


# -- the terminal


@dataclass
class _Run:
    """Text of one line that one process wrote at one time."""

    text: str
    process: int | None
    time: float


@dataclass
class _Line:
    """A line as the terminal shows it, one entry for each character."""

    chars: list[str] = field(default_factory=list)
    marks: list[tuple[int | None, float]] = field(default_factory=list)
    gap: bool = False
    """True if it only says that bytes were left out."""

    def put(self, column: int, text: str, mark: tuple[int | None, float]) -> None:
        if column > len(self.chars):
            self.marks += [mark] * (column - len(self.chars))
            self.chars += " " * (column - len(self.chars))
        self.chars[column : column + len(text)] = text
        self.marks[column : column + len(text)] = [mark] * len(text)

    def runs(self) -> list[_Run]:
        runs: list[_Run] = []
        for char, (process, time) in zip(self.chars, self.marks, strict=True):
            if runs and runs[-1].process == process and runs[-1].time == time:
                runs[-1].text += char
            else:
                runs.append(_Run(char, process, time))
        return runs


_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-?]*)[ -/]*(?P<final>[@-~])"  # control sequences: colours, movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles and links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
    r"|[\r\n\x0b\x0c\x08]"
    r"|[^\x1b\r\n\x0b\x0c\x08]+"
    r"|\x1b"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,200}\x1b?|[ -/]*)?$")
# Characters that HTML forbids, or that nobody would see: they become the pictures that Unicode has for them.
_PICTURES = {code: chr(0x2400 + code) for code in range(32) if code not in b"\t\n"} | {0x7F: "\u2421", 7: ""}
_PICTURES |= dict.fromkeys((*range(0x80, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)), "\ufffd")
_PICTURES |= {plane + last: "\ufffd" for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)}


def _screen(pieces: Iterable[Piece]) -> list[_Line]:
    """Return the lines that a terminal of endless width and height would show in the end."""
    lines = [_Line()]
    row = column = 0
    rest = ""
    for piece in pieces:
        mark = (piece.process, piece.time)
        if piece.omitted:
            if lines[row].chars:
                lines.append(_Line())
            lines[-1].gap = True
            lines[-1].put(0, f"[{piece.omitted:,} bytes left out]", (None, piece.time))
            lines.append(_Line())
            row, column, rest = len(lines) - 1, 0, ""
            continue
        text = rest + piece.text
        unfinished = _UNFINISHED.search(text)
        rest = unfinished[0] if unfinished else ""
        for match in _TOKEN.finditer(text, 0, len(text) - len(rest)):
            token = match[0]
            if token in "\n\x0b\x0c":
                if not lines[row].marks:  # so that an empty line has a writer, too
                    lines[row].marks = []
                    lines[row].put(0, "", mark)
                    lines[row].empty = mark
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append(_Line())
