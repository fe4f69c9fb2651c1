"""Draw records: output by process, timeline, stacks, facts, thumbnail; as HTML, SVG and plain text.

Pure functions from a :class:`~process_gallery.model.Record` to text; nothing here knows Sphinx.
What they return carries no style attribute, no event handler and no script, so a page may forbid
all three. ``static/process_gallery.css`` and ``timeline.css`` give the classes their looks;
``process_gallery.js`` adds dimming and replay.
"""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePosixPath

from process_gallery.model import HELPERS, PLATFORMS, Piece, Process, Record

Anchor = Callable[[int], str | None]
"""Return the id of the element of the page that shows a line of the script; None if there is none.
"""

SLOTS = 8
"""Colours: the first is the example's own process, the others are given in turn. The style sheet
defines as many.
"""
LANES = 10
"""Processes of one output that get a lane of their own beside the text; if there are more, all
share one.
"""
ROWS = 24
"""Rows of a timeline; further processes share the last one."""
KEYS = 12
"""Names above an output; the others are beside its lines only."""
STACKS = 12
"""Processes whose stacks are shown."""
LONG = 36
"""Lines above which an output scrolls."""
PHONE = 40
"""Characters, with the name, that fit beside each other on a phone."""
WIDTHS = (8, 12, 16, 20, 26)
"""Widths of the column of names, in characters, for which the style sheet has a class."""

_Mark = tuple[int | None, float]
"""Who wrote a character, and when."""


# -- the terminal


@dataclass
class _Run:
    """Characters of one line that one process wrote at one time."""

    text: str
    process: int | None
    time: float


@dataclass
class _Line:
    """A line as the terminal shows it."""

    chars: list[str] = field(default_factory=list)
    marks: list[_Mark] = field(default_factory=list)
    """One for each character."""
    ended: _Mark | None = None
    """Who wrote the end of the line."""
    gap: bool = False
    """True if it only says that bytes were left out."""

    def put(self, column: int, text: str, mark: _Mark) -> None:
        missing = column - len(self.chars)
        if missing > 0:
            self.chars += " " * missing
            self.marks += [mark] * missing
        self.chars[column : column + len(text)] = text
        self.marks[column : column + len(text)] = [mark] * len(text)

    def cut(self, first: int, last: int | None) -> None:
        if last is None:
            del self.chars[first:], self.marks[first:]
        else:
            self.chars[first:last] = " " * len(self.chars[first:last])

    def runs(self) -> list[_Run]:
        runs: list[_Run] = []
        for char, (process, time) in zip(self.chars, self.marks, strict=True):
            if runs and runs[-1].process == process and runs[-1].time == time:
                runs[-1].text += char
            else:
                runs.append(_Run(char, process, time))
        if not runs and self.ended:
            runs.append(_Run("", *self.ended))
        return runs

    @property
    def text(self) -> str:
        return "".join(self.chars).translate(_VISIBLE)

    @property
    def process(self) -> int | None:
        return self.marks[0][0] if self.marks else self.ended[0] if self.ended else None


_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-?]*)[ -/]*(?P<final>[@-~])"  # colours, movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|[\r\n\v\f\b]"
    r"|[^\x1b\r\n\v\f\b]+"
    r"|\x1b"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}|\][^\x07\x1b]{0,400}\x1b?)?\Z")
# What HTML forbids, or nobody would see, is written as `cat -v` does. A terminal's bell is only
# heard.
_VISIBLE: dict[int, str] = {
    code: "^" + chr(code ^ 64) for code in (*range(32), 127) if code not in b"\t\n\a"
} | {7: ""}
_VISIBLE |= dict.fromkeys(
    (*range(0x80, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)), "\ufffd"
)
_VISIBLE |= {
    plane + last: "\ufffd" for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
}


def _screen(pieces: Iterable[Piece]) -> list[_Line]:
    """Return the lines that a terminal of endless width and height would show in the end."""
    lines = [_Line()]
    row = column = 0
    rest = ""
    for piece in pieces:
        mark = (piece.process, piece.time)
        if piece.omitted:
            row = len(lines) - 1
            if lines[row].chars:
                row += 1
                lines.append(_Line())
            lines[row].gap = True
            lines[row].put(0, f"[{piece.omitted:,} bytes left out]", (None, piece.time))
            lines.append(_Line())
            row, column, rest = row + 1, 0, ""
            continue
        text = rest + piece.text
        unfinished = _UNFINISHED.search(text)  # the writer's next piece has the remainder
        rest = unfinished[0] if unfinished else ""
        for match in _TOKEN.finditer(text, 0, len(text) - len(rest)):
            char = match[0]  # or a run of plain ones
            if char in "\n\v\f":
                lines[row].ended = lines[row].ended or mark
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append(_Line())
            elif char == "\r":
                column = 0
            elif char == "\b":
                column = max(0, column - 1)
            elif match["final"]:
                number = int(match["args"]) if match["args"].isdigit() else 0
                steps = max(1, min(number, 10_000))
                if match["final"] == "A":
                    row = max(0, row - steps)
                elif match["final"] == "B":
                    row = min(len(lines) - 1, row + steps)
                elif match["final"] == "C":
                    column = min(column + steps, 10_000)
                elif match["final"] == "D":
                    column = max(0, column - steps)
                elif match["final"] == "G":
                    column = steps - 1
                elif match["final"] == "K":
                    lines[row].cut(
                        column if number == 0 else 0, column + 1 if number == 1 else None
                    )
                elif match["final"] == "J" and number == 0:
                    lines[row].cut(column, None)
                    del lines[row + 1 :]
            elif char[0] != "\x1b" or len(char) == 1:
                lines[row].put(column, char, mark)
                column += len(char)
    while len(lines) > 1 and not lines[-1].chars and not lines[-1].ended:
        lines.pop()
    return [] if len(lines) == 1 and not lines[0].chars and not lines[0].ended else lines


