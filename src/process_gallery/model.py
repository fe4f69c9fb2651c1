"""What happened when an example ran, as data.

A record is JSON, nothing else: it is read with :func:`json.loads` and checked field by field, never
unpickled or executed. The fields are documented on the dataclasses below; ``Record.to_json`` writes
them under the same names.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .errors import RecordError

SCHEMA = 1
"""Version of the format. It is raised when a field changes its meaning; records of another version
are not read.
"""


@dataclass(slots=True)
class Piece:
    """Output that one process wrote, in the order in which the kernel took it."""

    time: float
    """Seconds since the example was started."""
    process: int | None
    """``Process.id`` of the writer; None where the platform cannot tell."""
    text: str
    """What was written. Bytes that are not UTF-8 appear as ``\\xNN``; paths are shortened (see
    ``Record.shortened``).
    """
    omitted: int = 0
    """Bytes left out at this place; ``text`` is then empty."""


@dataclass
class Cell:
    """One code cell of the example."""

    first: int
    """First line, counted from 1."""
    last: int
    """Last line, included."""
    start: float | None = None
    """Seconds since the example was started; None if the cell was never reached."""
    end: float | None = None
    """Seconds; None if the cell never ended."""
    output: list[Piece] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)
    """The matplotlib figures that were open at the cell's end, as SVG."""


@dataclass
class Process:
    """One process that the example started, or the example itself."""

    id: int
    """Position in ``Record.processes``; the example itself is 0."""
    pid: int
    """Process id in the recorder's PID namespace."""
    name: str
    """multiprocessing's own name where it has one (``Process-1``), else the command."""
    how: str
    """How it came to be: ``main``, ``fork``, ``spawn``, ``forkserver``, ``exec`` (another program),
    or ``unknown``.
    """
    parent: int | None = None
    """``id`` of the operating system's parent at the time it was first seen."""
    asked_by: int | None = None
    """``id`` of the process that called ``start()``; under forkserver that is not the parent."""
    asked: float | None = None
    """Seconds when ``start()``, or the fork, was called; None if not known."""
    start: float | None = None
    """Seconds when it began to run; None if not known."""
    end: float | None = None
    """Seconds when it ended, by itself or because the recorder killed it; None if not known."""
    exit_code: int | None = None
    """Exit code; None if ended by a signal, or if not known: on some platforms, or gone before
    anyone could see it.
    """
    signal: str | None = None
    """Name of the signal that ended it, for instance ``SIGKILL``."""
    stuck: bool = False
    """True if the watchdog had to end it."""
    stack: str = ""
    """Its Python stacks when it was stuck or crashed, as faulthandler writes them, without the
    recorder's own frames.
    """


@dataclass
class Interpreter:
    """The Python that ran the example."""

    version: str
    """For instance ``3.15.2``."""
    implementation: str
    platform: str
    """``sys.platform``."""
    machine: str
    default_start_method: str
    gil: bool = True
    """False on a free-threaded build."""


