"""The output of cells, each line under the name of the process that printed it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from html import escape
from pathlib import PurePosixPath

from process_gallery.model import Record

from .terminal import VISIBLE, Line, screen, with_writers
from .view import Anchor, View, attribute, count, decimal, is_own

LANES = 10
"""Processes of one output that get a lane of their own beside the text; if there are more, all
share one.
"""
KEYS = 12
"""Names above an output; the others are beside its lines only."""
LONG = 36
"""Lines above which an output scrolls."""
NARROW = 40
"""Characters, with the name, that fit beside each other on a phone."""
WIDTHS = (8, 12, 16, 20, 26)
"""Widths of the column of names, in characters, for which the style sheet has a class."""

# Some stacks of CPython 3.15's faulthandler end in a frame without a line and an invalid one.
_FRAME = re.compile(
    r'(?P<lead>[\s|+-]*)(?:File "(?P<file>[^"]+)", line (?P<line>\d{1,9}|\?\?\?)|<invalid frame>)'
)


def _foldable(record: Record, lines: list[Line]) -> list[tuple[int, int, str]]:
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
            and not is_own(record, match["file"])
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
        f"{count(len(files), 'frame')} in {', '.join(names[:2])}{' ...' if len(names) > 2 else ''}"
    )


def _linked(text: str, record: Record, anchor: Anchor | None) -> str:
    """Escape a line; if it is a frame of the example, link its line number to the code."""
    match = _FRAME.match(text)
    if match and is_own(record, match["file"]) and match["line"].isdigit():
        target = anchor(int(match["line"])) if anchor else None
        before, number, after = (
            text[: match.start("line")],
            match["line"],
            text[match.end("line") :],
        )
        if target:
            return f'{escape(before, quote=False)}<a href="#{attribute(target)}">{number}</a>{escape(after, quote=False)}'
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
    return output_of(View(record), cells, uid=uid, code_anchor=code_anchor, timeline=timeline)


def output_of(
    view: View,
    cells: Sequence[int],
    *,
    uid: str,
    code_anchor: Anchor | None,
    timeline: bool,
    column: bool = False,
    differing: AbstractSet[int] = frozenset(),
) -> str:
    """Return the output of cells in a view; as a narrow column among others, in which the lines of
    these numbers are marked.
    """
    record = view.record
    lines = screen(piece for cell in cells for piece in record.cells[cell].output)
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
        if column or shown + max(len(line.chars) for line in lines) > NARROW:
            classes.append("pg-tall")
        if len(writers) > 1 and not column:
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
                f'<input type="checkbox" class="pg-fold {look}" aria-label="Show {attribute(summary)}" data-n="{attribute(summary)}">'
                '<span class="pg-folded">'
            )
        new = not number or line.process != lines[number - 1].process
        if decorated or moves or line.gap or differing:
            parts.append(
                _line_html(
                    view,
                    line,
                    lanes if decorated else None,
                    code_anchor,
                    new=new,
                    moves=moves,
                    differs=number in differing,
                )
            )
        else:
            parts.append(_linked(line.text, record, code_anchor) + "\n")
        if number + 1 == until:
            parts.append("</span>")
    scrolls = len(lines) > LONG
    if sum(len(_COLUMN.findall(line.text)) > 1 for line in lines) > 1:
        classes.append("pg-columns")
        scrolls = scrolls or max(len(line.chars) for line in lines) > NARROW
    focus = ' tabindex="0" role="group" aria-label="Output"' if scrolls else ""
    run = f" {view.attributes}" if moves else ""
    return (
        f'<figure class="{" ".join(classes)}" id="{attribute(uid)}"{run} aria-label="Output">{caption}'
        f'<div class="highlight{" pg-long" if len(lines) > LONG else ""}"{focus}><pre>{"".join(parts)}</pre></div></figure>\n'
    )


def _look(view: View, index: int | None, lanes: dict[int, int]) -> str:
    """Return the classes that give what a process wrote its colour and lane."""
    lane = lanes.get(-1 if index is None else index, 0)
    return view.color(index) + (f" pg-k{lane}" if lane else "")


def _line_html(
    view: View,
    line: Line,
    lanes: dict[int, int] | None,
    anchor: Anchor | None,
    *,
    new: bool,
    moves: bool,
    differs: bool,
) -> str:
    tag, mark = ("mark", " pg-diff") if differs else ("span", "")
    if line.gap:
        return f'<span class="pg-l pg-gap">{escape(line.gap_text(view.labels))}\n</span>'
    runs = line.parts()
    if lanes is None:
        moment = decimal(runs[-1].time * 1000)
        return f'<{tag} class="pg-l{mark}" data-t="{moment}">{_linked(line.text, view.record, anchor)}\n</{tag}>'

    def attributes(index: int | None, time: float) -> str:
        name = f' data-n="{attribute(view.label(index))}"' if index is not None else ""
        part = f' data-p="{index}"' if moves and index is not None else ""
        return f'{_look(view, index, lanes)}"{part}{name}' + (
            f' data-t="{decimal(time * 1000)}"' if moves else ""
        )

    first = runs[0]
    more = mark + (" pg-new" if new else "")  # another process than the line above
    if all(run.process == first.process for run in runs):
        text = _linked(line.text, view.record, anchor)
        return (
            f'<{tag} class="pg-l{more} {attributes(first.process, runs[-1].time)}>{text}\n</{tag}>'
        )
    inner = ""
    before: int | None = first.process
    for run in runs:
        text = escape(run.text.translate(VISIBLE), quote=False)
        inner += f'<span class="pg-part{" pg-other" if run.process != before else ""} {attributes(run.process, run.time)}>{text}</span>'
        before = run.process
    return f'<{tag} class="pg-l{more} pg-mixed {attributes(first.process, first.time)}>{inner}\n</{tag}>'


def output_text(record: Record, cells: Sequence[int]) -> str:
    """Return the output of cells as plain text, each line behind the name of its process if several
    printed.
    """
    view = View(record)
    lines = screen(piece for cell in cells for piece in record.cells[cell].output)
    if view.alone or not record.named:
        return "".join(line.text + "\n" for line in lines)
    width = max((len(view.label(line.process)) for line in lines if not line.gap), default=0)
    result = []
    for line in lines:
        if line.gap:
            result.append(f"{'':{width}} | {line.gap_text(view.labels)}")
            continue
        text = with_writers(line, view.labels)
        result.append(f"{view.label(line.process):<{width}} | {text}".rstrip())
    return "".join(line + "\n" for line in result)