# -- what the drawings of one record share


def _label_all(processes: Sequence[Process]) -> list[str]:
    """Return a name for each process; those of the same name are numbered."""
    count: dict[str, int] = {}
    labels = []
    for process in processes:
        name = " ".join(process.name.translate(_VISIBLE).split())[:40] or "?"
        count[name] = count.get(name, 0) + 1
        labels.append(name if count[name] == 1 else f"{name} #{count[name]}")
    return labels


class _View:
    """Names, colours and the scale of time: the same in every drawing of a record."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.labels = _label_all(record.processes)
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
        ends = (p.end for p in record.processes if p.end is not None)
        self.total = max(
            0.001, record.duration, *ends, *(t for times in self.lines.values() for t in times)
        )
        self.scale = self._scale()
        content = repr(
            (
                record.script,
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
        return process.name in HELPERS

    def color(self, index: int | None) -> str:
        """Return the class that gives a process its colour."""
        return f"pg-c{self.slots[index]}" if index in self.slots else "pg-ch"

    def label(self, index: int | None) -> str:
        return "?" if index is None else self.labels[index]

    def _scale(self) -> list[tuple[float, float]]:
        """Return corners of the curve from seconds to thousandths of the drawing's width.

        A straight line, unless nothing at all happened for most of the time, as when an example is
        stuck: that part is cut short, so that the rest can be seen.
        """
        record = self.record
        moments = {0.0, self.total}
        for process in record.processes:
            moments.update(t for t in (process.asked, process.start, process.end) if t is not None)
        for cell in record.cells:
            moments.update(t for t in (cell.start, cell.end) if t is not None)
        for times in self.lines.values():
            moments.update(times)
        ordered = sorted(moments)
        longest, begin = max(
            ((b - a, a) for a, b in itertools.pairwise(ordered)), default=(0.0, 0.0)
        )
        if (
            longest < max(1.5, 0.6 * self.total) or self.total - longest < 0.001
        ):  # the wait is all there is
            return [(0.0, 0.0), (self.total, 1000.0)]
        pad = min(longest, self.total - longest) * 0.1
        begin, longest = begin + pad, longest - 2 * pad
        width = 130.0
        rate = (1000 - width) / (self.total - longest)
        return [
            (0.0, 0.0),
            (begin, begin * rate),
            (begin + longest, begin * rate + width),
            (self.total, 1000.0),
        ]

    def x(self, seconds: float) -> float:
        """Return the place of a moment, from 0 to 1000."""
        for (t0, x0), (t1, x1) in itertools.pairwise(self.scale):
            if seconds <= t1 and t1 > t0:
                return round(x0 + (max(seconds, t0) - t0) / (t1 - t0) * (x1 - x0), 1)
        return 1000.0

    @property
    def attributes(self) -> str:
        """What the script needs: which run it is, and the scale, in ms."""
        corners = " ".join(f"{_number(t * 1000)},{_number(x)}" for t, x in self.scale)
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


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _duration(seconds: float) -> str:
    """Return a time span as one would say it.

    >>> _duration(0.0024), _duration(0.514), _duration(3.189), _duration(75)
    ('2.4 ms', '514 ms', '3.19 s', '75 s')
    """
    if seconds < 0.9995:
        return f"{seconds * 1000:.{1 if seconds < 0.00995 else 0}f}".removesuffix(".0") + " ms"
    return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s" if seconds < 60 else f"{seconds:.0f} s"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _attr(text: str) -> str:
    return escape(text, quote=True)


# -- output


# Some stacks of CPython 3.15's faulthandler end in a frame without a line and an invalid one.
_FRAME = re.compile(
    r'(?P<lead>[\s|+-]*)(?:File "(?P<file>[^"]+)", line (?P<line>\d+|\?\?\?)|<invalid frame>)'
)


def _is_own(record: Record, file: str | None) -> bool:
    """Return whether a file of a stack is the example's."""
    return file in (record.script, PurePosixPath(record.script).name)


