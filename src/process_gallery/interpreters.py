"""Learn what an interpreter is, by asking it."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import probe_cache
from .errors import InterpreterError
from .script import PLATFORM_NEEDS, Script, imported, python_bound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .model import Interpreter, Version

HOOKS = Path(__file__).parent / "recording" / "in_example" / "site"
"""Folder that is put on the ``PYTHONPATH`` of an example."""
RUNNER = Path(__file__).parent / "recording" / "in_example" / "cell_runner.py"
GALLERY_MODE = RUNNER.with_name("gallery_mode.py")
"""What the runner loads where an example runs as sphinx-gallery would run it."""
WARM_START = RUNNER.with_name("warm_start.py")
"""What imports first, and is forked for each example then."""

_PYTHON = re.compile(r"python[23](\.\d+t?)?|pypy3(\.\d+)?")
_ANSWER = 120
"""Seconds that an interpreter may take to answer: one run by Wine or Node.js starts slowly."""

# Works on Python 2.7 and 3.x; prints a literal, which is read without being executed.
_QUESTION = """
import sys
sys.path[:] = [folder for folder in sys.path if folder]  # not the current one: it may have a random.py
import os, platform
try:
    import multiprocessing
    method = multiprocessing.get_start_method()
except AttributeError:
    method = "spawn" if sys.platform == "win32" else "fork"
except ImportError:
    method = ""
runner = sys.argv[1]
files = [os.__file__]
if sys.version_info >= (3, 11):  # byte code, made once: compiling costs each example 7 ms
    import importlib.util
    def compiled(source):
        target = importlib.util.cache_from_source(source)
        stat = os.stat(source)
        numbers = (0, int(stat.st_mtime) & 0xFFFFFFFF, stat.st_size & 0xFFFFFFFF)
        head = importlib.util.MAGIC_NUMBER + b"".join(n.to_bytes(4, "little") for n in numbers)  # PEP 552
        try:
            with open(target, "rb") as file:
                if file.read(16) == head:
                    return target
        except OSError:
            pass
        import py_compile
        try:
            return py_compile.compile(source, doraise=True)
        except (OSError, py_compile.PyCompileError):  # installed where nobody may write
            return source
    runner = compiled(runner)
    files += [runner, compiled(sys.argv[2])]
try:
    with open("/proc/self/maps") as maps:  # the interpreter proper may be a library
        files += set(line.split(None, 5)[5].strip() for line in maps if "libpython" in line)
except (IOError, OSError):
    pass
run_by = ""
if sys.platform == "win32":
    try:
        import ctypes
        version = ctypes.CDLL("ntdll").wine_get_version
        version.restype = ctypes.c_char_p
        run_by = "Wine " + version().decode()
    except (ImportError, OSError, AttributeError):  # Windows itself
        pass
elif sys.platform == "emscripten":
    import js, pyodide
    node = getattr(js, "process", None)
    run_by = "Pyodide %s, " % pyodide.__version__ + ("Node.js " + node.versions.node if node else "a browser")
prefixes = sorted({sys.prefix, getattr(sys, "base_prefix", sys.prefix), os.path.realpath(sys.prefix)})
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print(repr((tuple(sys.version_info[:3]), platform.python_version(), platform.python_implementation(),
            "linux" if sys.platform.startswith("linux") else sys.platform, platform.machine(),
            method, bool(gil), run_by, prefixes, runner, sys.executable or "", files)))
"""


@dataclass(frozen=True)
class Probe:
    """An interpreter's answers."""

    described: tuple[str, str, str, str, str, bool, str]
    """What an :class:`~process_gallery.model.Interpreter` is made of."""
    version_info: tuple[int, ...]
    prefixes: tuple[str, ...]
    """Folders that it is installed in."""
    path: str
    """Absolute path of the executable; of what it starts, if it is a script that starts an
    interpreter.
    """
    runner: str
    """The cell runner, as byte code of this version where that could be written."""

    @property
    def interpreter(self) -> Interpreter:
        """What it is. To start an example, the model need not be loaded."""
        from .model import Interpreter

        return Interpreter(*self.described)


