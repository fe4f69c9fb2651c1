"""Records as plain text: what a terminal shows of a run, and what a build says when a run is not
what the example declares.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from process_gallery.model import Cell, Process, Record

LAST_LINES = 60
"""Lines of output that the report of a failure shows."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_MISSING = re.compile(r"No module named '([^'.]+)")
_COLOURS = (36, 33, 32, 35, 34, 31, 96, 93, 92, 95, 94, 91)


def failure(
    record: Record,
    path: str | os.PathLike[str],
    python: str = sys.executable,
    *,
    beside: bool = False,
) -> str | None:
    """Say why a run is not what its example declares.

    Parameters
    ----------
    record
        The run.
    path
        The script, as the command that repeats the run shall name it.
    python
        The interpreter that ran it.
    beside
        True if it ran in the script's own folder.

    Returns
    -------
    str | None
        Several lines: the example, expected and actual outcome, the cell, its output until then,
        the stacks of the processes that hung, what was left behind, and the command that runs the
        example alone. None if the outcome is the declared one and nothing was left behind that the
        example does not declare.
    """
    undeclared = record.undeclared
    if record.as_expected and not undeclared:
        return None
    name = Path(path).name
    if not record.as_expected:
        lines = [f"{name}: the outcome is {_outcome(record)}; expected is {record.expected}"]
        lines.append(f"  where: {_where(record, path)}")
    else:
        names = ", ".join(process.name for process in undeclared)
        lines = [f"{name}: left {names} behind without declaring it"]
    if record.error:
        lines.append(f"  error: {visible(record.error)}")
    lines += [f"  remedy: {remedy}" for remedy in _remedies(record, undeclared, beside=beside)]
    rows = [row for cell in record.cells for row in _rows(cell)]
    lines.append("  output until then:" if rows else "  output until then: none")
    if len(rows) > LAST_LINES:
        lines.append(f"    ... {len(rows) - LAST_LINES} lines before these")
    lines += [f"    {line}" for line in _named(record, rows[-LAST_LINES:])]
    for process in record.processes:
        if process.stack:
            lines.append(f"  stack of {process.name}{', which hung' if process.stuck else ''}:")
            lines += [f"    {visible(line)}" for line in process.stack.splitlines()]
    if undeclared:
        lines.append("  left behind, and killed:")
        lines += [f"    {process.name} ({_origin(record, process)})" for process in undeclared]
    lines.append(f"  run it alone: {command(path, python, beside=beside)}")
    return "\n".join(lines)


def command(
    path: str | os.PathLike[str], python: str = sys.executable, *, beside: bool = False
) -> str:
    """Return the shell command that records a script alone.

    >>> command("examples/a b.py", "python3")
    "python3 -m process_gallery record 'examples/a b.py'"
    """
    words = [sys.executable, "-m", "process_gallery", "record", os.fspath(path)]
    if python == sys.executable or os.sep not in python:
        words[0] = python
    else:
        words += ["--python", python]
    if beside:
        words.append("--beside")
    return shlex.join(words)


def terminal(record: Record, *, colour: bool = False) -> str:
    """Return a record as a terminal shows it: each cell's lines with the name of their process in
    front, then the processes.
    """
    python = record.interpreter
    limit = f" of {record.memory_limit} allowed" if record.memory_limit else ""
    heading = (
        f"{record.script}: {_outcome(record)} in {record.duration:.3f} s"
        f" ({python.implementation} {python.version} on {python.platform}, {python.default_start_method or 'no multiprocessing'};"
        f" peak memory {record.peak_memory / 1024:,.0f} MiB{limit})"
    )
    lines = [heading]
    for number, cell in enumerate(record.cells, 1):
        times = (
            "not reached"
            if cell.start is None
            else f"{cell.start:.3f} s to {'?' if cell.end is None else f'{cell.end:.3f} s'}"
        )
        figures = f", {len(cell.figures)} figures" if cell.figures else ""
        lines.append(f"cell {number}, lines {cell.first} to {cell.last}, {times}{figures}")
        lines += [f"  {line}" for line in _named(record, list(_rows(cell)), colour=colour)]
    lines.append("processes")
    table = [_facts(record, process) for process in record.processes]
    widths = [max(len(row[column]) for row in table) for column in range(4)]
    for process, row in zip(record.processes, table, strict=True):
        text = "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=False))
        lines.append(
            f"  {_painted(text.rstrip(), process.id, colour=colour)}{f'  {row[4]}' if row[4] else ''}"
        )
    for process in record.processes:
        if process.stack:
            lines.append(f"stack of {process.name}")
            lines += [f"  {visible(line)}" for line in process.stack.splitlines()]
    if record.left_behind:
        lines.append(
            "left behind, and killed: "
            + ", ".join(record.processes[index].name for index in record.left_behind)
        )
    if record.error:
        lines.append(f"error: {visible(record.error)}")
    return "\n".join(lines)