def _foldable(record: Record, lines: list[_Line]) -> list[tuple[int, int, str]]:
    """Return where tracebacks pass through others' code for a while: first line, line after the
    last, and a summary.
    """
    found = []
    index = 0
    while index < len(lines):
        start, files = index, list[str]()
        while (
            index < len(lines)
            and (match := _FRAME.match(lines[index].text))
            and not _is_own(record, match["file"])
        ):
            files.append(match["file"] or match[0].strip())
            deeper = match["lead"] + "  "
            index += 1
            while (
                index < len(lines)
                and lines[index].process == lines[start].process
                and lines[index].text.startswith(deeper)
            ):
                if _FRAME.match(lines[index].text):
                    break
                index += 1
            if index < len(lines) and lines[index].process != lines[start].process:
                break
        if index - start > 2:
            found.append((start, index, _frames(files)))
        index = max(index, start + 1)
    return found


def _frames(files: list[str]) -> str:
    names = list(dict.fromkeys("/".join(PurePosixPath(file).parts[-2:]) for file in files))
    return (
        f"{_count(len(files), 'frame')} in {', '.join(names[:2])}{' ...' if len(names) > 2 else ''}"
    )


def _linked(text: str, record: Record, anchor: Anchor | None) -> str:
    """Escape a line; if it is a frame of the example, link its line number to the code."""
    match = _FRAME.match(text)
    if match and _is_own(record, match["file"]) and match["line"].isdigit():
        target = anchor(int(match["line"])) if anchor else None
        before, number, after = (
            text[: match.start("line")],
            match["line"],
            text[match.end("line") :],
        )
        if target:
            return f'{escape(before, quote=False)}<a href="#{_attr(target)}">{number}</a>{escape(after, quote=False)}'
    return escape(text, quote=False)


_COLUMN = re.compile(r"(?<=\S)\s{2,}(?=\S)")
"""What parts the columns of a table: two lines with two of these are one. It loses its sense where
its lines are broken.
"""


def output_html(
    record: Record,
    cells: Sequence[int],
    *,
    uid: str,
    code_anchor: Anchor | None = None,
    timeline: bool = True,
) -> str:
    """Return the output of cells, each line under the name of the process that printed it.

    Parameters
    ----------
    record
        The run.
    cells
        Indexes of the cells.
    uid
        Id of the element; unique on the page.
    code_anchor
        Where on the page a line of the script is shown, for the line numbers in tracebacks.
    timeline
        Whether the page shows the run's timeline, too: its replay goes through an output without
        names as well.

    """
    view = _View(record)
    lines = _screen(piece for cell in cells for piece in record.cells[cell].output)
    if not lines:
        return ""
    writers = sorted(
        {
            mark[0]
            for line in lines
            for mark in (*line.marks, line.ended)
            if mark and mark[0] is not None
        }
    )
    decorated = record.named and not view.alone
    moves = (decorated and len(writers) > 1) or (
        timeline and len(record.processes) > 1
    )  # can be dimmed, or replayed
    classes = ["pg", "pg-out"]
    caption = ""
    if decorated:
        shown = max([len(view.labels[index]) for index in writers], default=1)
        classes += ["pg-named", f"pg-w{next((w for w in WIDTHS if shown <= w), WIDTHS[-1])}"]
        classes.append(f"pg-n{len(writers) if len(writers) <= LANES else 1}")
        if shown + max(len(line.chars) for line in lines) > PHONE:
            classes.append("pg-tall")
        if len(writers) > 1:
            keys = "".join(
                f'<li><span class="pg-key {view.color(index)}" data-p="{index}">{escape(view.labels[index])}</span></li>'
                for index in writers[:KEYS]
            )
            more = (
                f'<li class="pg-more">and {len(writers) - KEYS} more</li>'
                if len(writers) > KEYS
                else ""
            )
            caption = f'<figcaption class="pg-bar"><ul class="pg-keys" aria-label="Printed by">{keys}{more}</ul></figcaption>'
    lanes = {index: lane if len(writers) <= LANES else 0 for lane, index in enumerate(writers)}
    parts: list[str] = []
    folds = {first: (last, summary) for first, last, summary in _foldable(record, lines)}
    until = -1
    for number, line in enumerate(lines):
        if number in folds:
            until, summary = folds[number]
            look = _look(view, line.process, lanes) if decorated else ""
            parts.append(
                f'<input type="checkbox" class="pg-fold {look}" aria-label="Show {_attr(summary)}" data-n="{_attr(summary)}">'
                '<span class="pg-folded">'
            )
        new = not number or line.process != lines[number - 1].process
        if decorated or moves or line.gap:
            parts.append(
                _line_html(
                    view, line, lanes if decorated else None, code_anchor, new=new, moves=moves
                )
            )
        else:
            parts.append(_linked(line.text, record, code_anchor) + "\n")
        if number + 1 == until:
            parts.append("</span>")
    scrolls = len(lines) > LONG
    if sum(len(_COLUMN.findall(line.text)) > 1 for line in lines) > 1:
        classes.append("pg-columns")
        scrolls = scrolls or max(len(line.chars) for line in lines) > PHONE
    focus = ' tabindex="0" role="group" aria-label="Output"' if scrolls else ""
    run = f" {view.attributes}" if moves else ""
    return (
        f'<figure class="{" ".join(classes)}" id="{_attr(uid)}"{run} aria-label="Output">{caption}'
        f'<div class="highlight{" pg-long" if len(lines) > LONG else ""}"{focus}><pre>{"".join(parts)}</pre></div></figure>\n'
    )