@functools.cache
def probe(python: str) -> Probe:
    """Ask an interpreter what it is; once in the life of this process, and not at all where
    :mod:`.probe_cache` has its answer.

    Raises
    ------
    InterpreterError
        If it is not there, does not start, does not answer within two minutes, or is made for Windows
        and the recorder is not run by it.
    """
    path = _which(python)
    if path is None:
        raise InterpreterError(
            f"{python}: no such interpreter; give the path of a Python, such as {sys.executable}"
        )
    files = [str(RUNNER), str(HOOKS / "sitecustomize.py")]
    # What a script starts depends on more than can be looked at.
    key = (
        None if os.name != "posix" or _is_script(path) else probe_cache.key(path, _QUESTION, files)
    )
    if key and (kept := _probe_of(probe_cache.load(key), path)):
        return kept
    answer = _ask(python, path, files)
    found = _probe_of(answer, path)
    if found is None:
        raise InterpreterError(f"{python}: does not answer as a Python does ({answer!r:.300})")
    if found.interpreter.platform == "win32" and os.name == "posix":
        raise InterpreterError(
            f"{python}: is a CPython for Windows, run by {found.interpreter.run_by}; its processes can be "
            f"watched from Windows only: let it run the recorder,  {python} -m process_gallery record SCRIPT"
        )
    if key:
        probe_cache.save(key, answer, answer[-1])
    return found


def _which(python: str) -> str | None:
    """Return the path of an executable, as ``shutil.which`` does, but load no shutil for one that
    has a path already.
    """
    if os.name == "posix" and os.path.dirname(python):
        return python if os.access(python, os.X_OK) and not os.path.isdir(python) else None
    import shutil

    return shutil.which(python)


def _ask(python: str, path: str, files: list[str]) -> list[Any]:
    """Ask an interpreter; return what it says."""
    import ast
    import subprocess

    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    }
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION, *files],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            errors="replace",
            timeout=_ANSWER,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise InterpreterError(f"{python}: did not answer within {_ANSWER} seconds") from None
    except OSError as error:
        raise InterpreterError(f"{python}: cannot be started: {error.strerror}") from error
    try:
        return list(ast.literal_eval(done.stdout.strip()))
    except (ValueError, SyntaxError, TypeError):
        said = f"exit code {done.returncode}: {done.stderr.strip()[-300:]}"
        raise InterpreterError(f"{python}: does not answer as a Python does ({said})") from None


def _probe_of(answer: Any, path: str) -> Probe | None:
    """Return an answer, or what was kept of one, as a probe; None if it is none."""
    kinds = (Sequence, str, str, str, str, str, bool, str, list, str, str, list)
    if not isinstance(answer, list) or len(answer) != len(kinds):
        return None
    if not all(map(isinstance, answer, kinds)):
        return None
    info, version, implementation, system, machine, method, gil, run_by, prefixes, runner, executable, files = answer  # fmt: skip
    if not all(isinstance(number, int) for number in info):
        return None
    if not all(isinstance(text, str) for text in (*prefixes, *files)):
        return None
    if executable and _is_script(path):  # such as pyenv's: its shells would be in every record
        path = executable
    return Probe(
        (version, implementation, system, machine, method, gil, run_by),
        tuple(info),
        tuple(prefixes),
        os.path.abspath(path),
        runner,
    )


