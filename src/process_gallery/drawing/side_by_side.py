"""Runs of one script beside each other: on one axis of time, with what differs in their output marked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import PurePosixPath

from process_gallery.model import Record

from .output import output_of, output_text
from .terminal import VISIBLE, screen
from .timeline import Row, chart_html, rows_of, sentences, signs_html
from .view import Anchor, View, attribute, count, duration

NAMED = 6
"""Lines of one run that the others lack, and that are repeated in words."""
_METHOD = re.compile(r"\b(?:Fork|Spawn|ForkServer)(?=(?:Process|PoolWorker)-)")


def differing(
    runs: Mapping[str, Record], cells: Sequence[int], essence: Callable[[str], str]
) -> dict[str, list[int]]:
    """Return for each run the numbers of its lines that not all the others have, too.

    In whatever order they have them: what several processes print comes as it happens. Names of
    processes that say nothing but the start method are the same.

    Parameters
    ----------
    runs
        By what tells them apart, such as the start method.
    cells
        Indexes of the cells whose output is compared.
    essence
        Returns a text without what differs by chance.

    """
    texts = {
        name: [
            _METHOD.sub("", essence(line.text))
            for line in screen(piece for cell in cells for piece in record.cells[cell].output)
        ]
        for name, record in runs.items()
    }
    counts = [Counter(lines) for lines in texts.values()]
    result: dict[str, list[int]] = {}
    for name, lines in texts.items():
        left = {text: min(found[text] for found in counts) for text in lines}
        result[name] = []
        for number, text in enumerate(lines):
            if left[text] or not text.strip():
                left[text] -= 1
            else:
                result[name].append(number)
    return result


def side_by_side_html(
    runs: Mapping[str, Record],
    cells: Sequence[int],
    *,
    uid: str,
    timeline: bool,
    output: bool,
    essence: Callable[[str], str],
    code_anchor: Anchor | None = None,
) -> str:
    """Return the runs of a script in columns, which are tabs where there is no room for columns.

    Parameters
    ----------
    runs
        The records by start method, which is the argument that the script was called with.
    cells
        Indexes of the cells whose output is shown.
    uid
        Id of the element; unique on the page.
    timeline, output
        What is shown.
    essence
        Returns a text without what differs by chance: lines that differ otherwise are marked.
    code_anchor
        Where on the page a line of the script is shown.

    """
    records = list(runs.values())
    views = {
        name: View(record, [one for one in records if one is not record])
        for name, record in runs.items()
    }
    rows = {
        name: rows_of(view, sorted(view.record.processes, key=view.is_helper), 12, fold=True)
        for name, view in views.items()
    }
    differ = differing(runs, cells, essence) if output else {name: [] for name in runs}
    tabs, columns = [], []
    for number, (name, view) in enumerate(views.items()):
        place = f"{attribute(uid)}-{number}"
        tabs.append(
            f'<input type="radio" name="{attribute(uid)}" id="{place}"{"" if number else " checked"}>'
            f'<label for="{place}">{escape(name)}</label>'
        )
        inner = f'<p class="pg-method"><b>{escape(name)}</b> <span>{escape(_outcome(view.record))}</span></p>'
        if timeline:
            inner += f'<div class="pg pg-time" {view.attributes}>{chart_html(view, rows[name], apart=360)}</div>'
        if output:
            inner += (
                output_of(
                    view,
                    cells,
                    uid=f"{uid}-{number}-out",
                    code_anchor=code_anchor,
                    timeline=True,
                    column=True,
                    differing=frozenset(differ[name]),
                )
                or '<p class="pg-nothing">printed nothing</p>'
            )
        columns.append(
            f'<div class="pg-col" role="group" aria-label="{attribute(name)}">{inner}</div>'
        )
    signs = signs_html([(views[name], rows[name]) for name in runs]) if timeline else ""
    if any(differ.values()):
        signs += '<p class="pg-signs" aria-hidden="true"><span class="pg-sign pg-sign-diff">not printed under every method</span></p>'
    run = "-".join(view.run for view in views.values())
    title = "The same program under each start method"
    if timeline:
        title += ", on one axis of time"
    return (
        f'<figure class="pg pg-side" id="{attribute(uid)}" data-side="{run}" aria-label="{title}">'
        f'<figcaption class="pg-bar"><span class="pg-title">{title}</span></figcaption>'
        f'{"".join(tabs)}<div class="pg-cols pg-of{len(runs)}">{"".join(columns)}</div>{signs}'
        f"{_words_html(views, rows if timeline else {}, cells, differ)}"
        f"{_typed_html(runs) if timeline else ''}</figure>\n"
    )


def _outcome(record: Record) -> str:
    end = {"ok": "", "timeout": ", stuck until it was ended"}.get(
        record.outcome, f", {record.outcome}"
    )
    return f"{count(len(record.processes), 'process', 'processes')} in {duration(record.duration)}{end}"


def _typed_html(runs: Mapping[str, Record]) -> str:
    """Return what a reader types for each run."""
    commands = (
        f"<code>python {escape(' '.join([PurePosixPath(record.script).name, *record.arguments]))}</code>"
        for record in runs.values()
    )
    return f'<p class="pg-typed">Run as {", ".join(commands)}</p>'


def _words_html(
    views: Mapping[str, View],
    rows: Mapping[str, Sequence[Row]],
    cells: Sequence[int],
    differ: Mapping[str, Sequence[int]],
) -> str:
    """Return what the figure shows in words, folded."""
    items = []
    for name, view in views.items():
        words = [f"{name}: {_outcome(view.record)}."]
        if only := _only(view, cells, differ[name]):
            words.append(f"Not printed under every method: {only}.")
        words += sentences(view, rows.get(name, ()))
        items.append(f"<li>{escape(' '.join(words).translate(VISIBLE))}</li>")
    return f'<details class="pg-words"><summary>The same in words</summary><ul>{"".join(items)}</ul></details>'


def _only(view: View, cells: Sequence[int], numbers: Sequence[int]) -> str:
    lines = screen(piece for cell in cells for piece in view.record.cells[cell].output)
    named = [f"\u201c{lines[number].text.strip()}\u201d" for number in numbers[:NAMED]]
    more = len(numbers) - len(named)
    return ", ".join(named) + (f" and {count(more, 'line')} more" if more else "")


def side_by_side_text(
    runs: Mapping[str, Record], cells: Sequence[int], *, timeline: bool, output: bool
) -> str:
    """Return the runs as plain text: each line behind the start method."""
    lines = []
    for name, record in runs.items():
        lines.append(f"{name}: {_outcome(record)}")
        if output:
            lines += [f"{name}: {line}" for line in output_text(record, cells).splitlines()]
        if timeline and len(record.processes) > 1:
            view = View(record)
            found = rows_of(view, sorted(record.processes, key=view.is_helper))
            lines += [
                f"{name}: {sentence.translate(VISIBLE)}" for sentence in sentences(view, found)
            ]
    return "".join(f"{line.rstrip()}\n" for line in lines)