def _look(view: _View, index: int | None, lanes: dict[int, int]) -> str:
    """Return the classes that give what a process wrote its colour and lane."""
    lane = lanes.get(-1 if index is None else index, 0)
    return view.color(index) + (f" pg-k{lane}" if lane else "")


def _line_html(
    view: _View,
    line: _Line,
    lanes: dict[int, int] | None,
    anchor: Anchor | None,
    *,
    new: bool,
    moves: bool,
) -> str:
    if line.gap:
        return f'<span class="pg-l pg-gap">{escape(line.text)}\n</span>'
    runs = line.runs()
    if lanes is None:
        moment = _number(runs[-1].time * 1000)
        return f'<span class="pg-l" data-t="{moment}">{_linked(line.text, view.record, anchor)}\n</span>'

    def attributes(index: int | None, time: float) -> str:
        name = f' data-n="{_attr(view.label(index))}"' if index is not None else ""
        part = f' data-p="{index}"' if moves and index is not None else ""
        return f'{_look(view, index, lanes)}"{part}{name}' + (
            f' data-t="{_number(time * 1000)}"' if moves else ""
        )

    first = runs[0]
    more = " pg-new" if new else ""  # another process than the line above
    if all(run.process == first.process for run in runs):
        text = _linked(line.text, view.record, anchor)
        return f'<span class="pg-l{more} {attributes(first.process, runs[-1].time)}>{text}\n</span>'
    inner = ""
    before: int | None = first.process
    for run in runs:
        text = escape(run.text.translate(_VISIBLE), quote=False)
        inner += f'<span class="pg-part{" pg-other" if run.process != before else ""} {attributes(run.process, run.time)}>{text}</span>'
        before = run.process
    return (
        f'<span class="pg-l{more} pg-mixed {attributes(first.process, first.time)}>{inner}\n</span>'
    )


def output_text(record: Record, cells: Sequence[int]) -> str:
    """Return the output of cells as plain text, each line behind the name of its process if several
    printed.
    """
    view = _View(record)
    lines = _screen(piece for cell in cells for piece in record.cells[cell].output)
    if view.alone or not record.named:
        return "".join(line.text + "\n" for line in lines)
    width = max((len(view.label(line.process)) for line in lines if not line.gap), default=0)
    result = []
    for line in lines:
        if line.gap:
            result.append(f"{'':{width}} | {line.text}")
            continue
        text = ""
        before: int | None = line.process
        for run in line.runs():
            if run.process != before:
                text += f" <{view.label(run.process)}> "
            text += run.text.translate(_VISIBLE)
            before = run.process
        result.append(f"{view.label(line.process):<{width}} | {text}".rstrip())
    return "".join(line + "\n" for line in result)


# -- timeline


@dataclass
class _Row:
    """One bar of a timeline: a process, or many in one."""

    processes: list[Process]
    asked: float
    start: float
    first: float | None
    """When it printed its first line."""
    end: float
    ticks: list[float]


def _row(view: _View, processes: list[Process]) -> _Row:
    starts = [
        t for p in processes if (t := p.start if p.start is not None else p.asked) is not None
    ] or [0.0]
    asked = [p.asked for p in processes if p.asked is not None]
    ticks = sorted(t for p in processes for t in view.lines.get(p.id, ()))
    end = max(view.total if p.end is None else p.end for p in processes)
    first = ticks[0] if ticks else None
    if processes[0].how == "main":
        # The example itself works from its first cell on, whether it prints or not.
        first = min(
            (cell.start for cell in view.record.cells if cell.start is not None), default=first
        )
    start = min(starts)
    return _Row(processes, min([*asked, start]), start, first, max(end, start), ticks)


def _rows(view: _View, processes: Sequence[Process], limit: int = ROWS) -> list[_Row]:
    """Return the rows; if there are too many, the least remarkable processes share one."""
    folded: set[int] = set()
    if len(processes) > limit:

        def remarkable(process: Process) -> tuple[bool, bool, bool, int]:
            return (
                process.id != 0,
                not view.is_odd(process),
                process.id not in view.lines,
                process.id,
            )

        folded = {p.id for p in sorted(processes, key=remarkable)[limit - 1 :]}
    rows = [_row(view, [p]) for p in processes if p.id not in folded]
    if folded:
        rows.append(_row(view, [p for p in processes if p.id in folded]))
    return rows


def _steps(view: _View) -> list[float]:
    """Return the round times at which the scale has a tick."""
    rates = [
        (x1 - x0) / (t1 - t0) for (t0, x0), (t1, x1) in itertools.pairwise(view.scale) if t1 > t0
    ]
    least = 150 / max(rates)
    power = 10.0 ** math.floor(math.log10(least))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
    ticks = [index * step for index in range(int(view.total / step) + 1)]
    if len(view.scale) == 4:
        (begin, _), (end, _) = view.scale[1:3]
        ticks = [t for t in ticks if not begin - step * 0.3 < t < end + step * 0.5]
    return ticks