def _is_script(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(2) == b"#!"
    except OSError:  # it may be run, but not read
        return False


def candidates(*, others: bool = False) -> list[str]:
    """Return the paths of all that may be a Python on this machine, 2 and 3, also what does not
    start; each program once. With ``others`` also Pyodide, which takes seconds to answer.
    """
    paths = [sys.executable]
    for folder in os.get_exec_path():
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        paths += [os.path.join(folder, name) for name in sorted(names) if _PYTHON.fullmatch(name)]
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT") or home / ".pyenv")
    for kept in (
        pyenv / "versions",
        home / ".cache" / "pythons",
        home / ".local" / "share" / "uv" / "python",
    ):
        paths += [
            str(path)
            for pattern in (
                "*/bin/python3",
                "*/bin/python3t",
                "*/bin/python2",
                "*/bin/pypy3",
                *(["*/bin/pyodide-python"] if others else []),
            )
            for path in sorted(kept.glob(pattern))
        ]
    first: dict[str, str] = {}
    for path in paths:
        first.setdefault(os.path.realpath(path), path)
    return list(first.values())


# Asked of the interpreter that runs the examples: which of these modules it has, and in which
# version of which distribution.
_VERSIONS = """
import importlib.metadata, importlib.util, json, os, site, sys
names = sys.argv[1:]
owners = importlib.metadata.packages_distributions() if names else {}
found = {}
for name in names:
    try:
        there = importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        there = False
    found[name] = sorted(f"{d} {importlib.metadata.version(d)}" for d in set(owners.get(name, ()))) if there else None
folders = [os.path.abspath(folder) for folder in [*sys.path, site.getusersitepackages()]]
print(json.dumps({"versions": found, "folders": folders}))
"""


@dataclass(frozen=True)
class Installed:
    """What an interpreter can import."""

    versions: dict[str, list[str] | None]
    """Module name to its distributions with their versions; None if it cannot be imported."""

    @classmethod
    def ask(cls, python: str, scripts: list[Script], *, kept: Path | None = None) -> Installed:
        """Ask an interpreter about everything that scripts import or declare to need.

        Parameters
        ----------
        python
            Path of the interpreter.
        scripts
            What is to run in it.
        kept
            File that keeps the answer. It holds until the interpreter, the question, the
            environment, or a folder that is searched for modules has changed: what is installed or
            removed there changes the folder's time.

        """
        names = {name for script in scripts for name in imported(script.source)[0]}
        names |= {
            need
            for script in scripts
            for need in script.declared.needs
            if need not in PLATFORM_NEEDS and not python_bound(need)
        }
        names = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
        if not names:
            return cls({})
        environment = sorted(item for item in os.environ.items() if item[0].startswith("PYTHON"))
        question = repr([_VERSIONS, sorted(names), environment, os.getcwd()])
        if kept and (versions := _still_true(kept, python, question)) is not None:
            return cls(versions)
        import json
        import subprocess

        done = subprocess.run(
            [python, "-c", _VERSIONS, *sorted(names)],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        answer = json.loads(done.stdout)
        if kept:
            state = [[place, _changed(place)] for place in (python, *answer["folders"])]
            data = {"question": question, "state": state, "versions": answer["versions"]}
            with contextlib.suppress(OSError):  # then it is asked again
                kept.parent.mkdir(parents=True, exist_ok=True)
                new = kept.with_suffix(f".{os.getpid()}.new")
                new.write_text(json.dumps(data), encoding="utf-8")
                new.replace(kept)
        return cls(answer["versions"])

    def missing(self, script: Script, python: Probe) -> list[str]:
        """Return what a script declares to need and does not find, in words."""
        lacking = []
        for need in script.declared.needs:
            bound = python_bound(need)
            if need in PLATFORM_NEEDS:
                platform, name = PLATFORM_NEEDS[need]
                if python.interpreter.platform != platform:
                    lacking.append(name)
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


def _changed(place: str) -> int:
    """Return when a file or folder was changed, in nanoseconds; 0 if it is not there."""
    try:
        return os.stat(place).st_mtime_ns
    except OSError:
        return 0


def _still_true(kept: Path, python: str, question: str) -> dict[str, list[str] | None] | None:
    """Return a kept answer; None if there is none that still holds."""
    import json

    try:
        data = json.loads(kept.read_bytes())
        state = data["state"]
        if data["question"] != question or state[0][0] != python:
            return None
        if any(_changed(place) != before for place, before in state):
            return None
        versions = {str(name): found for name, found in data["versions"].items()}
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    for found in versions.values():
        if found is not None and not (
            isinstance(found, list) and all(isinstance(word, str) for word in found)
        ):
            return None
    return versions


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
        from .model import Interpreter

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
        from .model import numbers

        return numbers(self.interpreter.version)


def look_at(paths: Sequence[str]) -> list[Python]:
    """Look at interpreters that are named; one that cannot be used is among them."""
    found = []
    for path in paths:
        try:
            found.append(Python(path, probe(path)))
        except InterpreterError as error:
            found.append(Python(path, None, str(error)))
    return found


def find_pythons(*, others: bool = False, releases: bool = False) -> list[Python]:
    """Return the interpreters of this machine, oldest first: one of each minor version of CPython,
    the newest, which a page has a column for, and a test a parameter.

    Looked at are this interpreter, what the ``PATH`` has, and what pyenv, uv and this project's own
    download keep in the home folder. Of two of the same version the first of these is taken. One
    that does not start is among them if it would be the only one of its X.Y.

    Parameters
    ----------
    others
        Also the newest of each minor version of other implementations, of free-threaded builds, and
        of Pyodide.
    releases
        Each patch release, not the newest alone.
    """
    from .model import file_name

    found: dict[str, Python] = {}
    for python in look_at(candidates(others=others)):
        about = python.interpreter
        usual = about.implementation == "CPython" and about.gil and not about.run_by
        if not (usual or others or python.path == sys.executable):
            continue
        key = file_name(about, release=releases)
        other = found.get(key)
        if other is None or (python.probe and (not other.probe or python.version > other.version)):
            found[key] = python
    # A shim of a version manager, or a python3 without a number: no version that could be missed.
    return sorted(
        (p for p in found.values() if p.probe or p.version),
        key=lambda p: (
            p.interpreter.implementation != "CPython",
            bool(p.interpreter.run_by),
            p.version,
            not p.interpreter.gil,
        ),
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


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
