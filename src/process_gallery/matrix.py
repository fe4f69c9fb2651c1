"""Record scripts on many interpreters, and keep the records: ``python -m process_gallery matrix
SCRIPT...``.

A kept record is a file ``<records>/<section>/<name>/<implementation>-<X.Y>-<platform>.json``. It is
meant for a repository: written so that a diff can be read, and left alone when a new run differs in
nothing but times, process ids and the like. An interpreter that cannot be used has such a file,
too: its outcome is ``broken``.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .cache import Installed
from .cells import Script
from .interpreters import InterpreterError, Probe, candidates, probe
from .record import Cell, Interpreter, Piece, Process, Record, RecordError
from .recorder import Job, RecorderError, record_all
from .report import failure

BROKEN = "broken"
"""Outcome of a record whose interpreter could not be used."""

Version = tuple[int, ...]


@dataclass(frozen=True)
class Python:
    """An interpreter of the matrix."""

    path: str
    probe: Probe | None
    error: str = ""
    """Why it cannot be used; empty if it can."""

    @property
    def interpreter(self) -> Interpreter:
        """What it is, as far as can be told: for a broken one the version that its path names."""
        if self.probe:
            return self.probe.interpreter
        named = re.findall(r"\d+\.\d+(?:\.\d+)?t?", self.path)
        version = max(named, key=len, default="?")
        return Interpreter(
            version.removesuffix("t"),
            "CPython",
            sys.platform,
            "",
            "",
            gil=not version.endswith("t"),
        )

    @property
    def version(self) -> Version:
        """Its version, to sort by."""
        return numbers(self.interpreter.version)


def numbers(version: str) -> Version:
    """Return a version to sort by.

    >>> numbers("3.15.2"), numbers("3.16.0a1+")
    ((3, 15, 2), (3, 16, 0))
    """
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def short(interpreter: Interpreter) -> str:
    """Return the version that a record is kept under: ``3.14``, ``3.14t`` for a free-threaded
    build.
    """
    match = re.match(r"\d+\.\d+", interpreter.version)
    return (match[0] if match else "unknown") + ("" if interpreter.gil else "t")


def file_name(interpreter: Interpreter) -> str:
    """Return the name of the file of an interpreter's record.

    >>> file_name(Interpreter("3.15.2", "CPython", "linux", "x86_64", "forkserver"))
    'cpython-3.15-linux.json'
    """
    return f"{interpreter.implementation}-{short(interpreter)}-{interpreter.platform}.json".lower()


def told(paths: Sequence[str]) -> list[Python]:
    """Look at interpreters that are named; one that cannot be used is among them."""
    found = []
    for path in paths:
        try:
            found.append(Python(path, probe(path)))
        except InterpreterError as error:
            found.append(Python(path, None, str(error)))
    return found


def find() -> list[Python]:
    """Return the interpreters of this machine: the newest one of each X.Y, oldest first.

    One that does not start is among them if it would be the only one of its X.Y.
    """
    found: dict[str, Python] = {}
    for python in told(candidates()):
        key = file_name(python.interpreter)
        other = found.get(key)
        if other is None or (python.probe and (not other.probe or python.version > other.version)):
            found[key] = python
    # A shim of a version manager, or a python3 without a number: no version that could be missed.
    return sorted(
        (p for p in found.values() if p.probe or p.version),
        key=lambda p: (p.version, not p.interpreter.gil),
    )


def newest_that_has(
    script: Script, pythons: Sequence[Python], installed: dict[str, Installed]
) -> tuple[Python | None, list[str]]:
    """Return the newest interpreter that has what a script needs; or None, and what the newest one
    lacks.
    """
    lacking: list[str] = []
    usable = [python for python in pythons if python.probe and python.probe.version_info >= (3, 11)]
    for python in sorted(usable, key=lambda p: p.version, reverse=True):
        assert python.probe
        missing = installed[python.path].missing(script, python.probe)
        if not missing:
            return python, []
        lacking = lacking or missing
    return None, lacking


@dataclass
class Row:
    """What became of one script on one interpreter."""

    name: str
    python: Python
    record: Record
    path: Path
    change: str
    """``new``, ``changed``, or ``as on DATE``: then the file was left alone."""


def renew(
    pairs: Sequence[tuple[Script, Python]], records: Path, *, at_once: int = 1, newest: bool = False
) -> Iterator[Row | RecorderError]:
    """Record scripts, each on an interpreter, and keep what is new; yield each as it ends, or what
    kept the recorder from it.

    A run that is not what the script declares is kept, too: it is a row of the matrix. Of the
    processes only those are kept that wrote something or were left behind. With ``newest`` there is
    one record of each script, whole, and only a good one.
    """
    jobs: dict[int, tuple[Job, Python]] = {}
    for script, python in pairs:
        if python.probe is None:
            yield _keep(broken(script, python, python.error), python, records)
            continue
        job = Job(script, python=python.path, name=name_of(script))
        jobs[id(job)] = job, python
    for job, result in record_all([job for job, _ in jobs.values()], at_once=at_once):
        python = jobs[id(job)][1]
        if not isinstance(result, Record):
            yield result
        elif not newest:
            yield _keep(lean(result), python, records)
        elif problem := failure(result, job.script.path, job.python):
            yield RecorderError(problem)
        else:
            row = _keep(result, python, records)
            for other in row.path.parent.glob("*.json"):
                if other != row.path:
                    other.unlink()
            yield row


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def lean(record: Record) -> Record:
    """Return a record without the processes that wrote nothing: a matrix has many records, of many
    processes.
    """
    wanted = [0] if record.processes else []
    wanted += record.left_behind + [
        piece.process for piece in record.pieces() if piece.process is not None
    ]
    kept: set[int] = set()
    while wanted:
        index = wanted.pop()
        if index in kept:
            continue
        kept.add(index)
        wanted += [
            other
            for other in (record.processes[index].parent, record.processes[index].asked_by)
            if other is not None
        ]
    number: dict[int | None, int | None] = {old: new for new, old in enumerate(sorted(kept))}

    def renumbered(process: Process) -> Process:
        return dataclasses.replace(
            process,
            id=sorted(kept).index(process.id),
            parent=number.get(process.parent),
            asked_by=number.get(process.asked_by),
        )

    return dataclasses.replace(
        record,
        processes=[renumbered(record.processes[index]) for index in sorted(kept)],
        cells=[
            dataclasses.replace(
                cell,
                output=[
                    dataclasses.replace(piece, process=number.get(piece.process))
                    for piece in cell.output
                ],
            )
            for cell in record.cells
        ],
        left_behind=[new for new, old in enumerate(sorted(kept)) if old in record.left_behind],
    )


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def name_of(script: Script) -> str:
    """Return what the record calls a script: its folder's name and its own."""
    path = Path(os.path.abspath(script.path))
    return f"{path.parent.name}/{path.name}"