def timeline_html(record: Record, *, uid: str) -> str:
    """Return the timeline of a run: a bar for each process; nothing if there was only one.

    Parameters
    ----------
    record
        The run.
    uid
        Id of the element; unique on the page.

    """
    if len(record.processes) == 1:
        return ""
    view = _View(record)
    rows = _rows(view, sorted(record.processes, key=view.is_helper))
    names = []
    bars = []
    place = {process.id: number for number, row in enumerate(rows) for process in row.processes}
    wires = []
    for number, row in enumerate(rows):
        names.append(_name_html(view, row))
        bars.append(_bar_svg(view, row, number))
        asker = row.processes[0].asked_by
        if (
            len(row.processes) == 1
            and asker is not None
            and not view.is_helper(row.processes[0])
            and place[asker] != number
        ):
            wires.append(f"M{_number(view.x(row.asked))} {place[asker] + 0.5}V{number + 0.5}")
    steps = _steps(view)
    bands = [
        (view.x(cell.start), view.x(cell.end if cell.end is not None else record.duration), cell)
        for cell in record.cells
        if cell.start is not None
    ]
    height = len(rows)
    backdrop = "".join(
        f'<rect class="pg-cell" x="{_number(left)}" width="{_number(max(right - left, 0.5))}" height="{height}"/>'
        for left, right, _ in bands[::2]
    )
    backdrop += (
        f'<path class="pg-grid" d="{"".join(f"M{_number(view.x(t))} 0V{height}" for t in steps)}"/>'
    )
    scale = "".join(
        f'<text x="{_number(view.x(t) / 10)}%" y="12">{_duration(t)}</text>'
        if t
        else '<text class="pg-zero" y="12">0 ms</text>'
        for t in steps
        if view.x(t) < 965
    )
    if len(view.scale) == 4:
        (begin, left), (end, right) = view.scale[1:3]
        bars.append(
            f'<rect class="pg-cut" x="{_number(left)}" width="{_number(right - left)}" height="{height}"/>'
        )
        scale += f'<text x="{_number((left + right) / 20)}%" y="12">\u2026 {_duration(end - begin)} \u2026</text>'
    heads = "".join(
        f'<text x="{_number(left / 10)}%" y="11">lines {cell.first}\u2013{cell.last}</text>'
        for left, right, cell in bands
        if right - left > 190 and len(bands) > 1
    )
    wire = f'<path class="pg-wire" d="{"".join(wires)}"/>' if wires else ""
    words = "".join(f"<li>{escape(sentence)}</li>" for sentence in _sentences(view, rows))
    return (
        f'<figure class="pg pg-time" id="{_attr(uid)}" {view.attributes} aria-label="Timeline of the processes">'
        f'<figcaption class="pg-bar"><span class="pg-title">{_headline(view)}</span></figcaption><div class="pg-chart">'
        + (f'<svg class="pg-heads" aria-hidden="true">{heads}</svg>' if heads else "")
        + f'<ol class="pg-rows">{"".join(names)}</ol>'
        f'<svg class="pg-bars" viewBox="0 0 1000 {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{backdrop}{wire}{''.join(bars)}</svg>"
        f'<svg class="pg-scale" aria-hidden="true">{scale}</svg></div>'
        '<p class="pg-signs" aria-hidden="true"><span class="pg-sign pg-sign-ask">start() called, does not run yet</span>'
        '<span class="pg-sign pg-sign-pale">runs, has printed nothing yet</span><span class="pg-sign pg-sign-full">runs</span>'
        '<span class="pg-sign pg-sign-tick">prints</span></p>'
        f'<details class="pg-words"><summary>The same in words</summary><ul>{words}</ul></details></figure>\n'
    )


def _headline(view: _View) -> str:
    return f"{_count(len(view.record.processes), 'process', 'processes')} in {_duration(view.record.duration)}"


def _how(view: _View, process: Process) -> str:
    """Return how a process was started, in a word."""
    if view.is_helper(process):
        return "helper"
    return {"main": "", "exec": "program", "unknown": ""}.get(process.how, process.how)


def _name_html(view: _View, row: _Row) -> str:
    process = row.processes[0]
    if len(row.processes) > 1:
        odd = sum(view.is_odd(p) for p in row.processes)
        end = f"{odd} not exit 0" if odd else "exit 0"
        many = _count(len(row.processes), "more", "more")
        key = f'<span class="pg-key pg-ch">{many}</span>'
        return f'<li class="pg-row"><span class="pg-name">{key}</span><span class="pg-end">{end}</span></li>'
    key = f'<span class="pg-key {view.color(process.id)}" data-p="{process.id}">{escape(view.label(process.id))}</span>'
    how = _how(view, process)
    how = f' <span class="pg-how">{how}</span>' if how else ""
    odd_class = " pg-odd" if view.is_odd(process) else ""
    return (
        f'<li class="pg-row{" pg-helper" if view.is_helper(process) else ""}" data-p="{process.id}"><span class="pg-name">{key}{how}</span>'
        f'<span class="pg-end{odd_class}">{escape(view.ending(process))}</span></li>'
    )


