"""What happened when an example ran, as data.

A record is JSON, nothing else: it is read with :func:`json.loads` and checked field by field, never
unpickled or executed. The fields are documented on the dataclasses below; ``Record.to_json`` writes
them under the same names.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import re
import stat
import types
import typing
from collections.abc import Callable, Iterator, Sequence
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
    """Bytes of the process that were left out at this place; ``text`` is then empty. A cell's output
    is bounded, see ``process_gallery_output``.
    """


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
    value: str = ""
    """What the value of its last expression said of itself, if a gallery asked for it."""
    value_from: str = ""
    """The method that said it: ``_repr_html_``, whose HTML is the example's own, ``__repr__``, ..."""
    scraped: str = ""
    """reStructuredText that a gallery's scrapers wrote about it; it names files of
    ``Record.files``.
    """


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
    """Name of the signal that ended it, for instance ``SIGKILL``. On Linux the recorder sends
    ``SIGRTMAX`` to a stuck Python: it then writes its stack, and ends.
    """
    stuck: bool = False
    """True if the watchdog had to end it."""
    stack: str = ""
    """Its Python stacks when it was stuck or crashed, as faulthandler writes them, without the
    recorder's own frames.
    """
    note: str = ""
    """What the recorder could not learn of it, and why, for instance why it has no stack; empty if
    there is nothing.
    """


@dataclass
class File:
    """A file that a gallery's scraper has made."""

    path: str
    """Below the folder of the documentation's sources, with slashes."""
    content: str
    """In base64."""


@dataclass
class Name:
    """What a name in the code stands for, or a class that it is derived from."""

    name: str
    """As the code has it, dotted: ``clf.fit``."""
    module: str
    """The module of its class."""
    qualified: str
    """The class, for a method with it: ``LogisticRegression.fit``."""
    kind: str
    """``object``, ``class``, ``method``, or ``class method``."""


@dataclass
class Read:
    """A file that the example has read, not one that it has written; modules of its own, too."""

    path: str
    """Absolute."""
    digest: str
    """SHA-256 of what it had; for one of more than 16 MiB its size and its time."""

    @classmethod
    def of(cls, path: str) -> Read | None:
        """Return a file as it is now; None if it cannot be read."""
        try:
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                return None
            if status.st_size > 1 << 24:
                return cls(path, f"{status.st_size} {status.st_mtime_ns}")
            with open(path, "rb") as file:
                return cls(path, hashlib.sha256(file.read()).hexdigest())
        except OSError:
            return None

    @property
    def same(self) -> bool:
        """True if the file still has what the example has read."""
        return Read.of(self.path) == self


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
    run_by: str = ""
    """What runs it, where that is not the system it is made for, such as ``Wine 8.0``. The words and
    times of the system are then none of its platform's.
    """

    @property
    def label(self) -> str:
        """What a reader calls it, such as ``CPython 3.13.0 for Windows, run by Wine 8.0``."""
        words = f"{self.implementation} {self.version}"
        if not self.gil:
            words += ", free-threaded"
        if self.platform == "emscripten":
            words += " on WebAssembly"
        elif self.run_by:
            words += f" for {PLATFORMS.get(self.platform, self.platform)}"
        return words + (f", run by {self.run_by}" if self.run_by else "")


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
    """Seconds that were allowed; 0 if there was no limit."""
    idle: float = 0.0
    """Seconds in which nothing was computed or printed before it was ended for that; else 0."""
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
    notes: list[str] = field(default_factory=list)
    """What is missing in the record, and why, in words: what the program would have printed to a
    terminal.
    """
    files: list[File] = field(default_factory=list)
    """What a gallery's scrapers have made."""
    images: int = 0
    """How many images these have counted."""
    names: list[Name] = field(default_factory=list)
    """What the names in the code stand for, if a gallery asked for it."""
    reads: list[Read] = field(default_factory=list)
    """What it has read, if it ran as in a gallery."""
    arguments: list[str] = field(default_factory=list)
    """What the script was called with, such as the start method that it shall use."""
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

    def process(self, name: str) -> Process:
        """Return a process by its name, as a page shows it.

        Raises
        ------
        KeyError
            If there is none of this name; the message has those that there are.
        """
        names = labels(self.processes)
        if name not in names:
            raise KeyError(f"no process is called {name!r}; there are {', '.join(names)}")
        return self.processes[names.index(name)]

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

    def text(self, process: str | None = None) -> str:
        """Return everything that was printed, as a terminal would have shown it.

        Parameters
        ----------
        process
            The name of a process, as a page shows it: only what that one printed.

        Raises
        ------
        KeyError
            If there is no process of this name.
        """
        texts: list[str] = []
        omitted = 0  # there may be a piece for each process
        pieces = [*self.pieces(), Piece(0.0, None, "")]
        if process is not None:
            number = self.process(process).id
            pieces = [piece for piece in pieces if piece.process == number]
        for piece in pieces:
            if omitted and not piece.omitted:
                texts.append(f"\n[{omitted:,} bytes left out]\n")
                omitted = 0
            omitted += piece.omitted
            texts.append(piece.text)
        return "".join(texts)

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
            If the text is not JSON, a field is missing, unknown or of the wrong type, a number is
            out of range, a text is too long, is not Unicode or none of the values that its field
            can have, or the schema is another one.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise RecordError(f"not JSON: {error}") from None
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            found = data.get("schema") if isinstance(data, dict) else None
            raise RecordError(f"schema is {found!r:.40}, not {SCHEMA}: record the example again")
        record = _build(data)
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
_LARGEST = 1 << 53
"""Whole numbers above it are none that a recorder counts, and not every reader of JSON keeps them."""
_TEXT = 1 << 20
"""Characters of any one text: a recorder keeps 64 KiB of a cell's output, each byte at most four
characters.
"""
_FIGURE = 1 << 26
"""Characters of a figure: a picture of many thousand points has some millions."""

