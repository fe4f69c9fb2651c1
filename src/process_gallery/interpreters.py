"""Learn what an interpreter is, by asking it."""

from __future__ import annotations

import ast
import functools
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .record import Interpreter

HOOKS = Path(__file__).parent / "_child" / "site"
"""Folder that is put on the ``PYTHONPATH`` of an example."""
RUNNER = Path(__file__).parent / "_child" / "cell_runner.py"

_PYTHON = re.compile(r"python[23](\.\d+t?)?")

# Works on Python 2.7 and 3.x; prints a literal, which is read without being executed.
_QUESTION = """
import os, platform, sys
try:
    import multiprocessing
    method = multiprocessing.get_start_method()
except AttributeError:
    method = "spawn" if sys.platform == "win32" else "fork"
except ImportError:
    method = ""
runner = sys.argv[1]
if sys.version_info >= (3, 11):  # byte code, made once: compiling costs each example 7 ms
    import py_compile
    try:
        py_compile.compile(sys.argv[2], doraise=True)
        runner = py_compile.compile(runner, doraise=True)
    except (OSError, py_compile.PyCompileError):  # installed where nobody may write
        pass
prefixes = sorted({sys.prefix, getattr(sys, "base_prefix", sys.prefix), os.path.realpath(sys.prefix)})
gil = getattr(sys, "_is_gil_enabled", lambda: True)()
print(repr((tuple(sys.version_info[:3]), platform.python_version(), platform.python_implementation(),
            "linux" if sys.platform.startswith("linux") else sys.platform, platform.machine(),
            method, bool(gil), prefixes, runner, sys.executable or "")))
"""


class InterpreterError(Exception):
    """An interpreter cannot be used; the message names it and the reason."""


@dataclass(frozen=True)
class Probe:
    """An interpreter's answers."""

    interpreter: Interpreter
    version_info: tuple[int, ...]
    prefixes: tuple[str, ...]
    """Folders that it is installed in."""
    path: str
    """Absolute path of the executable; of what it starts, if it is a script that starts an
    interpreter.
    """
    runner: str
    """The cell runner, as byte code of this version where that could be written."""


@functools.cache
def probe(python: str) -> Probe:
    """Ask an interpreter what it is; once in the life of this process.

    Raises
    ------
    InterpreterError
        If it is not there, does not start, or does not answer within 30 seconds.
    """
    path = shutil.which(python)
    if path is None:
        raise InterpreterError(
            f"{python}: no such interpreter; give the path of a Python, such as {sys.executable}"
        )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION, str(RUNNER), str(HOOKS / "sitecustomize.py")],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, text=True, errors="replace", timeout=30, env=kept,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InterpreterError(f"{python}: did not answer within 30 seconds") from None
    except OSError as error:
        raise InterpreterError(f"{python}: cannot be started: {error.strerror}") from error
    try:
        (
            info,
            version,
            implementation,
            system,
            machine,
            method,
            gil,
            prefixes,
            runner,
            executable,
        ) = ast.literal_eval(done.stdout.strip())
    except (ValueError, SyntaxError):
        said = f"exit code {done.returncode}: {done.stderr.strip()[-300:]}"
        raise InterpreterError(f"{python}: does not answer as a Python does ({said})") from None
    if executable and _is_script(path):  # such as pyenv's: its shells would be in every record
        path = executable
    return Probe(
        Interpreter(version, implementation, system, machine, method, gil),
        info,
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


def find_pythons() -> list[str]:
    """Return the Pythons 3 of this machine, oldest first: one for each version, implementation and
    kind of build.

    Looked at are this interpreter, ``python3`` and ``python3.N`` on the ``PATH``, and what pyenv,
    uv and this project's own download keep in the home folder. Of two of a version this interpreter
    goes first, then the ``PATH``.
    """
    found: dict[tuple[object, ...], str] = {}
    for path in candidates():
        try:
            answer = probe(path)
        except InterpreterError:  # a pyenv shim without its version, a broken installation
            continue
        if answer.version_info >= (3,):
            found.setdefault(
                (
                    answer.version_info,
                    answer.interpreter.implementation,
                    not answer.interpreter.gil,
                ),
                answer.path,
            )
    return [found[key] for key in sorted(found)]


def candidates() -> list[str]:
    """Return the paths of all that may be a Python on this machine, 2 and 3, also what does not
    start; each program once.
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
            for pattern in ("*/bin/python3", "*/bin/python2")
            for path in sorted(kept.glob(pattern))
        ]
    first: dict[str, str] = {}
    for path in paths:
        first.setdefault(os.path.realpath(path), path)
    return list(first.values())