def _bar_svg(view: _View, row: _Row, number: int) -> str:
    process = row.processes[0]
    y = _number(number + 0.5)
    asked, start, end = (
        view.x(row.asked),
        view.x(row.start),
        max(view.x(row.end), view.x(row.start) + 2),
    )
    first = end if row.first is None else min(max(view.x(row.first), start), end)
    parts = []
    if start > asked:
        parts.append(f'<path class="pg-ask" d="M{_number(asked)} {y}H{_number(start)}"/>')
    if first > start:
        parts.append(f'<path class="pg-pale" d="M{_number(start)} {y}H{_number(first)}"/>')
    if end > first:
        parts.append(f'<path class="pg-full" d="M{_number(first)} {y}H{_number(end)}"/>')
    ticks = dict.fromkeys(round(view.x(t)) for t in row.ticks)
    if ticks:
        parts.append(
            f'<path class="pg-tick" d="{"".join(f"M{x} {number + 0.22:.2f}v.56" for x in ticks)}"/>'
        )
    if len(row.processes) == 1 and view.is_odd(process):
        parts.append(f'<path class="pg-stop" d="M{_number(end)} {number + 0.18:.2f}v.64"/>')
    helper = " pg-helper" if view.is_helper(process) else ""
    if len(row.processes) > 1:
        return f'<g class="pg-ch">{"".join(parts)}</g>'
    return f'<g class="{view.color(process.id)}{helper}" data-p="{process.id}">{"".join(parts)}</g>'


def _sentences(view: _View, rows: list[_Row]) -> Iterator[str]:
    """Yield the timeline in words, a sentence for each row."""
    for row in rows:
        process = row.processes[0]
        printed = len(row.ticks)
        if len(row.processes) > 1:
            endings = sorted({view.ending(p) for p in row.processes})
            yield (
                f"{_count(len(row.processes), 'more process', 'more processes')} ({view.label(process.id)} to "
                f"{view.label(row.processes[-1].id)}) from {_duration(row.asked)} to {_duration(row.end)}: "
                f"printed {_count(printed, 'line')}; ended with {', '.join(endings)}."
            )
            continue
        how = {"main": "the script", "exec": "another program", "unknown": "origin not known"}.get(
            process.how, process.how
        )
        if view.is_helper(process):
            how = "a helper of multiprocessing"
        by = f", asked for by {view.label(process.asked_by)}" if process.asked_by else ""
        text = f"{view.label(process.id)} ({how}{by}): "
        if process.how == "main":
            text += "from 0 ms"
        elif process.asked is not None:
            text += f"{'started' if process.how == 'exec' else 'start() called'} at {_duration(row.asked)}"
            if row.start - row.asked >= 0.001:
                text += f", began to run {_duration(row.start - row.asked)} later"
        else:
            text += f"ran from {_duration(row.start)}"
        if printed:
            since = (
                f", {_duration(row.ticks[0] - row.asked)} after the start"
                if process.asked is not None and process.id
                else ""
            )
            text += f", printed {_count(printed, 'line')}, the first at {_duration(row.ticks[0])}{since}"
        else:
            text += ", printed nothing"
        ending = view.ending(process)
        if process.id in view.record.left_behind:
            text += ", was left behind and then killed"
        elif process.stuck:
            text += f", {'still ran' if view.is_helper(process) else 'was stuck'} at the time limit of {_duration(view.record.timeout)}"
        elif process.signal:
            text += f", ended by {process.signal} at {_duration(row.end)}"
        elif process.end is not None:
            text += f", ended at {_duration(row.end)}" + (
                f" with exit code {process.exit_code}" if process.exit_code is not None else ""
            )
        else:
            text += f", {ending}"
        yield text + "."


def summary_text(record: Record) -> str:
    """Return the timeline in words, for readers and builders without pictures."""
    if len(record.processes) == 1:
        return ""
    view = _View(record)
    rows = _rows(view, sorted(record.processes, key=view.is_helper))
    return "".join(
        f"{line}\n"
        for line in (
            f"{_headline(view)}:",
            *(f"- {sentence}" for sentence in _sentences(view, rows)),
        )
    )


# -- stacks


@dataclass
class _Frame:
    """One frame of a stack that faulthandler wrote."""

    file: str
    line: int
    function: str


_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+),? in (?P<function>.*)')


def _threads(stack: str) -> Iterator[tuple[str, list[_Frame]]]:
    """Yield the threads of a stack as faulthandler writes it, heading and frames, innermost first."""
    heading, frames = "", list[_Frame]()
    for line in stack.splitlines():
        match = _STACK_LINE.match(line)
        if match:
            frames.append(_Frame(match["file"], int(match["line"]), match["function"]))
        elif line.startswith(("Thread ", "Current thread ")):
            if frames:
                yield heading, frames
            heading, frames = line, []
    if frames:
        yield heading, frames