def broken(script: Script, python: Python, error: str) -> Record:
    """Return the record of a script that could not be run because its interpreter cannot be used."""
    error = error.replace(str(Path.home()), "~")
    return Record(
        script=name_of(script), sha256=hashlib.sha256(script.source).hexdigest(), interpreter=python.interpreter,
        expected=script.declared.expected, outcome=BROKEN, exit_code=None, duration=0.0, peak_memory=0,
        cells=[Cell(1, 1, output=[Piece(0.0, None, error + "\n")])], processes=[], error=error, named=False,
        date=_today(),
    )  # fmt: skip


def folder_of(records: Path, name: str) -> Path:
    """Return the folder of the records of a script."""
    return records / name.removesuffix(".py")


def _keep(record: Record, python: Python, records: Path) -> Row:
    path = folder_of(records, record.script) / file_name(record.interpreter)
    path.parent.mkdir(parents=True, exist_ok=True)
    change = "new"
    try:
        old = Record.from_json(path.read_bytes())
    except FileNotFoundError:
        pass
    except RecordError:
        change = "changed"  # damaged, or of another schema
    else:
        if _essence(old) == _essence(record):
            return Row(record.script, python, old, path, f"as on {old.date}")
        change = "changed"
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        new.write_text(readable(record), encoding="utf-8")
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return Row(record.script, python, record, path, change)


