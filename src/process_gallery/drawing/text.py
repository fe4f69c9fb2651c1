"""Records as plain text: what a terminal shows of a run, and what a build says when a run is not
what the example declares.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from process_gallery.model import Process, Record, labels

from .terminal import Line, screen, with_writers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from process_gallery.script import Cwd

LAST_LINES = 60
"""Lines of output that the report of a failure shows."""

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_MISSING = re.compile(r"No module named '([^'.]+)")
_COLOURS = (36, 33, 32, 35, 34, 31, 96, 93, 92, 95, 94, 91)


def failure(
    record: Record,
    path: str | os.PathLike[str],
    python: str = sys.executable,
    *,
    cwd: Cwd = "empty",
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
    cwd
        Where it ran: in an empty folder, or in the script's own.

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
    names = labels(record.processes)
    name = " ".join(map(visible, [Path(path).name, *record.arguments]))
    if not record.as_expected:
        lines = [
            f"{name}: the outcome is {_outcome(record)}; expected is {visible(record.expected)}"
        ]
        lines.append(f"  where: {_where(record, path)}")
    else:
        left = ", ".join(names[process.id] for process in undeclared)
        lines = [f"{name}: left {left} behind without declaring it"]
    if record.error:
        lines.append(f"  error: {visible(record.error)}")
    lines += [f"  note: {visible(note)}" for note in record.notes]
    lines += [f"  remedy: {visible(remedy)}" for remedy in _remedies(record, undeclared, cwd=cwd)]
    rows = [line for cell in record.cells for line in screen(cell.output)]
    lines.append("  output until then:" if rows else "  output until then: none")
    if len(rows) > LAST_LINES:
        lines.append(f"    ... {len(rows) - LAST_LINES} lines before these")
    lines += [f"    {line}" for line in _named(rows[-LAST_LINES:], names)]
    for process in record.processes:
        if process.stack:
            lines.append(
                f"  stack of {names[process.id]}{', which hung' if process.stuck else ''}:"
            )
            lines += [f"    {visible(line)}" for line in process.stack.splitlines()]
        if process.note:
            lines.append(f"  {names[process.id]}: {visible(process.note)}")
    if undeclared:
        lines.append("  left behind, and killed:")
        lines += [f"    {names[process.id]} ({_origin(process, names)})" for process in undeclared]
    lines.append(f"  run it alone: {command(path, python, cwd=cwd, arguments=record.arguments)}")
    return "\n".join(lines)


def command(
    path: str | os.PathLike[str],
    python: str = sys.executable,
    *,
    cwd: Cwd = "empty",
    arguments: Sequence[str] = (),
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
    if cwd == "script":
        words.append("--beside")
    for word in arguments:
        words += ["--argument", word]
    return shlex.join(words)


def terminal(record: Record, *, colour: bool = False) -> str:
    """Return a record as a terminal shows it: each cell's lines with the name of their process in
    front, then the processes.
    """
    python = record.interpreter
    names = labels(record.processes)
    limit = f" of {record.memory_limit} allowed" if record.memory_limit else ""
    # Where it is not known how large they were, nothing is said.
    peak = (
        f"; peak memory {record.peak_memory / 1024:,.0f} MiB{limit}" if record.peak_memory else ""
    )
    system = f", run by {python.run_by}" if python.run_by else ""
    heading = (
        f"{' '.join([record.script, *record.arguments])}: {_outcome(record)} in {record.duration:.3f} s"
        f" ({python.implementation} {python.version} on {python.platform}{system}, {python.default_start_method or 'no multiprocessing'}{peak})"
    )
    lines = [visible(heading)]
    for number, cell in enumerate(record.cells, 1):
        times = (
            "not reached"
            if cell.start is None
            else f"{cell.start:.3f} s to {'?' if cell.end is None else f'{cell.end:.3f} s'}"
        )
        figures = f", {len(cell.figures)} figures" if cell.figures else ""
        lines.append(f"cell {number}, lines {cell.first} to {cell.last}, {times}{figures}")
        lines += [f"  {line}" for line in _named(screen(cell.output), names, colour=colour)]
    lines.append("processes")
    left_behind = set(record.left_behind)
    table = [_facts(process, names, left_behind) for process in record.processes]
    widths = [max((len(row[column]) for row in table), default=0) for column in range(4)]
    for process, row in zip(record.processes, table, strict=True):
        text = "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=False))
        lines.append(
            f"  {_painted(text.rstrip(), process.id, colour=colour)}{f'  {row[4]}' if row[4] else ''}"
        )
    for process in record.processes:
        if process.stack:
            lines.append(f"stack of {names[process.id]}")
            lines += [f"  {visible(line)}" for line in process.stack.splitlines()]
        if process.note:
            lines.append(f"{names[process.id]}: {visible(process.note)}")
    if record.left_behind:
        lines.append(
            "left behind, and killed: " + ", ".join(names[index] for index in record.left_behind)
        )
    if record.error:
        lines.append(f"error: {visible(record.error)}")
    lines += [f"note: {visible(note)}" for note in record.notes]
    return "\n".join(lines)


def visible(text: str) -> str:
    r"""Return a line in which nothing can command a terminal: control characters appear as Python
    writes them.

    >>> visible("50 %\r\x1b[31m100 %")
    '50 %\\r\\x1b[31m100 %'
    """
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


def _outcome(record: Record) -> str:
    if record.outcome == "timeout":
        if record.idle:
            return (
                f"timeout after {record.idle:g} s in which no process computed or printed anything"
            )
        return f"timeout after {record.timeout:g} s"
    return visible(record.outcome)


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


def _remedies(record: Record, undeclared: list[Process], *, cwd: Cwd) -> Iterator[str]:
    if not record.as_expected:
        missing = _MISSING.search(record.error)
        if record.outcome == "exception ModuleNotFoundError" and missing:
            yield f"install {missing[1]} or declare it in sphinx_gallery_needs"
        elif "bootstrapping phase" in "".join(piece.text for piece in record.pieces()):
            yield 'put what starts processes under  if __name__ == "__main__":'
        elif record.outcome == "ok":
            yield "remove what declares another outcome: in the example, or in expected_failing_examples in conf.py"
        else:
            if record.outcome == "timeout" and record.idle:
                yield "if it only waits that long, set process_gallery_idle in conf.py"
            elif record.outcome == "timeout":
                longer = f"# sphinx_gallery_timeout = {record.timeout * 4:g}"
                yield f"if it only needs longer, write  {longer}  or set process_gallery_timeout in conf.py"
            if record.outcome == "exception FileNotFoundError" and cwd == "empty":
                yield 'examples run in an empty folder; for files beside it, set process_gallery_cwd = "script" in conf.py, or --beside'
            if record.notes:
                yield "write to the open standard output or error, which an example cannot open by its name"
                return
            yield f'if this is what the example shows, write  # sphinx_gallery_expected_outcome = "{record.outcome}"'
    if undeclared:
        names = ", ".join(f'"{process.name}"' for process in undeclared)
        yield f"end the process in the example, or write  # sphinx_gallery_leaves = [{names}]"


def _named(lines: list[Line], names: list[str], *, colour: bool = False) -> list[str]:
    """Put the name of its process in front of each line, aligned."""
    width = max((len(names[line.process]) for line in lines if line.process is not None), default=0)
    result = []
    for line in lines:
        label = ("" if line.process is None else names[line.process]).ljust(width)
        front = f"{_painted(label, line.process, colour=colour)} | " if width else ""
        result.append(f"{front}{visible(with_writers(line, names))}".rstrip())
    return result


def _origin(process: Process, names: list[str]) -> str:
    asker = process.asked_by if process.asked_by is not None else process.parent
    return visible(process.how) if asker is None else f"{visible(process.how)}, by {names[asker]}"


def _facts(
    process: Process, names: list[str], left_behind: set[int]
) -> tuple[str, str, str, str, str]:
    def seconds(value: float | None) -> str:
        return "?" if value is None else f"{value:.3f}"

    begun = process.asked if process.asked is not None else process.start
    if process.signal:
        end = visible(process.signal)
    elif process.exit_code is not None:
        end = f"exit {process.exit_code}"
    else:
        end = "end not known"
    notes = [
        note
        for note, holds in (
            ("stuck", process.stuck),
            ("left behind", process.id in left_behind),
        )
        if holds
    ]
    return (
        names[process.id],
        _origin(process, names),
        f"{seconds(begun)} to {seconds(process.end)} s",
        end,
        ", ".join(notes),
    )


def _painted(text: str, index: int | None, *, colour: bool) -> str:
    if not colour or index is None:
        return text
    return f"\x1b[{_COLOURS[index % len(_COLOURS)]}m{text}\x1b[0m"