def _frame_html(frame: _Frame, record: Record, anchor: Anchor | None) -> str:
    own = _is_own(record, frame.file)
    target = anchor(frame.line) if own and anchor else None
    line = f'<a href="#{_attr(target)}">line {frame.line}</a>' if target else f"line {frame.line}"
    where = f"{escape(frame.file)}, {line}"
    what = "" if frame.function == "<module>" else f", in <code>{escape(frame.function)}</code>"
    marked = ' class="pg-own"' if own else ""
    return f"<li{marked}>{where}{what}</li>"


def stacks_html(record: Record, *, uid: str, code_anchor: Anchor | None = None) -> str:
    """Return where each stuck or crashed process was: the example's own frames, all others folded
    away.

    Parameters
    ----------
    record
        The run.
    uid
        Id of the element; unique on the page.
    code_anchor
        Where on the page a line of the script is shown.

    """
    view = _View(record)
    stacked = [
        p
        for p in record.processes
        if not view.is_helper(p) and any(True for _ in _threads(p.stack))
    ]
    if not stacked:
        return ""
    items = []
    for process in stacked[:STACKS]:
        threads = list(_threads(process.stack))
        own = [frame for _, frames in threads for frame in frames if _is_own(record, frame.file)]
        # faulthandler writes the thread that got the signal, in general the main thread, last, or
        # marks it as current.
        main = next(
            (frames for heading, frames in threads if heading.startswith("Current")), threads[-1][1]
        )
        key = f'<span class="pg-key {view.color(process.id)}" data-p="{process.id}">{escape(view.label(process.id))}</span>'
        shown = own or main[:1]
        state = "stuck" if process.stuck else view.ending(process)
        total = sum(len(frames) for _, frames in threads)
        everything = "".join(
            f"<p>{escape(_thread_name(heading, index, len(threads)))}</p>"
            f"<ol>{''.join(_frame_html(frame, record, code_anchor) for frame in frames)}</ol>"
            for index, (heading, frames) in enumerate(threads)
        )
        more = ""
        if total > len(shown):
            among = f"{_count(total, 'frame')}" + (
                f" of {len(threads)} threads" if len(threads) > 1 else ""
            )
            more = f"<details><summary>All {among}, innermost first</summary>{everything}</details>"
        items.append(
            f'<li data-p="{process.id}"><p>{key} <span class="pg-how">{escape(state)}</span></p>'
            f"<ol>{''.join(_frame_html(frame, record, code_anchor) for frame in shown)}</ol>{more}</li>"
        )
    if len(stacked) > STACKS:
        items.append(
            f"<li>and {_count(len(stacked) - STACKS, 'more process', 'more processes')}</li>"
        )
    title = (
        "Where each process was when the time was up"
        if record.outcome == "timeout"
        else "Where it crashed"
    )
    return (
        f'<figure class="pg pg-stacks" id="{_attr(uid)}" data-pg="{view.run}" aria-label="Stacks">'
        f'<figcaption class="pg-bar"><span class="pg-title">{title}</span></figcaption><ul>{"".join(items)}</ul></figure>\n'
    )


def _thread_name(heading: str, index: int, count: int) -> str:
    """Return what to call a thread: its address says nothing to a reader."""
    if count == 1:
        return "The only thread"
    match = re.search(r"\[(.+)\]", heading) or re.search(r"\[(.+?)(?:\] )?\(most", heading)
    name = f" {match[1]}" if match else ""
    return f"Thread {index + 1} of {count}{name}" + (
        " (got the signal)" if heading.startswith("Current") else ""
    )


# -- facts


def facts_html(record: Record, *, download: str | None) -> str:
    """Return what a run ran on and how it went, and how to run it alone.

    Parameters
    ----------
    record
        The run.
    download
        Address of the script, if the page offers it.

    """
    python = record.interpreter
    outcome = {
        "ok": "ended normally",
        "timeout": f"stuck, ended after {_duration(record.timeout)}",
    }.get(record.outcome, record.outcome)
    if record.exit_code is not None:
        outcome = f"exit code {record.exit_code}" + (
            f" ({record.outcome.removeprefix('exception ')})" if record.error else ""
        )
    if record.outcome != "ok" and record.as_expected:
        outcome += ", as meant"
    version = f"{python.version}{'' if python.gil else ', free-threaded'}"
    facts = [
        (python.implementation, version),
        ("Platform", f"{PLATFORMS.get(python.platform, python.platform)} {python.machine}"),
        ("Default start method", python.default_start_method),
        ("Took", _duration(record.duration)),
        ("Outcome", outcome),
        ("Processes", str(len(record.processes))),
        ("Largest process", f"{record.peak_memory / 1024:.0f} MiB"),
    ]
    if record.memory_limit is not None:
        facts.append(("Memory limit", f"{record.memory_limit} MiB"))
    if record.date:
        facts.append(("Recorded", record.date))
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts
    )
    name = PurePosixPath(record.script).name
    run = f"<code>python {escape(name)}</code>"
    if download:
        run += f' after downloading <a class="reference download" download="" href="{_attr(download)}">{escape(name)}</a>'
    return f'<dl class="pg-facts simple">{items}<div class="pg-alone"><dt>Run it alone</dt><dd>{run}</dd></div></dl>\n'