def _essence(record: Record) -> object:
    """Return what two runs of the same thing have in common."""
    texts = ["".join(piece.text for piece in cell.output) for cell in record.cells]
    return (
        record.script, record.sha256, record.interpreter, record.outcome, record.expected, record.exit_code, record.whole, record.cores,
        record.named, [record.processes[index].name for index in record.left_behind], record.leaves,
        [(cell.first, cell.last, len(cell.figures)) for cell in record.cells], [_RATE.sub(r"some of \1", plain(text)) for text in texts],
    )  # fmt: skip


_CHANCE = (
    (re.compile(r"0x[0-9a-fA-F]+"), "0x…"),
    (re.compile(r"(?i)\b(pid[ =:]*)\d+"), r"\1N"),
    (re.compile(r"\b(process |fork of |Process )\d{3,}\b"), r"\1N"),
    (re.compile(r"(/tmp/)?\b(tmp|pymp-|psm_|mp-|listener-|loky-)[a-z0-9_]{6,}"), "TEMP"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[.,]?\d*"), "TIME"),
)
_RATE = re.compile(r"\b[1-9]\d* of (\d+)\b")
"""How often something happened that happens by chance: another count is no difference, but none at
all is.
"""
_DURATION = re.compile(r"\b\d+(\.\d+)? ?(ms|s|us|µs|seconds?|milliseconds)\b")


def plain(text: str, *, times: bool = False) -> str:
    """Return an output without what differs by chance: process ids, addresses, names of temporary
    files, and, if asked, times.

    >>> plain("<function f at 0x7f12ab> in (pid=4711), 1.5 ms", times=True)
    '<function f at 0x…> in (pid=N), T ms'
    """
    for pattern, word in _CHANCE:
        text = pattern.sub(word, text)
    return _DURATION.sub(r"T \2", text) if times else text


def readable(record: Record) -> str:
    """Return a record as JSON that a diff of two can be read of: a line for each field, piece of
    output and process.

    Times are in milliseconds; what has its default is left out of pieces, cells and processes.
    """
    data = dataclasses.asdict(record)
    data["cells"] = [_short(cell, Cell) for cell in data["cells"]]
    for cell in data["cells"]:
        cell["output"] = [_short(piece, Piece) for piece in cell.get("output", ())]
    data["processes"] = [_short(process, Process) for process in data["processes"]]
    data["duration"] = round(data["duration"], 3)
    return _lines(data, 0) + "\n"


def _short(data: dict[str, Any], kind: type[Cell | Piece | Process]) -> dict[str, Any]:
    defaults = {
        f.name: f.default if f.default is not dataclasses.MISSING else []
        for f in dataclasses.fields(kind)
    }
    required = {
        f.name
        for f in dataclasses.fields(kind)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    }
    kept = {
        name: value for name, value in data.items() if name in required or value != defaults[name]
    }
    return {
        name: round(value, 3) if isinstance(value, float) else value for name, value in kept.items()
    }


def _lines(value: Any, depth: int) -> str:
    """Write JSON: what has nothing nested in it goes on one line."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if (
        depth
        and not any(isinstance(part, (dict, list)) and part for part in parts)
        and not _is_list_of_lines(value)
    ):
        return json.dumps(value, ensure_ascii=False)
    space = " " * (depth + 1)
    if isinstance(value, dict):
        body = ",\n".join(
            f"{space}{json.dumps(key)}: {_lines(item, depth + 1)}" for key, item in value.items()
        )
        return f"{{\n{body}\n{' ' * depth}}}"
    body = ",\n".join(space + _lines(item, depth + 1) for item in value)
    return f"[\n{body}\n{' ' * depth}]"


def _is_list_of_lines(value: Any) -> bool:
    """Return True for a list of long strings (figures): each has a line of its own."""
    return isinstance(value, list) and any(
        isinstance(item, str) and len(item) > 200 for item in value
    )
