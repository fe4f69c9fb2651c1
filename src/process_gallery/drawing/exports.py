"""Records in formats that other programs open: Chrome's trace format, which Perfetto shows, and
asciicast, which terminals' players show.

Sources: "Trace Event Format" (the Chromium project), and the description of asciicast version 2 (the
asciinema project).
"""

from __future__ import annotations

import json
from typing import Any

from process_gallery.model import Process, Record, labels

WIDTH, HEIGHT = 80, 24
"""The terminal's size: what an example's environment says."""


def chrome_trace(record: Record) -> str:
    """Return a record as Chrome's trace format: a track for each process, with its cells and what it
    printed; an arrow from each ``start()`` to the child.

    It opens in Perfetto, in ``chrome://tracing``, and in what else reads that format.
    """
    names = labels(record.processes)
    events: list[dict[str, Any]] = []
    for process in record.processes:
        track = {"pid": process.id, "tid": 0}
        events += [
            {"ph": "M", "name": "process_name", "args": {"name": names[process.id]}, **track},
            {"ph": "M", "name": "process_sort_index", "args": {"sort_index": process.id}, **track},
        ]
        begun, ended = _span(process, record)
        about = {
            "pid": process.pid,
            "start method": process.how,
            "exit code": process.exit_code,
            "signal": process.signal,
        }
        facts = {name: value for name, value in about.items() if value is not None}
        events.append(
            {"ph": "X", "cat": "process", "name": "runs", "ts": _microseconds(begun), "dur": _microseconds(ended - begun), "args": facts, **track}
        )  # fmt: skip
        asker = process.asked_by if process.asked_by is not None else process.parent
        if asker is not None and process.asked is not None:
            arrow = {"cat": "start", "name": "start", "id": process.id}
            events += [
                {"ph": "s", "ts": _microseconds(process.asked), "pid": asker, "tid": 0, **arrow},
                {"ph": "f", "bp": "e", "ts": _microseconds(max(begun, process.asked)), **arrow, **track},
            ]  # fmt: skip
    for number, cell in enumerate(record.cells, 1):
        if cell.start is not None:
            end = record.duration if cell.end is None else cell.end
            name = f"cell {number}, lines {cell.first} to {cell.last}"
            events.append(
                {"ph": "X", "cat": "cell", "name": name, "ts": _microseconds(cell.start), "dur": _microseconds(end - cell.start), "pid": 0, "tid": 0}
            )  # fmt: skip
        events += [
            {"ph": "i", "s": "t", "cat": "output", "name": piece.text.strip() or "prints", "ts": _microseconds(piece.time), "pid": piece.process, "tid": 0}
            for piece in cell.output
            if piece.process is not None and piece.text
        ]  # fmt: skip
    python = record.interpreter
    data = {
        "traceEvents": events,
        "displayTimeUnit": "ms",
        "otherData": {
            "script": record.script,
            "interpreter": f"{python.implementation} {python.version} on {python.platform}",
            "outcome": record.outcome,
        },
    }
    return json.dumps(data, ensure_ascii=False) + "\n"


def asciicast(record: Record) -> str:
    """Return a record as asciicast, version 2: what was printed, when it was, as a terminal got it."""
    header = {"version": 2, "width": WIDTH, "height": HEIGHT, "title": record.script}
    lines = [json.dumps(header, ensure_ascii=False)]
    for piece in record.pieces():
        text = piece.text or (f"\n[{piece.omitted:,} bytes left out]\n" if piece.omitted else "")
        if text:
            # A terminal's driver puts the carriage back; a stream that is recorded has none.
            shown = text.replace("\r\n", "\n").replace("\n", "\r\n")
            lines.append(json.dumps([piece.time, "o", shown], ensure_ascii=False))
    return "\n".join(lines) + "\n"


FORMATS = {"chrome": chrome_trace, "asciicast": asciicast}
"""What a record can be written as, by name."""


def _span(process: Process, record: Record) -> tuple[float, float]:
    """Return when a process ran, as far as that is known."""
    begun = process.start if process.start is not None else process.asked or 0.0
    return begun, max(begun, process.end if process.end is not None else record.duration)


def _microseconds(seconds: float) -> int:
    return round(max(0.0, seconds) * 1_000_000)