# -- pictures


_MIDTONES = ("#7b828c", "#2f7fc1", "#d2601a", "#12916c", "#b8669f", "#b07d00", "#2f93b8", "#828c14")
"""The colours of the processes where a picture cannot know whether the page is light or dark: 3:1
on both.
"""
_QUIET = "#7b828c"


def thumbnail_svg(record: Record) -> str:
    """Return the timeline as a small picture of its own."""
    view = _View(record)
    rows = _rows(view, [process for process in record.processes if not view.is_helper(process)], 9)
    left, right, top, bottom = 24.0, 376.0, 30.0, 250.0
    step = min((bottom - top) / len(rows), 44.0)
    thick = min(step * 0.5, 18.0)
    middle = (top + bottom) / 2 - step * (len(rows) - 1) / 2

    def x(moment: float) -> float:
        return left + view.x(moment) / 1000 * (right - left)

    parts = []
    for number, row in enumerate(rows):
        y = middle + number * step
        color = _MIDTONES[view.slots[row.processes[0].id]] if len(row.processes) == 1 else _QUIET
        asked, start, end = x(row.asked), x(row.start), max(x(row.end), x(row.start) + 3)
        first = end if row.first is None else min(max(x(row.first), start), end)
        asker = row.processes[0].asked_by
        if asker is not None and number:
            up = next(
                (place for place, other in enumerate(rows) if other.processes[0].id == asker), 0
            )
            parts.append(
                f'<path d="M{asked:.1f} {middle + up * step + thick / 2:.1f}V{y:.1f}" stroke="{_QUIET}" stroke-width="1.5"/>'
            )
        if start > asked:
            parts.append(
                f'<path d="M{asked:.1f} {y:.1f}H{start:.1f}" stroke="{color}" stroke-width="3" stroke-dasharray="3 3"/>'
            )
        if first > start:
            parts.append(
                f'<path d="M{start:.1f} {y:.1f}H{first:.1f}" stroke="{color}" stroke-width="{thick:.1f}" opacity=".5"/>'
            )
        if end > first:
            parts.append(
                f'<path d="M{first:.1f} {y:.1f}H{end:.1f}" stroke="{color}" stroke-width="{thick:.1f}"/>'
            )
        ticks = dict.fromkeys(round(x(t)) for t in row.ticks)
        if ticks:
            high = thick * 0.85
            marks = "".join(f"M{at} {y - high:.1f}V{y + high:.1f}" for at in ticks)
            parts.append(f'<path d="{marks}" stroke="{color}" stroke-width="3"/>')
        if len(row.processes) == 1 and view.is_odd(row.processes[0]):
            arm = thick * 0.5
            parts.append(
                f'<path d="M{end - arm:.1f} {y - arm:.1f}l{2 * arm:.1f} {2 * arm:.1f}m0 {-2 * arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"'
                f' stroke="{color}" stroke-width="4"/>'
            )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 280" width="400" height="280" fill="none">{"".join(parts)}</svg>\n'


_PAINT = re.compile(
    r'(?P<key>\b(?:fill|stroke|color|stop-color)\s*(?:=\s*"|:)\s*)'
    r"(?P<value>#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|black\b|white\b)"
)
_DARK_INK, _DARK_PAPER = (0xCF, 0xD0, 0xD0), (0x13, 0x14, 0x16)


def figure_variants(svg: str) -> tuple[str, str]:
    """Return a plot for light pages and one for dark pages.

    Parameters
    ----------
    svg
        As matplotlib saves it with a transparent background. Greys change places for the dark
        variant: what is black there becomes light, what is white becomes dark; colours stay.

    """

    def dark(match: re.Match[str]) -> str:
        value = {"black": "#000000", "white": "#ffffff"}.get(match["value"], match["value"])[1:]
        if len(value) == 3:
            value = "".join(digit * 2 for digit in value)
        red, green, blue = (int(value[index : index + 2], 16) for index in (0, 2, 4))
        if max(red, green, blue) - min(red, green, blue) > 12:
            return match[0]
        share = green / 255
        mixed = (
            round(ink + (paper - ink) * share)
            for ink, paper in zip(_DARK_INK, _DARK_PAPER, strict=True)
        )
        return match["key"] + "#" + "".join(f"{part:02x}" for part in mixed)

    # In tags only: a label of the plot may well say "fill: black". Text and shapes without a colour
    # inherit the root's.
    result = re.sub(
        r"<[^<>]*>|(?<=<style type=\"text/css\">)[^<]*", lambda tag: _PAINT.sub(dark, tag[0]), svg
    )
    ink = "#" + "".join(f"{part:02x}" for part in _DARK_INK)
    result = re.sub(r"<svg\b(?![^>]*\sfill=)", f'<svg fill="{ink}"', result, count=1)
    return svg, result
