"""Keep records from one build to the next.

A record is used again only while everything is the same that it depends on: the script, the local
modules that it imports, the interpreter, the installed version of what it imports, and the recorder
itself; in a gallery also what it was seen to read, of data and of the documented package's source. A cache file is JSON and is checked like any other record; one that is damaged is recorded
anew.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any

from .errors import RecordError
from .interpreters import Installed, Probe
from .model import SCHEMA, Cell, Piece, Process, Record
from .script import Script, imported, local_modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .script import Cwd

# Bytes. The recorder keeps less than half a MB of a cell's output, and a few MB of its figures.
_LARGEST = 256 << 20


@functools.cache
def _recorder() -> str:
    """Return a digest of the code that makes records: a new recorder makes new records."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    outside = (here / "model.py", here / "helper_processes.py")
    for path in (*outside, *sorted((here / "recording").rglob("*.py"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def key(
    script: Script,
    python: Probe,
    installed: Installed,
    *,
    cwd: Cwd = "empty",
    output: int = 0,
    gallery: object = None,
    arguments: Sequence[str] = (),
) -> str:
    """Return a digest of all that a record of this script depends on; ``cwd``, ``gallery`` and ``arguments`` as
    for :class:`~process_gallery.recording.job.Job`, ``output`` in KiB.
    """
    parts: list[object] = [
        SCHEMA,
        _recorder(),
        python.path,
        python.interpreter,
        hashlib.sha256(script.source).hexdigest(),
    ]
    parts += [script.declared, cwd, output, gallery, tuple(arguments)]
    parts.extend(
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in local_modules(script.path, script.source)
    )
    names = sorted({name.partition(".")[0] for name in imported(script.source)[0]})
    parts.extend((name, installed.versions.get(name)) for name in names)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


_KEY = 20
"""Characters of a key that are in a file's name."""
_SUFFIX = len("-") + _KEY + len(".json")


class Cache:
    """Records in a folder, one file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._kept: dict[str, set[Path]] | None = None
        """The files of each example; None until one is saved."""

    def path(self, name: str, key: str, arguments: Sequence[str] = ()) -> Path:
        """Return where the record of an example with this key is kept."""
        stem = "+".join([name.replace("/", ".").removesuffix(".py"), *arguments])
        return self.folder / f"{stem}-{key[:_KEY]}.json"

    def load(
        self, script: Script, name: str, key: str, arguments: Sequence[str] = ()
    ) -> Record | None:
        """Return the record with this key; None if there is none that can be used, or it is not one
        of this script with these arguments.
        """
        path = self.path(name, key, arguments)
        try:
            # Not what would never end: a pipe, a device, and what no recorder writes.
            status = path.stat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                return None
            record = Record.from_json(path.read_bytes())
        except (OSError, RecordError):
            return None
        same = record.script == name and record.sha256 == hashlib.sha256(script.source).hexdigest()
        whole = not script.cells or [(cell.first, cell.last) for cell in record.cells] == list(
            script.cells
        )
        allowed = script.declared.expects(arguments, record.interpreter.default_start_method)
        called = record.arguments == list(arguments)
        good = record.expected in allowed and record.as_expected
        good = good and all(read.same for read in record.reads)
        return record if same and called and whole and good else None

    def save(self, name: str, key: str, record: Record) -> None:
        """Keep a record, and forget the older ones of the same example.

        Raises
        ------
        OSError
            If it cannot be written; nothing that was there is lost then.

        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(name, key, record.arguments)
        if self._kept is None:  # looked through once: with a thousand records it takes its time
            self._kept = {}
            for old in self.folder.glob("*-*.json"):
                self._kept.setdefault(old.name[:-_SUFFIX], set()).add(old)
        new = path.with_suffix(f".{os.getpid()}.new")
        try:
            new.write_text(record.to_json(), encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        for old in self._kept.get(path.name[:-_SUFFIX], set()) - {path}:
            old.unlink(missing_ok=True)
        self._kept[path.name[:-_SUFFIX]] = {path}


def digest_of(record: Record) -> str:
    """Return a digest of all that a record says: two records with the same say the same."""

    def fields(part: Any) -> dict[str, Any]:
        return {field: getattr(part, field) for field in part.__dataclass_fields__}

    # As Record.to_json writes it, but without a copy of every part first.
    text = json.dumps(record, default=fields, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def folder_of(records: Path, name: str) -> Path:
    """Return the folder of the records of a script."""
    return records / name.removesuffix(".py")


def _essence(record: Record) -> object:
    """Return what two runs of the same thing have in common."""
    texts = ["".join(piece.text for piece in cell.output) for cell in record.cells]
    return (
        record.script, record.arguments, record.sha256, record.interpreter, record.outcome, record.expected, record.exit_code, record.whole, record.cores,
        record.named, [record.processes[index].name for index in record.left_behind], record.leaves,
        [(cell.first, cell.last, len(cell.figures)) for cell in record.cells], [_RATE.sub(r"some of \1", without_chance(text)) for text in texts],
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


def without_chance(text: str, *, times: bool = False) -> str:
    """Return an output without what differs by chance: process ids, addresses, names of temporary
    files, and, if asked, times.

    >>> without_chance("<function f at 0x7f12ab> in (pid=4711), 1.5 ms", times=True)
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
    data["cells"] = [_without_defaults(cell, Cell) for cell in data["cells"]]
    for cell in data["cells"]:
        cell["output"] = [_without_defaults(piece, Piece) for piece in cell.get("output", ())]
    data["processes"] = [_without_defaults(process, Process) for process in data["processes"]]
    data["duration"] = round(data["duration"], 3)
    for name in ("idle", "files", "images", "names", "reads"):  # of galleries only
        if not data[name]:
            del data[name]
    return _lines(data, 0) + "\n"


def _without_defaults(data: dict[str, Any], kind: type[Cell | Piece | Process]) -> dict[str, Any]:
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
