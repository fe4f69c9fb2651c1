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
ALIKE = 4
"""Neighbours that share a row from this number on, if they are alike and print nothing."""
ALIKE_PRINTING = 8
"""The same of those that print: when each of them does may be what the timeline shows."""


@dataclass
class Row:
    """One bar of a timeline: a process, or many in one."""

    processes: list[Process]
    alike: bool
    """Whether they are neighbours that are alike; else they are those that have no row of their own."""
    asked: float
    start: float
    first: float | None
    """When it printed its first line."""
    end: float
    ticks: list[float]


def row_of(view: View, processes: list[Process], *, alike: bool = False) -> Row:
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
    return Row(processes, alike, min([*asked, start]), start, first, max(end, start), ticks)


def rows_of(
    view: View, processes: Sequence[Process], limit: int = ROWS, *, fold: bool = False
) -> list[Row]:
    """Return the rows; if there are too many, the least remarkable processes share one.

    With ``fold``, neighbours that are alike share a row, too.
    """
    groups = _alike(view, processes) if fold else [[process] for process in processes]
    rest: list[int] = []
    if len(groups) > limit:

        def remarkable(number: int) -> tuple[bool, bool, bool, int]:
            process = groups[number][0]
            return (
                process.id != 0,
                not view.is_odd(process),
                process.id not in view.lines,
                number,
            )

        rest = sorted(sorted(range(len(groups)), key=remarkable)[limit - 1 :])
    rows = [
        row_of(view, group, alike=len(group) > 1)
        for number, group in enumerate(groups)
        if number not in rest
    ]
    if rest:
        rows.append(row_of(view, [process for number in rest for process in groups[number]]))
    return rows


def _alike(view: View, processes: Sequence[Process]) -> list[list[Process]]:
    """Return the processes in groups: neighbours that were started in the same way, by the same one,
    wrote as many lines and ended in the same way; or one alone.
    """

    def traits(process: Process) -> tuple[object, ...]:
        lines = len(view.lines.get(process.id, ()))
        stem = process.name.rstrip("0123456789")
        return process.how, stem, process.asked_by, lines, view.ending(process), process.stack

    groups: list[list[Process]] = []
    for _, same in itertools.groupby(processes, traits):
        group = list(same)
        least = ALIKE_PRINTING if view.lines.get(group[0].id) else ALIKE
        groups += [group] if len(group) >= least else [[process] for process in group]
    return groups


def _steps(view: View, apart: float) -> list[float]:
    """Return the round times at which the scale has a tick, that many thousandths apart or more."""
    rates = [
        (x1 - x0) / (t1 - t0) for (t0, x0), (t1, x1) in itertools.pairwise(view.scale) if t1 > t0
    ]
    least = apart / max(rates)
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
    processes = sorted(record.processes, key=view.is_helper)
    rows = rows_of(view, processes, fold=True)
    opener = ""
    charts = chart_html(view, rows, opener=f"{uid}-all")
    if any(row.alike for row in rows):
        # A box, not a script: it opens what is folded on every page.
        opener = (
            f'<input type="checkbox" class="pg-all" id="{attribute(uid)}-all">'
            f'<label for="{attribute(uid)}-all">Show each of those that are alike</label>'
        )
        charts = f'<div class="pg-few">{charts}</div><div class="pg-each">{chart_html(view, rows_of(view, processes))}</div>'
    return (
        f'<figure class="pg pg-time" id="{attribute(uid)}" {view.attributes} aria-label="Timeline of the processes">'
        f'<figcaption class="pg-bar"><span class="pg-title">{escape(_headline(view))}</span></figcaption>{opener}{charts}'
        f"{signs_html([(view, rows)])}{words_html(view, rows)}</figure>\n"
    )


def chart_html(view: View, rows: Sequence[Row], *, opener: str = "", apart: float = 150) -> str:
    """Return rows, each the name of a process, its bar and its end, above the scale of time.

    Parameters
    ----------
    view
        The run, with its scale.
    rows
        Its rows.
    opener
        Id of the box that shows each of those that are alike.
    apart
        Thousandths of the width between two times on the scale, at least.

    """
    names = []
    bars = []
    place = {process.id: number for number, row in enumerate(rows) for process in row.processes}
    wires = []
    for number, row in enumerate(rows):
        names.append(_name_html(view, row, opener))
        bars.append(_bar_svg(view, row, number))
        asker = row.processes[0].asked_by
        if (
            (len(row.processes) == 1 or row.alike)
            and asker is not None
            and not view.is_helper(row.processes[0])
            and place[asker] != number
        ):
            wires.append(f"M{decimal(view.x(row.asked))} {place[asker] + 0.5}V{number + 0.5}")
    steps = _steps(view, apart)
    bands = [
        (view.x(cell.start), view.x(cell.end if cell.end is not None else record.duration), cell)
        for record in [view.record]
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
        if view.x(t) < 1000 - apart * 0.23
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
        if right - left > max(190, 1.6 * apart) and len(bands) > 1
    )
    wire = f'<path class="pg-wire" d="{"".join(wires)}"/>' if wires else ""
    return (
        '<div class="pg-chart">'
        + (f'<svg class="pg-heads" aria-hidden="true">{heads}</svg>' if heads else "")
        + f'<ol class="pg-rows">{"".join(names)}</ol>'
        f'<svg class="pg-bars" viewBox="0 0 1000 {height}" preserveAspectRatio="none" aria-hidden="true">'
        f"{backdrop}{wire}{''.join(bars)}</svg>"
        f'<svg class="pg-scale" aria-hidden="true">{scale}</svg></div>'
    )


