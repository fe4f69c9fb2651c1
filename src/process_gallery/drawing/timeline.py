"""The timeline of a run, as a picture and in words."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from process_gallery.model import Process, Record

from .terminal import VISIBLE
from .view import View, attribute, count, decimal, duration

ROWS = 24
"""Rows of a timeline; further processes share the last one."""


@dataclass
class Row:
    """One bar of a timeline: a process, or many in one."""

    processes: list[Process]
    asked: float
    start: float
    first: float | None
    """When it printed its first line."""
    end: float
    ticks: list[float]


def row_of(view: View, processes: list[Process]) -> Row:
    """Return the bar of processes."""
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
    return Row(processes, min([*asked, start]), start, first, max(end, start), ticks)


def rows_of(view: View, processes: Sequence[Process], limit: int = ROWS) -> list[Row]:
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
    rows = [row_of(view, [p]) for p in processes if p.id not in folded]
    if folded:
        rows.append(row_of(view, [p for p in processes if p.id in folded]))
    return rows


def _steps(view: View) -> list[float]:
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
    view = View(record)
    rows = rows_of(view, sorted(record.processes, key=view.is_helper))
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
            wires.append(f"M{decimal(view.x(row.asked))} {place[asker] + 0.5}V{number + 0.5}")
    steps = _steps(view)
    bands = [
        (view.x(cell.start), view.x(cell.end if cell.end is not None else record.duration), cell)
        for cell in record.cells
        if cell.start is not None
    ]
    height = len(rows)
    backdrop = "".join(
        f'<rect class="pg-cell" x="{decimal(left)}" width="{decimal(max(right - left, 0.5))}" height="{height}"/>'
        for left, right, _ in bands[::2]
    )
    backdrop += (
        f'<path class="pg-grid" d="{"".join(f"M{decimal(view.x(t))} 0V{height}" for t in steps)}"/>'
    )
    scale = "".join(
        f'<text x="{decimal(view.x(t) / 10)}%" y="12">{duration(t)}</text>'
        if t
        else '<text class="pg-zero" y="12">0 ms</text>'
        for t in steps
        if view.x(t) < 965
    )
    if len(view.scale) == 4:
        (begin, left), (end, right) = view.scale[1:3]
        bars.append(
            f'<rect class="pg-cut" x="{decimal(left)}" width="{decimal(right - left)}" height="{height}"/>'
        )
        scale += f'<text x="{decimal((left + right) / 20)}%" y="12">\u2026 {duration(end - begin)} \u2026</text>'
    heads = "".join(
        f'<text x="{decimal(left / 10)}%" y="11">lines {cell.first}\u2013{cell.last}</text>'
        for left, right, cell in bands
        if right - left > 190 and len(bands) > 1
    )
    wire = f'<path class="pg-wire" d="{"".join(wires)}"/>' if wires else ""
    words = "".join(
        f"<li>{escape(sentence.translate(VISIBLE))}</li>" for sentence in _sentences(view, rows)
    )
    return (
        f'<figure class="pg pg-time" id="{attribute(uid)}" {view.attributes} aria-label="Timeline of the processes">'
        f'<figcaption class="pg-bar"><span class="pg-title">{escape(_headline(view))}</span></figcaption><div class="pg-chart">'
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


def _headline(view: View) -> str:
    run_by = view.record.interpreter.run_by
    of = f" of {run_by}'s time" if run_by else ""  # says nothing of the platform
    return f"{count(len(view.record.processes), 'process', 'processes')} in {duration(view.record.duration)}{of}"


def _how(view: View, process: Process) -> str:
    """Return how a process was started, in a word."""
    if view.is_helper(process):
        return "helper"
    return {"main": "", "exec": "program", "unknown": ""}.get(process.how, process.how)


def _name_html(view: View, row: Row) -> str:
    process = row.processes[0]
    if len(row.processes) > 1:
        odd = sum(view.is_odd(p) for p in row.processes)
        end = f"{odd} not exit 0" if odd else "exit 0"
        many = count(len(row.processes), "more", "more")
        key = f'<span class="pg-key pg-ch">{many}</span>'
        return f'<li class="pg-row"><span class="pg-name">{key}</span><span class="pg-end">{end}</span></li>'
    key = f'<span class="pg-key {view.color(process.id)}" data-p="{process.id}">{escape(view.label(process.id))}</span>'
    how = _how(view, process)
    how = f' <span class="pg-how">{escape(how)}</span>' if how else ""
    odd_class = " pg-odd" if view.is_odd(process) else ""
    return (
        f'<li class="pg-row{" pg-helper" if view.is_helper(process) else ""}" data-p="{process.id}"><span class="pg-name">{key}{how}</span>'
        f'<span class="pg-end{odd_class}">{escape(view.ending(process))}</span></li>'
    )


def _bar_svg(view: View, row: Row, number: int) -> str:
    process = row.processes[0]
    y = decimal(number + 0.5)
    asked, start, end = (
        view.x(row.asked),
        view.x(row.start),
        max(view.x(row.end), view.x(row.start) + 2),
    )
    first = end if row.first is None else min(max(view.x(row.first), start), end)
    parts = []
    if start > asked:
        parts.append(f'<path class="pg-ask" d="M{decimal(asked)} {y}H{decimal(start)}"/>')
    if first > start:
        parts.append(f'<path class="pg-pale" d="M{decimal(start)} {y}H{decimal(first)}"/>')
    if end > first:
        parts.append(f'<path class="pg-full" d="M{decimal(first)} {y}H{decimal(end)}"/>')
    ticks = dict.fromkeys(round(view.x(t)) for t in row.ticks)
    if ticks:
        parts.append(
            f'<path class="pg-tick" d="{"".join(f"M{x} {number + 0.22:.2f}v.56" for x in ticks)}"/>'
        )
    if len(row.processes) == 1 and view.is_odd(process):
        parts.append(f'<path class="pg-stop" d="M{decimal(end)} {number + 0.18:.2f}v.64"/>')
    helper = " pg-helper" if view.is_helper(process) else ""
    if len(row.processes) > 1:
        return f'<g class="pg-ch">{"".join(parts)}</g>'
    return f'<g class="{view.color(process.id)}{helper}" data-p="{process.id}">{"".join(parts)}</g>'


def _sentences(view: View, rows: list[Row]) -> Iterator[str]:
    """Yield the timeline in words, a sentence for each row."""
    for row in rows:
        process = row.processes[0]
        printed = len(row.ticks)
        if len(row.processes) > 1:
            endings = sorted({view.ending(p) for p in row.processes})
            yield (
                f"{count(len(row.processes), 'more process', 'more processes')} ({view.label(process.id)} to "
                f"{view.label(row.processes[-1].id)}) from {duration(row.asked)} to {duration(row.end)}: "
                f"printed {count(printed, 'line')}; ended with {', '.join(endings)}."
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
            text += f"{'started' if process.how == 'exec' else 'start() called'} at {duration(row.asked)}"
            if row.start - row.asked >= 0.001:
                text += f", began to run {duration(row.start - row.asked)} later"
        else:
            text += f"ran from {duration(row.start)}"
        if printed:
            since = (
                f", {duration(row.ticks[0] - row.asked)} after the start"
                if process.asked is not None and process.id
                else ""
            )
            text += (
                f", printed {count(printed, 'line')}, the first at {duration(row.ticks[0])}{since}"
            )
        else:
            text += ", printed nothing"
        ending = view.ending(process)
        if process.id in view.record.left_behind:
            text += ", was left behind and then killed"
        elif process.stuck:
            text += f", {'still ran' if view.is_helper(process) else 'was stuck'} "
            if view.record.idle:
                text += f"when nothing had been done for {duration(view.record.idle)}"
            else:
                text += f"at the time limit of {duration(view.record.timeout)}"
        elif process.signal:
            text += f", ended by {process.signal} at {duration(row.end)}"
        elif process.end is not None:
            text += f", ended at {duration(row.end)}" + (
                f" with exit code {process.exit_code}" if process.exit_code is not None else ""
            )
        else:
            text += f", {ending}"
        yield text + "."


def timeline_text(record: Record) -> str:
    """Return the timeline in words, for readers and builders without pictures."""
    if len(record.processes) == 1:
        return ""
    view = View(record)
    rows = rows_of(view, sorted(record.processes, key=view.is_helper))
    return "".join(
        line.translate(VISIBLE) + "\n"
        for line in (
            f"{_headline(view)}:",
            *(f"- {sentence}" for sentence in _sentences(view, rows)),
        )
    )
