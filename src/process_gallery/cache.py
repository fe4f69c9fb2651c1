"""Keep records from one build to the next.

A record is used again only while everything is the same that it depends on: the script, the local
modules that it imports, the interpreter, the installed version of what it imports, and the recorder
itself. A cache file is JSON and is checked like any other record; one that is damaged is recorded
anew.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .cells import Script, python_bound
from .interpreters import Probe
from .record import SCHEMA, Record, RecordError

# Asked of the interpreter that runs the examples: which of these modules it has, and in which
# version of which distribution.
_VERSIONS = """
import importlib.metadata, importlib.util, json, sys
names = sys.argv[1:]
owners = importlib.metadata.packages_distributions() if names else {}
found = {}
for name in names:
    try:
        there = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        there = False
    found[name] = sorted(f"{d} {importlib.metadata.version(d)}" for d in set(owners.get(name, ()))) if there else None
print(json.dumps(found))
"""

# Bytes. The recorder keeps less than half a MB of a cell's output, and a few MB of its figures.
_LARGEST = 256 << 20


@dataclass(frozen=True)
class Installed:
    """What an interpreter can import."""

    versions: dict[str, list[str] | None]
    """Module name to its distributions with their versions; None if it cannot be imported."""

    @classmethod
    def ask(cls, python: str, scripts: list[Script]) -> Installed:
        """Ask an interpreter about everything that scripts import or declare to need."""
        names = {name for script in scripts for name in imported(script.source)[0]}
        names |= {
            need
            for script in scripts
            for need in script.declared.needs
            if need != "linux" and not python_bound(need)
        }
        names = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
        if not names:
            return cls({})
        done = subprocess.run(
            [python, "-c", _VERSIONS, *sorted(names)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return cls(json.loads(done.stdout))

    def missing(self, script: Script, python: Probe) -> list[str]:
        """Return what a script declares to need and does not find, in words."""
        lacking = []
        for need in script.declared.needs:
            bound = python_bound(need)
            if need == "linux":
                if python.interpreter.platform != "linux":
                    lacking.append("Linux")
            elif bound:
                newer = python.version_info[: len(bound[1])] >= bound[1]
                if newer != (bound[0] == ">="):
                    lacking.append(
                        f"Python {'.'.join(map(str, bound[1]))} or newer"
                        if bound[0] == ">="
                        else need
                    )
            elif (
                self.versions.get(need.partition(".")[0]) is None
                and need.partition(".")[0] not in sys.stdlib_module_names
            ):
                lacking.append(need)
        return lacking


@functools.cache
def _recorder() -> str:
    """Return a digest of the code that makes records: a new recorder makes new records."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    modules = [
        here / f"{name}.py" for name in ("record", "recorder", "account", "supervisor", "portable")
    ]
    for path in [*modules, *sorted((here / "_child").rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


@functools.cache  # a script is asked about when its key is made, and for what is installed
def imported(source: bytes) -> tuple[set[str], set[str]]:
    """Return the names of the modules that a source imports: absolute ones, and ``from .x`` ones."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set(), set()
    absolute: set[str] = set()
    relative: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            absolute.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            target = relative if node.level else absolute
            target.add(node.module or "")
    return absolute, relative


def local_modules(script: Path, source: bytes) -> list[Path]:
    """Return the modules beside a script that it imports, directly or through each other."""
    found: dict[Path, None] = {}
    queue = [source]
    while queue:
        absolute, relative = imported(queue.pop())
        for name in sorted(absolute | relative):
            base = script.parent.joinpath(*name.split("."))
            for path in (base.with_suffix(".py"), base / "__init__.py"):
                if name and path.is_file() and path not in found and path != script:
                    found[path] = None
                    queue.append(path.read_bytes())
    return list(found)


def key(script: Script, python: Probe, installed: Installed, *, beside: bool = False) -> str:
    """Return a digest of all that a record of this script depends on; ``beside`` as for
    :class:`~process_gallery.recorder.Job`.
    """
    parts: list[object] = [
        SCHEMA,
        _recorder(),
        python.path,
        python.interpreter,
        hashlib.sha256(script.source).hexdigest(),
    ]
    parts += [script.declared, beside]
    parts.extend(
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in local_modules(script.path, script.source)
    )
    names = sorted({name.partition(".")[0] for name in imported(script.source)[0]})
    parts.extend((name, installed.versions.get(name)) for name in names)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


class Cache:
    """Records in a folder, one file each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str, key: str) -> Path:
        """Return where the record of an example with this key is kept."""
        return self.folder / f"{name.replace('/', '.').removesuffix('.py')}-{key[:20]}.json"

    def load(self, script: Script, name: str, key: str) -> Record | None:
        """Return the record with this key; None if there is none that can be used, or it is not one
        of this script.
        """
        path = self.path(name, key)
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
        return (
            record
            if same and whole and record.expected == script.declared.expected and record.as_expected
            else None
        )

    def save(self, name: str, key: str, record: Record) -> None:
        """Keep a record, and forget the older ones of the same example.

        Raises
        ------
        OSError
            If it cannot be written; nothing that was there is lost then.

        """
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.path(name, key)
        new = path.with_suffix(f".{os.getpid()}.new")
        try:
            new.write_text(record.to_json(), encoding="utf-8")
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        stem = path.name[: -len(f"{key[:20]}.json")]
        for old in self.folder.glob(f"{stem}*.json"):
            if old != path and len(old.name) == len(path.name):
                old.unlink(missing_ok=True)