_SIGNS = {
    "ask": "start() called, does not run yet",
    "pale": "runs, before its first line",
    "full": "runs",
    "mute": "runs, prints nothing",
    "tick": "prints",
}
"""The parts of a bar, and what they mean."""


def signs_html(charts: Sequence[tuple[View, Sequence[Row]]]) -> str:
    """Return what the parts of the bars mean: of those that are drawn."""
    drawn = {kind for view, rows in charts for row in rows for kind, _, _ in _parts(view, row)}
    if any(row.ticks for _, rows in charts for row in rows):
        drawn.add("tick")
    signs = "".join(
        f'<span class="pg-sign pg-sign-{kind}">{words}</span>'
        for kind, words in _SIGNS.items()
        if kind in drawn
    )
    return f'<p class="pg-signs" aria-hidden="true">{signs}</p>'


def words_html(view: View, rows: Sequence[Row]) -> str:
    """Return the rows in words, folded."""
    words = "".join(
        f"<li>{escape(sentence.translate(VISIBLE))}</li>" for sentence in sentences(view, rows)
    )
    return (
        f'<details class="pg-words"><summary>The same in words</summary><ul>{words}</ul></details>'
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


def _name_html(view: View, row: Row, opener: str) -> str:
    process = row.processes[0]
    if row.alike:
        key = f'<span class="pg-key {view.color(process.id)}">{escape(_span(view, row))}</span>'
        alike = f"{len(row.processes)} alike"
        if opener:
            alike = f'<label class="pg-how" for="{attribute(opener)}">{alike}</label>'
        end = f'<span class="pg-end{" pg-odd" if view.is_odd(process) else ""}">{escape(view.ending(process))}</span>'
        return f'<li class="pg-row pg-many"><span class="pg-name">{key} {alike}</span>{end}</li>'
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


def _span(view: View, row: Row) -> str:
    """Return the names of those that are alike: ``Process-2 to -21``."""
    first, last = (view.label(process.id) for process in (row.processes[0], row.processes[-1]))
    stem = first.rstrip("0123456789")
    same = stem != first and last.startswith(stem) and last[len(stem) :].isdigit()
    return f"{first} to {'-' if stem.endswith('-') else ''}{last[len(stem) :] if same else last}"


def _parts(view: View, row: Row) -> list[tuple[str, float, float]]:
    """Return the parts of a bar, each with its begin and end in seconds: until it runs, until it
    prints, and then; or the whole time of a process that prints nothing.
    """
    asked, start, end = row.asked, row.start, row.end
    parts = [("ask", asked, start)]
    if row.first is None:
        parts.append(("mute", start, end))
    else:
        first = min(max(row.first, start), end)
        parts += [("pale", start, first), ("full", first, end)]
    return [
        (kind, a, b) for kind, a, b in parts if kind in ("mute", "full") or view.x(b) > view.x(a)
    ]


def _bar_svg(view: View, row: Row, number: int) -> str:
    process = row.processes[0]
    y = decimal(number + 0.5)
    end = max(view.x(row.end), view.x(row.start) + 2)
    parts = []
    for kind, begin, until in _parts(view, row):
        left, right = view.x(begin), view.x(until)
        if until == row.end:
            right = end
        way = f"M{decimal(left)} {y}H{decimal(right)}"
        parts.append(f'<path class="pg-{kind}" d="{way}"/>')
        if kind == "pale":  # hollow: at every contrast that its edge has
            parts.append(f'<path class="pg-hollow" d="{way}"/>')
    ticks = dict.fromkeys(round(view.x(t)) for t in row.ticks)
    if ticks:
        parts.append(
            f'<path class="pg-tick" d="{"".join(f"M{x} {number + 0.22:.2f}v.56" for x in ticks)}"/>'
        )
    if (len(row.processes) == 1 or row.alike) and view.is_odd(process):
        parts.append(f'<path class="pg-stop" d="M{decimal(end)} {number + 0.18:.2f}v.64"/>')
    helper = " pg-helper" if view.is_helper(process) else ""
    if row.alike:
        return f'<g class="{view.color(process.id)} pg-many">{"".join(parts)}</g>'
    if len(row.processes) > 1:
        return f'<g class="pg-ch">{"".join(parts)}</g>'
    return f'<g class="{view.color(process.id)}{helper}" data-p="{process.id}">{"".join(parts)}</g>'


def sentences(view: View, rows: Sequence[Row]) -> Iterator[str]:
    """Yield the timeline in words, a sentence for each row."""
    for row in rows:
        process = row.processes[0]
        printed = len(row.ticks)
        if len(row.processes) > 1:
            endings = sorted({view.ending(p) for p in row.processes})
            span = f"{view.label(process.id)} to {view.label(row.processes[-1].id)}"
            if row.alike:
                who = f"{span}, {len(row.processes)} alike"
                how = _how(view, process)
                who += f" ({how})" if how else ""
            else:
                who = f"{count(len(row.processes), 'more process', 'more processes')} ({span})"
            yield (
                f"{who} from {duration(row.asked)} to {duration(row.end)}: "
                f"printed {count(printed, 'line') if printed else 'nothing'}; ended with {', '.join(endings)}."
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
            *(f"- {sentence}" for sentence in sentences(view, rows)),
        )
    )