def visible(text: str) -> str:
    r"""Return a line in which nothing can command a terminal: control characters appear as Python
    writes them.

    >>> visible("50 %\r\x1b[31m100 %")
    '50 %\\r\\x1b[31m100 %'
    """
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def _outcome(record: Record) -> str:
    return f"timeout after {record.timeout:g} s" if record.outcome == "timeout" else record.outcome


def _where(record: Record, path: str | os.PathLike[str]) -> str:
    """Say in which cell the run ended."""
    reached = [index for index, cell in enumerate(record.cells) if cell.start is not None]
    if record.whole:
        return f"{os.fspath(path)}, run as a whole"
    if not reached:
        return f"{os.fspath(path)}, before its first cell"
    cell = record.cells[reached[-1]]
    number = f"cell {reached[-1] + 1} of {len(record.cells)} (lines {cell.first} to {cell.last})"
    if cell.end is not None and reached[-1] + 1 == len(record.cells):
        return f"{os.fspath(path)}, after its last cell, {number}"
    return f"{os.fspath(path)}, {number}"


def _remedies(record: Record, undeclared: list[Process], *, beside: bool) -> Iterator[str]:
    if not record.as_expected:
        missing = _MISSING.search(record.error)
        if record.outcome == "exception ModuleNotFoundError" and missing:
            yield f"install {missing[1]} or declare it in sphinx_gallery_needs"
        elif "bootstrapping phase" in "".join(piece.text for piece in record.pieces()):
            yield 'put what starts processes under  if __name__ == "__main__":'
        elif record.outcome == "ok":
            yield "remove what declares another outcome: in the example, or in expected_failing_examples in conf.py"
        else:
            if record.outcome == "timeout":
                longer = f"# sphinx_gallery_timeout = {record.timeout * 4:g}"
                yield f"if it only needs longer, write  {longer}  or set process_gallery_timeout in conf.py"
            if record.outcome == "exception FileNotFoundError" and not beside:
                yield 'examples run in an empty folder; for files beside it, set process_gallery_cwd = "script" in conf.py, or --beside'
            yield f'if this is what the example shows, write  # sphinx_gallery_expected_outcome = "{record.outcome}"'
    if undeclared:
        names = ", ".join(f'"{process.name}"' for process in undeclared)
        yield f"end the process in the example, or write  # sphinx_gallery_leaves = [{names}]"


def _rows(cell: Cell) -> Iterator[tuple[int | None, str]]:
    """Yield a cell's output line by line, each with its process; a line that another process cuts
    in two is two rows.
    """
    writer: int | None = None
    text = ""
    for piece in cell.output:
        if text and (piece.process != writer or piece.omitted):
            yield writer, text
            text = ""
        if piece.omitted:
            yield None, f"[{piece.omitted:,} bytes left out]"
            continue
        writer = piece.process
        *whole, text = (text + piece.text).split("\n")
        for line in whole:
            yield writer, line
    if text:
        yield writer, text


def _named(
    record: Record, rows: list[tuple[int | None, str]], *, colour: bool = False
) -> list[str]:
    """Put the name of its process in front of each row, aligned."""
    labels = _labels(record)
    width = max((len(labels[index]) for index, _ in rows if index is not None), default=0)
    lines = []
    for index, text in rows:
        label = ("" if index is None else labels[index]).ljust(width)
        front = f"{_painted(label, index, colour=colour)} | " if width else ""
        lines.append(f"{front}{visible(text)}".rstrip())
    return lines


def _labels(record: Record) -> list[str]:
    """Return a name for each process that no other one has."""
    count = Counter(process.name for process in record.processes)
    return [
        visible(p.name if count[p.name] == 1 else f"{p.name} [{p.id}]") for p in record.processes
    ]


def _origin(record: Record, process: Process) -> str:
    asker = process.asked_by if process.asked_by is not None else process.parent
    return (
        process.how
        if asker is None
        else f"{process.how}, by {visible(record.processes[asker].name)}"
    )


def _facts(record: Record, process: Process) -> tuple[str, str, str, str, str]:
    def seconds(value: float | None) -> str:
        return "?" if value is None else f"{value:.3f}"

    begun = process.asked if process.asked is not None else process.start
    if process.signal:
        end = process.signal
    elif process.exit_code is not None:
        end = f"exit {process.exit_code}"
    else:
        end = "end not known"
    notes = [
        note
        for note, holds in (
            ("stuck", process.stuck),
            ("left behind", process.id in record.left_behind),
        )
        if holds
    ]
    return (
        _labels(record)[process.id],
        _origin(record, process),
        f"{seconds(begun)} to {seconds(process.end)} s",
        end,
        ", ".join(notes),
    )


def _painted(text: str, index: int | None, *, colour: bool) -> str:
    if not colour or index is None:
        return text
    return f"\x1b[{_COLOURS[index % len(_COLOURS)]}m{text}\x1b[0m"
