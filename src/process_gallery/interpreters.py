"""Learn what an interpreter is, by asking it."""

from __future__ import annotations

import ast
import functools
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .record import Interpreter

HOOKS = Path(__file__).parent / "_child" / "site"
"""Folder that is put on the ``PYTHONPATH`` of an example."""
RUNNER = Path(__file__).parent / "_child" / "cell_runner.py"

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
print(repr((tuple(sys.version_info[:3]), platform.python_version(), platform.python_implementation(), sys.platform, platform.machine(),
            method, bool(gil), prefixes, runner)))
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
    """Absolute path of the executable."""
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
        raise InterpreterError(f"{python}: no such interpreter; give the path of a Python, such as {sys.executable}")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        done = subprocess.run([path, "-c", _QUESTION, str(RUNNER), str(HOOKS / "sitecustomize.py")], capture_output=True, text=True, timeout=30, env=kept, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise InterpreterError(f"{python}: did not answer within 30 seconds") from None
    except OSError as error:
        raise InterpreterError(f"{python}: cannot be started: {error.strerror}") from error
    try:
        info, version, implementation, system, machine, method, gil, prefixes, runner = ast.literal_eval(done.stdout.strip())
    except (ValueError, SyntaxError):
        raise InterpreterError(f"{python}: does not answer as a Python does (exit code {done.returncode}): {done.stderr.strip()[-300:]}") from None
    return Probe(Interpreter(version, implementation, system, machine, method, gil), info, tuple(prefixes), os.path.abspath(path), runner)