@dataclass
class Record:
    """One run of one example."""

    script: str
    """Name of the script, relative to the folder it was recorded from."""
    sha256: str
    """Of the script's bytes."""
    interpreter: Interpreter
    expected: str
    """The outcome that the script declares."""
    outcome: str
    """``ok``, ``exception NAME``, ``exit N``, ``signal NAME`` or ``timeout``."""
    exit_code: int | None
    """Exit code of the example; None if a signal or the watchdog ended it."""
    duration: float
    """Seconds from the start of the interpreter to its end."""
    peak_memory: int
    """Largest resident set of any one of its processes, in KiB (``ru_maxrss``)."""
    cells: list[Cell]
    processes: list[Process]
    left_behind: list[int] = field(default_factory=list)
    """``id`` of each process that still ran after the example had ended, and was killed."""
    timeout: float = 0.0
    """Seconds that were allowed."""
    memory_limit: int | None = None
    """Limit of each process's address space in MiB, if one was set."""
    error: str = ""
    """Type and message of the exception that ended the example."""
    whole: bool = False
    """True if the script ran as a whole, because the interpreter is too old for cells."""
    named: bool = True
    """False where the platform cannot tell which process wrote what."""
    date: str = ""
    """Day of the run, ``YYYY-MM-DD``."""
    shortened: list[str] = field(default_factory=list)
    """Kinds of folder whose absolute paths were shortened in the text."""
    cores: int = 0
    """Processors that the example could use; 0 if not known."""
    leaves: list[str] = field(default_factory=list)
    """Names of the processes that the script declares to leave behind."""
    schema: int = SCHEMA

    @property
    def as_expected(self) -> bool:
        """True if the outcome is the declared one.

        A declared ``exception`` without a name allows any.
        """
        if self.expected == "exception":
            return self.outcome.startswith("exception ")
        return self.outcome == self.expected

    @property
    def undeclared(self) -> list[Process]:
        """The processes that were left behind though the script does not declare it."""
        return [
            self.processes[index]
            for index in self.left_behind
            if self.processes[index].name not in self.leaves
        ]

    def cell_at(self, line: int) -> int | None:
        """Return the index of the cell that starts at, or contains, a line."""
        for index, cell in enumerate(self.cells):
            if cell.first <= line <= cell.last:
                return index
        return None

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces of all cells, in order."""
        for cell in self.cells:
            yield from cell.output

    def text(self) -> str:
        """Return everything that was printed, as a terminal would have shown it."""
        return "".join(
            piece.text if not piece.omitted else f"\n[{piece.omitted:,} bytes left out]\n"
            for piece in self.pieces()
        )

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the record as JSON text, fields in the order documented here."""
        return json.dumps(
            dataclasses.asdict(self),
            ensure_ascii=False,
            indent=indent,
            separators=None if indent else (",", ":"),
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> Record:
        """Read a record.

        Raises
        ------
        RecordError
            If the text is not JSON, a field is missing, unknown or of the wrong type, a number of
            seconds is out of range, or the schema is another one.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"not JSON: {error}") from None
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, dict) else None
            raise RecordError(f"schema is {found!r}, not {SCHEMA}: record the example again")
        record = _build(cls, data, "record")
        assert isinstance(record, cls)
        ids = range(len(record.processes))
        references = [piece.process for piece in record.pieces()] + list(record.left_behind)
        for process in record.processes:
            references += [process.parent, process.asked_by]
        if [process.id for process in record.processes] != list(ids) or any(
            i is not None and i not in ids for i in references
        ):
            raise RecordError("a process is referred to that the record does not have")
        return record


_LONGEST = 1e7
"""Seconds, more than a hundred days. NaN, which JSON does not have but Python reads, is not below
it, either.
"""


@functools.cache
def _fields(kind: Any) -> tuple[dict[str, Any], set[str]]:
    """Return the types of a dataclass's fields, and the names of those that have no default."""
    required = {
        f.name
        for f in dataclasses.fields(kind)
        if f.default is f.default_factory is dataclasses.MISSING
    }
    return typing.get_type_hints(kind), required


def _build(kind: Any, value: Any, where: str) -> Any:
    """Check ``value`` against the annotation ``kind`` and return it as that type."""
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise RecordError(f"{where}: an object is expected")
        hints, required = _fields(typing.cast(Any, kind))
        unknown = value.keys() - hints.keys()
        if unknown:
            raise RecordError(f"{where}: unknown field {min(unknown)!r}")
        missing = required - value.keys()
        if missing:
            raise RecordError(f"{where}: field {min(missing)!r} is missing")
        arguments = {
            name: _build(hints[name], item, f"{where}.{name}") for name, item in value.items()
        }
        return typing.cast(Any, kind)(**arguments)
    origin, arguments_ = typing.get_origin(kind), typing.get_args(kind)
    if origin is list:
        if not isinstance(value, list):
            raise RecordError(f"{where}: a list is expected")
        return [
            _build(arguments_[0], item, f"{where}[{index}]") for index, item in enumerate(value)
        ]
    allowed = arguments_ if origin is types.UnionType else (kind,)
    if kind is float or float in allowed:
        allowed = (*allowed, int)
    if not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed):
        raise RecordError(f"{where}: {value!r:.40} is not of type {kind}")
    if isinstance(value, float) and not 0 <= value < _LONGEST:
        raise RecordError(f"{where}: {value!r:.40} is no number of seconds")
    return value


HELPERS = frozenset({"resource_tracker", "forkserver", "semaphore_tracker"})
"""multiprocessing's own processes; they end by themselves when the others have ended."""

PLATFORMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
"""``sys.platform`` and what a reader calls it; tables have a column for each of these."""


Version = tuple[int, ...]


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