_GRAMMAR = {
    "Cell.value_from": r"|\w{1,100}",
    # Below a folder: no part of it leads out again.
    "File.path": r"(?!\.\.?(?:/|\Z))[^/\0\\]+(?:/(?!\.\.?(?:/|\Z))[^/\0\\]+)*",
    "File.content": r"[A-Za-z0-9+/]*={0,2}",
    "Name.kind": r"object|class|method|class method",
    "Process.how": r"main|fork|spawn|forkserver|exec|unknown",
    "Process.signal": r"(?:SIG)?[A-Z0-9+-]{1,20}",
    "Interpreter.version": r"[\w.+?-]{1,60}",
    "Interpreter.implementation": r"\w[\w. -]{0,60}",
    "Interpreter.platform": r"\w[\w.-]{0,60}",
    "Interpreter.machine": r"[\w. -]{0,60}",
    "Interpreter.default_start_method": r"|fork|spawn|forkserver",
    "Interpreter.run_by": r"|\w[\w., ()-]{0,80}",
    "Record.sha256": r"[0-9a-f]{64}",
    "Record.expected": r"ok|timeout|exception(?: \w{1,500})?|exit \d{1,3}|signal [A-Z0-9]{1,20}",
    # A matrix has "broken", too; an exception's name is what its class says.
    "Record.outcome": r"ok|timeout|broken|exception [^\s<>&\"']{1,500}|exit -?\d{1,10}|signal (?:SIG)?[A-Z0-9+-]{1,20}",
    "Record.date": r"|\d{4}-\d\d-\d\d",
}
"""What the texts may say that a drawing, a file name or a choice is made from; all others are free,
and only ever shown.
"""
_SIGNED = frozenset({"Record.exit_code", "Process.exit_code"})
"""The whole numbers that may be negative, besides those that refer to a process and are looked up."""
_REFERENCES = frozenset(
    {"Piece.process", "Process.id", "Process.parent", "Process.asked_by", "Record.left_behind"}
)


