"""What the drawings of one record share: names, colours, the scale of time, words."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from html import escape
from pathlib import PurePosixPath

from process_gallery.helper_processes import HELPERS
from process_gallery.model import Process, Record, labels

Anchor = Callable[[int], str | None]
"""Return the id of the element of the page that shows a line of the script; None if there is none.
"""

SLOTS = 8
"""Colours: the first is the example's own process, the others are given in turn. The style sheet
defines as many.
"""


class View:
    """Names, colours and the scale of time: the same in every drawing of a record."""

    def __init__(self, record: Record, beside: Sequence[Record] = ()) -> None:
        """Look at a record; ``beside`` are others that are drawn on the same scale of time."""
        self.record = record
        self.labels = labels(record.processes)
        self.lines: dict[int, list[float]] = {}
        """When each process wrote: the ends of its lines, or the piece's time if there is none in
        it.
        """
        for piece in record.pieces():
            if piece.process is not None:
                self.lines.setdefault(piece.process, []).extend(
                    [piece.time] * max(1, piece.text.count("\n"))
                )
        others = [p.id for p in record.processes if p.id and not self.is_helper(p)]
        # Those who print are told apart by colour first: there are more processes than colours a
        # reader can tell apart.
        ranked = sorted(others, key=lambda index: index not in self.lines)
        self.slots = {index: 1 + rank % (SLOTS - 1) for rank, index in enumerate(ranked)} | {0: 0}
        self.alone = set(self.lines) <= {0}
        moments = {0.0, 0.001}
        for one in (record, *beside):
            moments |= _moments(one)
        self.total = max(moments)
        self.scale = _scale(moments - {0.001}, self.total)
        content = repr(
            (
                record.script,
                record.arguments,
                record.sha256,
                record.interpreter,
                record.date,
                record.duration,
                record.processes,
            )
        )
        self.run = hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:8]

    @staticmethod
    def is_helper(process: Process) -> bool:
        """Return whether it is one of multiprocessing's own. One that has a stack hung in the
        example's code.
        """
        return process.name in HELPERS and not process.stack

    def color(self, index: int | None) -> str:
        """Return the class that gives a process its colour."""
        return f"pg-c{self.slots[index]}" if index in self.slots else "pg-ch"

    def label(self, index: int | None) -> str:
        """Return what the reader calls a process."""
        return "?" if index is None else self.labels[index]

    def x(self, seconds: float) -> float:
        """Return the place of a moment, from 0 to 1000."""
        for (t0, x0), (t1, x1) in itertools.pairwise(self.scale):
            if seconds <= t1 and t1 > t0:
                return round(x0 + (max(seconds, t0) - t0) / (t1 - t0) * (x1 - x0), 1)
        return 1000.0

    @property
    def attributes(self) -> str:
        """What the script needs: which run it is, and the scale, in ms."""
        corners = " ".join(f"{decimal(t * 1000)},{decimal(x)}" for t, x in self.scale)
        return f'data-pg="{self.run}" data-map="{corners}"'

    def ending(self, process: Process) -> str:
        """Return how a process ended, in two words."""
        if process.id in self.record.left_behind:
            return "left behind"
        if process.stuck:
            return "killed" if self.is_helper(process) else "stuck"
        if process.signal:
            return process.signal
        if process.exit_code is not None:
            return f"exit {process.exit_code}"
        return "ended" if process.end is not None else "killed"

    def is_odd(self, process: Process) -> bool:
        """Return whether the way a process ended deserves a look."""
        if process.id in self.record.left_behind or process.exit_code:
            return True
        if process.stuck:
            return not self.is_helper(process)  # those only waited for the others
        return process.signal not in (None, "SIGTERM")  # a pool ends its workers by SIGTERM


def _moments(record: Record) -> set[float]:
    """Return when anything happened in a run."""
    moments = {record.duration} | {piece.time for piece in record.pieces()}
    for process in record.processes:
        moments.update(t for t in (process.asked, process.start, process.end) if t is not None)
    for cell in record.cells:
        moments.update(t for t in (cell.start, cell.end) if t is not None)
    return moments


def _scale(moments: set[float], total: float) -> list[tuple[float, float]]:
    """Return corners of the curve from seconds to thousandths of the drawing's width.

    A straight line, unless nothing at all happened for most of the time, as when an example is
    stuck: that part is cut short, so that the rest can be seen.
    """
    ordered = sorted(moments | {total})
    longest, begin = max(((b - a, a) for a, b in itertools.pairwise(ordered)), default=(0.0, 0.0))
    if longest < max(1.5, 0.6 * total) or total - longest < 0.001:  # the wait is all there is
        return [(0.0, 0.0), (total, 1000.0)]
    pad = min(longest, total - longest) * 0.1
    begin, longest = begin + pad, longest - 2 * pad
    width = 130.0
    rate = (1000 - width) / (total - longest)
    return [
        (0.0, 0.0),
        (begin, begin * rate),
        (begin + longest, begin * rate + width),
        (total, 1000.0),
    ]


def decimal(value: float) -> str:
    """Return a number with one decimal, or none."""
    return f"{value:.1f}".removesuffix(".0")


def duration(seconds: float) -> str:
    """Return a time span as one would say it.

    >>> duration(0.0024), duration(0.514), duration(3.189), duration(75)
    ('2.4 ms', '514 ms', '3.19 s', '75 s')
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.{1 if seconds < 0.00995 else 0}f}".removesuffix(".0") + " ms"
    return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s" if seconds < 60 else f"{seconds:.0f} s"


def count(number: int, one: str, many: str = "") -> str:
    """Return a number and what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def attribute(text: str) -> str:
    """Escape the value of an attribute."""
    return escape(text, quote=True)


def is_own(record: Record, file: str | None) -> bool:
    """Return whether a file of a stack is the example's."""
    return file in (record.script, PurePosixPath(record.script).name)
