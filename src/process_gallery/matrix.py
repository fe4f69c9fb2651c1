"""Record scripts on many interpreters, and keep the records: ``python -m process_gallery matrix
SCRIPT...``.

A kept record is a file ``<records>/<section>/<name>/<implementation>-<X.Y>-<platform>.json``, of a script that
is recorded on every patch release ``...-<X.Y.Z>-...``. It is meant for a repository: written so that a diff can be read, and left alone when a new run differs in
nothing but times, process ids and the like. An interpreter that cannot be used has such a file,
too: its outcome is ``broken``.
"""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .drawing.text import failure
from .errors import RecorderError, RecordError
from .interpreters import Python
from .model import Cell, Piece, Process, Record, file_name
from .recording.job import Job
from .recording.recorder import record_all
from .script import Script
from .store import _essence, folder_of, readable

BROKEN = "broken"
"""Outcome of a record whose interpreter could not be used."""


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
    one record of each script, whole, and only a good one; and one for each start method that it
    declares.
    """
    jobs: dict[int, tuple[Job, Python]] = {}
    for script, python in pairs:
        if python.probe is None:
            yield _keep(broken(script, python, python.error), python, script, records)
            continue
        # Under Wine, and in Node.js, a start takes seconds.
        timeout = 3 * script.declared.timeout if python.interpreter.run_by else None
        methods = script.declared.start_methods if newest else ()
        for arguments in ((), *((method,) for method, _ in methods)):
            job = Job(
                script,
                python=python.path,
                name=name_of(script),
                timeout=timeout,
                arguments=arguments,
            )
            jobs[id(job)] = job, python
    for job, result in record_all([job for job, _ in jobs.values()], at_once=at_once):
        python = jobs[id(job)][1]
        if not isinstance(result, Record):
            yield result
        elif not newest:
            yield _keep(without_silent_processes(result), python, job.script, records)
        elif problem := failure(result, job.script.path, job.python):
            yield RecorderError(problem)
        else:
            row = _keep(result, python, job.script, records)
            for other in row.path.parent.glob("*.json"):
                if other != row.path and _called(other) == _called(row.path):
                    other.unlink()
            yield row


def _called(path: Path) -> str:
    """Return the arguments in the name of a record's file."""
    return path.stem.partition("+")[2]


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def without_silent_processes(record: Record) -> Record:
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


def pairs(
    scripts: Sequence[Script], pythons: Sequence[Python], releases: Sequence[Python]
) -> list[tuple[Script, Python]]:
    """Return which script runs on which interpreter: each on the first of each minor version, those
    for every release on the first of each release, among which ``releases`` are, too.
    """
    chosen: list[tuple[Script, Python]] = []
    known: set[tuple[Path, str]] = set()
    for number, python in enumerate([*pythons, *releases]):
        for script in scripts:
            every = script.declared.every_release
            # What measures times would measure what runs the interpreter; the releases that a
            # history compares are Linux' own.
            if (script.declared.alone or every) and python.interpreter.run_by:
                continue
            key = script.path, file_name(python.interpreter, release=every)
            if key not in known and (every or number < len(pythons)):
                known.add(key)
                chosen.append((script, python))
    return chosen


def _keep(record: Record, python: Python, script: Script, records: Path) -> Row:
    name = file_name(
        record.interpreter,
        release=script.declared.every_release,
        arguments=record.arguments,
    )
    path = folder_of(records, record.script) / name
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
        if record.interpreter.run_by and not old.interpreter.run_by and old.sha256 == record.sha256:
            return Row(
                record.script,
                python,
                old,
                path,
                f"as on {old.date}, recorded on the platform itself",
            )
        change = "changed"
    new = path.with_suffix(f".{os.getpid()}.new")
    try:
        new.write_text(readable(record), encoding="utf-8", newline="\n")  # also on Windows
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)
    return Row(record.script, python, record, path, change)
