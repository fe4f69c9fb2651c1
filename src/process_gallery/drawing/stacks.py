"""Where the processes were that were stuck or crashed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from process_gallery.model import Record

from .view import Anchor, View, attribute, count, is_own

STACKS = 12
"""Processes whose stacks are shown."""


@dataclass
class _Frame:
    """One frame of a stack that faulthandler wrote."""

    file: str
    line: int
    function: str


_STACK_LINE = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d{1,9}),? in (?P<function>.*)')


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
    own = is_own(record, frame.file)
    target = anchor(frame.line) if own and anchor else None
    line = (
        f'<a href="#{attribute(target)}">line {frame.line}</a>' if target else f"line {frame.line}"
    )
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
    view = View(record)
    stacked = [
        p
        for p in record.processes
        if not view.is_helper(p) and (p.note or any(True for _ in _threads(p.stack)))
    ]
    if not stacked:
        return ""
    items = []
    for process in stacked[:STACKS]:
        key = f'<span class="pg-key {view.color(process.id)}" data-p="{process.id}">{escape(view.label(process.id))}</span>'
        state = "stuck" if process.stuck else view.ending(process)
        heading = f'<p>{key} <span class="pg-how">{escape(state)}</span></p>'
        note = f"<p>{escape(process.note)}</p>" if process.note else ""
        threads = list(_threads(process.stack))
        if not threads:
            items.append(f'<li data-p="{process.id}">{heading}{note}</li>')
            continue
        own = [frame for _, frames in threads for frame in frames if is_own(record, frame.file)]
        # faulthandler writes the thread that got the signal, in general the main thread, last, or
        # marks it as current.
        main = next(
            (frames for thread, frames in threads if thread.startswith("Current")), threads[-1][1]
        )
        shown = own or main[:1]
        total = sum(len(frames) for _, frames in threads)
        everything = "".join(
            f"<p>{escape(_thread_name(thread, index, len(threads)))}</p>"
            f"<ol>{''.join(_frame_html(frame, record, code_anchor) for frame in frames)}</ol>"
            for index, (thread, frames) in enumerate(threads)
        )
        more = ""
        if total > len(shown):
            among = f"{count(total, 'frame')}" + (
                f" of {len(threads)} threads" if len(threads) > 1 else ""
            )
            more = f"<details><summary>All {among}, innermost first</summary>{everything}</details>"
        items.append(
            f'<li data-p="{process.id}">{heading}{note}'
            f"<ol>{''.join(_frame_html(frame, record, code_anchor) for frame in shown)}</ol>{more}</li>"
        )
    if len(stacked) > STACKS:
        items.append(
            f"<li>and {count(len(stacked) - STACKS, 'more process', 'more processes')}</li>"
        )
    title = (
        "Where each process was when the time was up"
        if record.outcome == "timeout"
        else "Where it crashed"
    )
    return (
        f'<figure class="pg pg-stacks" id="{attribute(uid)}" data-pg="{view.run}" aria-label="Stacks">'
        f'<figcaption class="pg-bar"><span class="pg-title">{title}</span></figcaption><ul>{"".join(items)}</ul></figure>\n'
    )


def stacks_text(record: Record) -> str:
    """Return the same stacks as faulthandler wrote them, each below the name of its process."""
    view = View(record)
    return "".join(
        f"{view.label(process.id)}, {'stuck' if process.stuck else view.ending(process)}:\n"
        f"{process.stack}{process.note}\n"
        for process in record.processes
        if (process.stack or process.note) and not view.is_helper(process)
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