class _WrongValueError(Exception):
    """A value that cannot be in a record; ``where`` grows as it passes outwards."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem, self.where = problem, ""


_Check = Callable[[Any], Any]


def _build(value: Any) -> Record:
    """Check what JSON had, and return it as a record."""
    try:
        record = _object_check(Record)(value)
    except _WrongValueError as wrong:
        raise RecordError(f"record{wrong.where}: {wrong.problem}") from None
    assert isinstance(record, Record)
    return record


@functools.cache
def _object_check(kind: Any) -> _Check:
    """Return the check of a dataclass. It is put together once, not for each of a thousand values."""
    checks = {
        name: _check(hint, f"{kind.__name__}.{name}")
        for name, hint in typing.get_type_hints(kind).items()
    }
    required = {
        f.name
        for f in dataclasses.fields(kind)
        if f.default is f.default_factory is dataclasses.MISSING
    }

    def check(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _WrongValueError("an object is expected")
        unknown = value.keys() - checks.keys()
        if unknown:
            raise _WrongValueError(f"unknown field {min(unknown)!r:.80}")
        missing = required - value.keys()
        if missing:
            raise _WrongValueError(f"field {min(missing)!r} is missing")
        arguments = {}
        name = ""
        try:
            for name, item in value.items():
                arguments[name] = checks[name](item)
        except _WrongValueError as wrong:
            wrong.where = f".{name}{wrong.where}"
            raise
        return kind(**arguments)

    return check


def _check(kind: Any, name: str) -> _Check:
    """Return the check of a field, by its annotation and its name."""
    if dataclasses.is_dataclass(kind):
        return _object_check(typing.cast(Any, kind))
    allowed = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        return _list_check(_check(allowed[0], name))
    optional = types.NoneType in allowed
    (kind,) = [one for one in allowed if one is not types.NoneType] or [kind]
    value_checks: dict[Any, _Check] = {
        bool: _flag_check,
        float: _seconds_check,
        int: functools.partial(_whole_check, lowest=_lowest(name)),
        str: _text_check(name),
    }
    value_check = value_checks[kind]
    return (
        (lambda value: None if value is None else value_check(value)) if optional else value_check
    )


def _lowest(name: str) -> int:
    return -_LARGEST if name in _SIGNED or name in _REFERENCES else 0


def _list_check(item_check: _Check) -> _Check:
    def check(value: Any) -> Any:
        if not isinstance(value, list):
            raise _WrongValueError("a list is expected")
        checked: list[Any] = []
        try:
            for item in value:
                checked.append(item_check(item))  # noqa: PERF401, the length says where it is wrong
        except _WrongValueError as wrong:
            wrong.where = f"[{len(checked)}]{wrong.where}"
            raise
        return checked

    return check


def _flag_check(value: Any) -> bool:
    if value is True or value is False:
        return value
    raise _WrongValueError(f"{value!r:.40} is neither true nor false")


def _whole_check(value: Any, *, lowest: int) -> int:
    if type(value) is not int:
        raise _WrongValueError(f"{value!r:.40} is no whole number")
    if not lowest <= value <= _LARGEST:
        # Without the number: one of many thousand digits cannot be written.
        raise _WrongValueError(f"a whole number is not between {lowest} and {_LARGEST}")
    return value


def _seconds_check(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise _WrongValueError(f"{value!r:.40} is no number of seconds")
    if not 0 <= value < _LONGEST:
        raise _WrongValueError(f"a number of seconds is not between 0 and {_LONGEST:.0f}")
    return value


def _text_check(name: str) -> _Check:
    long = ("Cell.figures", "Cell.scraped", "Cell.value", "File.content")
    longest = _FIGURE if name in long else _TEXT
    grammar = re.compile(_GRAMMAR[name], re.ASCII) if name in _GRAMMAR else None

    def check(value: Any) -> str:
        if type(value) is not str:
            raise _WrongValueError(f"{value!r:.40} is no text")
        if len(value) > longest:
            raise _WrongValueError(f"a text of {len(value):,} characters; {longest:,} are allowed")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError:
                raise _WrongValueError("a text with half a character (a lone surrogate)") from None
        if grammar and not grammar.fullmatch(value):
            raise _WrongValueError(f"{value[:40]!r} is none of the values that it can have")
        return value

    return check


_HIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)
"""What commands a terminal, is not seen, turns the direction of what follows, or may not be in HTML."""

LABEL = 40
"""Characters of a process's name that are shown."""


def labels(processes: Sequence[Process]) -> list[str]:
    """Return what a reader calls each process, on a page, in a terminal and in a message: its name;
    from the second of a name on with a number.

    >>> labels([Process(0, 7, "MainProcess", "main"), Process(1, 8, "Process-1", "fork"),
    ...         Process(2, 9, "Process-1", "fork")])
    ['MainProcess', 'Process-1', 'Process-1 #2']
    """
    count: dict[str, int] = {}
    result = []
    for process in processes:
        name = " ".join(_HIDDEN.sub("\ufffd", process.name).split())[:LABEL] or "?"
        count[name] = count.get(name, 0) + 1
        result.append(name if count[name] == 1 else f"{name} #{count[name]}")
    return result


PLATFORMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows"}
"""``sys.platform`` and what a reader calls it; tables have a column for each of these."""


Version = tuple[int, ...]


def numbers(version: str) -> Version:
    """Return a version to sort by.

    >>> numbers("3.15.2"), numbers("3.16.0a1+")
    ((3, 15, 2), (3, 16, 0))
    """
    return tuple(int(part) for part in re.findall(r"\d{1,9}", version)[:3])


def version_label(interpreter: Interpreter, *, release: bool = False) -> str:
    """Return the version that a record is kept under: ``3.14``, ``3.14t`` for a free-threaded
    build; with ``release`` the whole one, such as ``3.14.10``.
    """
    match = re.match(r"[\w.+-]+" if release else r"\d+\.\d+", interpreter.version)
    return (match[0] if match else "unknown") + ("" if interpreter.gil else "t")


def file_name(
    interpreter: Interpreter, *, release: bool = False, arguments: Sequence[str] = ()
) -> str:
    """Return the name of the file of an interpreter's record; with ``release`` that of a script
    which is kept for every patch release; ``arguments`` are those of the run.

    >>> python = Interpreter("3.15.2", "CPython", "linux", "x86_64", "forkserver")
    >>> file_name(python), file_name(python, release=True)
    ('cpython-3.15-linux.json', 'cpython-3.15.2-linux.json')
    >>> file_name(python, arguments=["spawn"])
    'cpython-3.15-linux+spawn.json'
    """
    version = version_label(interpreter, release=release)
    called = "".join(f"+{word}" for word in arguments)
    return f"{interpreter.implementation}-{version}-{interpreter.platform}{called}.json".lower()
