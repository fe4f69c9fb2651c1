"""Split an example into its cells, and read what it declares about itself.

The rules are those of sphinx-gallery's ``py_source_parser`` (module docstring first, then ``# %%``
or a line of 20 or more ``#`` starts a text cell, everything else is code), so that a cell of a
record and a cell of the page are the same lines. The site's tests compare the two on every example.
"""

from __future__ import annotations

import ast
import functools
import io
import os
import re
import stat
import tokenize
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from .errors import ExampleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Literal

    Cwd = Literal["empty", "script"]
    """Where an example runs: in an empty folder, or in the script's own, beside its data."""

_CELL = re.compile(r"(?P<header>^#{20,}.*|^# ?%%.*)\s(?P<text>(?:^#.*\s?)*)", re.MULTILINE)
_CONFIG = re.compile(
    r"^[ \t]*#\s*sphinx_gallery_([A-Za-z0-9_]+)[ \t]*=[ \t]*(.+?)[ \t]*$", re.MULTILINE
)
_DEFER = re.compile(r"^[ \t]*#\s*sphinx_gallery_defer_figures[ \t]*$", re.MULTILINE)
_NEED = re.compile(r"python\s*(>=|<)\s*(\d+)\.(\d+)(?:\.(\d+))?|[A-Za-z_][\w.]*")
_EXPECTED = re.compile(
    r"ok|timeout|exception(?: [^\W\d]\w*)?|exit [1-9][0-9]{0,2}|signal (?P<signal>\w+)"
)

_LARGEST = 16 << 20
"""Bytes of a script. Python's own longest module has less than one million."""

PLATFORM_NEEDS = {
    "linux": ("linux", "Linux"),
    "windows": ("win32", "Windows"),
    "pyodide": ("emscripten", "Pyodide"),
}
"""What ``sphinx_gallery_needs`` calls a platform, ``sys.platform`` there, and what a reader calls it."""
START_METHODS = ("fork", "spawn", "forkserver")
"""Those of multiprocessing, in the order in which they are shown."""

DEFAULT_TIMEOUT = 30.0
"""Seconds an example may take unless it declares ``sphinx_gallery_timeout``."""


@dataclass(frozen=True)
class Declared:
    """What an example says about itself in ``# sphinx_gallery_...`` comments."""

    expected: str = "ok"
    """Expected outcome: ``ok``, ``exception [NAME]``, ``exit N``, ``signal NAME`` or ``timeout``.
    """
    timeout: float = DEFAULT_TIMEOUT
    """Seconds until the watchdog ends the example; 0: it does not."""
    alone: bool = False
    """True if nothing else may run beside it (``sphinx_gallery_parallel = False``)."""
    needs: tuple[str, ...] = ()
    """Importable modules, ``python>=X.Y`` bounds and ``linux``, ``windows`` or ``pyodide`` without
    which the example cannot show anything.
    """
    leaves: tuple[str, ...] = ()
    """Names of processes that it leaves behind on purpose."""
    tags: tuple[str, ...] = ()
    """Words that a reader can filter the gallery by."""
    memory: int | None = None
    """Limit of each process's address space, in MiB."""
    launcher: tuple[str, ...] = ()
    """The words of a command that starts its interpreter, such as ``mpirun -n 4``."""
    python: str = ""
    """The interpreter that runs it, as it is declared; empty for the gallery's."""
    every_release: bool = False
    """True if a matrix keeps a record for each patch release, not one for each minor version
    (``sphinx_gallery_every_release = True``).
    """
    by_hand: str = field(default="", repr=False)  # records are known by the rest of it
    """Why no build runs it, in words for readers, such as "it needs root"; empty if builds do. Then
    the pages show a committed record.
    """
    start_methods: tuple[tuple[str, tuple[str, ...]], ...] = field(default=(), repr=False)
    """Start methods that it is recorded under, too, each with the outcomes that it may have then
    (``sphinx_gallery_start_methods``).
    """
    files: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Constants at the top level whose text the example writes to a file and runs, each with the
    name that the page shows it under (``sphinx_gallery_files``).
    """

    def expects(self, arguments: Sequence[str], default_start_method: str) -> tuple[str, ...]:
        """Return the outcomes that a run may have: under the start method that is its argument,
        without one under the interpreter's own.
        """
        method = arguments[0] if arguments else default_start_method
        return dict(self.start_methods).get(method, (self.expected,))


@dataclass(frozen=True)
class Script:
    """An example's source: where its code cells are and what it declares."""

    path: Path
    source: bytes = field(repr=False)
    cells: tuple[tuple[int, int], ...]
    """First and last line of each code cell, counted from 1, both included."""
    declared: Declared

    @property
    def text(self) -> str:
        """The source, decoded as the interpreter does, with newlines normalised."""
        return decode(self.source)

    @property
    def python(self) -> str:
        """The interpreter that it declares: a name that the ``PATH`` has, or a path; empty if none."""
        declared = self.declared.python
        if "/" not in declared:
            return declared
        return os.path.abspath(self.path.parent / os.path.expanduser(declared))

    @property
    def deferred(self) -> tuple[int, ...]:
        """Numbers, from 0, of the cells whose figures are those of the next cell (``#
        sphinx_gallery_defer_figures``).
        """
        lines = self.text.split("\n")
        return tuple(
            n
            for n, (first, last) in enumerate(self.cells)
            if _DEFER.search("\n".join(lines[first - 1 : last]))
        )


def read_script(path: str | os.PathLike[str], *, timeout: float = DEFAULT_TIMEOUT) -> Script:
    """Read an example.

    Parameters
    ----------
    path
        The script.
    timeout
        Seconds it may take, unless it declares how many; 0 means no limit.

    Raises
    ------
    ExampleError
        If the file cannot be read, or declares something that is not understood.
    """
    path = Path(path)
    source = _read(path)
    text = decode(source)
    start = docstring_end(text)
    return Script(
        path,
        source,
        tuple(split(text, start)),
        declarations(path, _after(text, start), timeout=timeout),
    )


def _read(path: Path) -> bytes:
    """Return a file's bytes; not of what would never end, as a pipe does not."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise ExampleError(f"{path}: is a folder; name a Python script")
        if not stat.S_ISREG(status.st_mode):
            raise ExampleError(f"{path}: is a pipe or a device, not a file; name a Python script")
        if status.st_size > _LARGEST:
            raise ExampleError(
                f"{path}: has {status.st_size:,} bytes, more than any script; at most {_LARGEST:,} are read"
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null in its name
        problem = getattr(error, "strerror", None) or error
        raise ExampleError(
            f"{path}: cannot be read: {problem}; check the name and the file's permissions"
        ) from error


def decode(source: bytes) -> str:
    """Decode Python source as the interpreter does (PEP 263, BOM), newlines normalised; never
    fails.
    """
    try:
        encoding = tokenize.detect_encoding(io.BytesIO(source).readline)[0]
        text = source.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = source.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def docstring_end(text: str) -> int:
    """Return the line on which the module docstring ends, 0 if there is none (or if this Python
    cannot parse the text).
    """
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    first = body[0].value if body and isinstance(body[0], ast.Expr) else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return 0
    for token in tokenize.generate_tokens(
        io.StringIO(text).readline
    ):  # as sphinx-gallery: of "one" "two", the first string only
        if token.type == tokenize.STRING:
            return token.end[0]
    return 0


def split(text: str, docstring: int) -> list[tuple[int, int]]:
    """Return the line ranges of the code cells that follow line ``docstring``."""
    rest = _after(text, docstring)
    line = docstring + 1
    cells: list[tuple[int, int]] = []

    def add(code: str) -> None:
        if code.strip():
            cells.append((line, line + code.rstrip().count("\n")))

    position = 0
    for match in _CELL.finditer(rest):
        code = rest[position : match.start()]
        add(code)
        line += code.count("\n") + 1 + match["text"].count("\n")
        position = match.end()
    add(rest[position:])
    return cells


def _after(text: str, line: int) -> str:
    return "\n".join(text.split("\n")[line:])


def declarations(path: Path, text: str, *, timeout: float = DEFAULT_TIMEOUT) -> Declared:
    """Read the ``# sphinx_gallery_<name> = <value>`` comments that process_gallery understands.

    Raises
    ------
    ExampleError
        If a value is not a Python literal of the kind that the setting takes.
    """
    values: dict[str, Any] = {}
    for name, literal in _CONFIG.findall(text):
        try:
            values[name] = ast.literal_eval(literal)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise ExampleError(
                f"{path}: sphinx_gallery_{name} = {literal:.200}: not a Python literal; write a string, number or list"
            ) from None

    def take(name: str, default: Any, kind: type | tuple[type, ...], remedy: str) -> Any:
        value = values.get(name, default)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ExampleError(f"{path}: sphinx_gallery_{name} = {value!r}: {remedy}")
        return value

    def words(name: str) -> tuple[str, ...]:
        value = take(name, [], (list, tuple), 'write a list of strings, such as ["numpy"]')
        if not all(isinstance(word, str) for word in value):
            raise ExampleError(
                f"{path}: sphinx_gallery_{name} = {value!r}: every entry must be a string"
            )
        return tuple(value)

    expected = take("expected_outcome", "ok", str, 'write a string, such as "exit 3"')
    try:
        check_expected(expected)
    except ValueError as error:
        raise ExampleError(f"{path}: sphinx_gallery_expected_outcome: {error}") from None
    timeout = take("timeout", timeout, (int, float), "write a number of seconds greater than 0")
    if "timeout" in values and not 0 < timeout < float("inf"):
        raise ExampleError(
            f"{path}: sphinx_gallery_timeout = {timeout!r}: write a number of seconds greater than 0"
        )
    memory = values.get("memory")
    if memory is not None and (
        not isinstance(memory, int) or isinstance(memory, bool) or memory <= 0
    ):
        raise ExampleError(
            f"{path}: sphinx_gallery_memory = {memory!r}: write a number of MiB greater than 0"
        )
    launcher = take("launcher", "", str, 'write a command, such as "mpirun -n 4"')
    try:
        launcher = tuple(_words_of(launcher))
    except ValueError as error:
        raise ExampleError(
            f"{path}: sphinx_gallery_launcher = {launcher!r}: {error}; write a command as in a shell"
        ) from None
    needs = words("needs")
    for need in needs:
        if not _NEED.fullmatch(need):
            raise ExampleError(
                f'{path}: sphinx_gallery_needs: {need!r} is neither a module, "linux", "windows" or "pyodide", nor a bound like "python>=3.14"'
            )
    return Declared(
        expected=expected,
        timeout=float(timeout),
        alone=not take("parallel", True, bool, "write True or False"),
        needs=needs,
        leaves=words("leaves"),
        tags=words("tags"),
        memory=memory,
        launcher=launcher,
        python=take("python", "", str, 'write a name or a path, such as "python3.14"'),
        every_release=take("every_release", False, bool, "write True or False"),
        by_hand=take("by_hand", "", str, 'write why, such as "it needs root"').strip(),
        files=_files(path, values.get("files", {})),
        start_methods=_start_methods(path, values.get("start_methods", []), expected),
    )


def _words_of(command: str) -> list[str]:
    if not command:
        return []
    import shlex  # few examples have a launcher

    return shlex.split(command)


def _files(path: Path, value: Any) -> tuple[tuple[str, str], ...]:
    """Read which constants are files: ``{"PROGRAM": "program.py"}``."""
    if not isinstance(value, dict) or not all(
        isinstance(constant, str)
        and constant.isidentifier()
        and isinstance(name, str)
        and re.fullmatch(r"\w[\w.-]*", name)
        for constant, name in value.items()
    ):
        raise ExampleError(
            f'{path}: sphinx_gallery_files = {value!r:.200}: write which constant is the text of which file, such as {{"PROGRAM": "program.py"}}'
        )
    return tuple(value.items())


def _start_methods(
    path: Path, value: Any, expected: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read start methods: a list of them, or the outcome of each, or several that it may have.

    Not an environment variable, and not set_start_method() from the recorder: either would change
    what the example finds (a method that is set already, a default that its Python does not have),
    and no reader could do the same. The method is the example's argument: the example hands it to
    multiprocessing in a line that the page shows, and ``python example.py spawn`` is that run.
    """
    if isinstance(value, (list, tuple)):
        value = dict.fromkeys(value, expected) if all(isinstance(v, str) for v in value) else None
    remedy = 'write a list such as ["fork", "spawn"], or the outcome of each, such as {"fork": "timeout", "spawn": "ok"}'
    if not isinstance(value, dict) or not set(value) <= set(START_METHODS):
        raise ExampleError(f"{path}: sphinx_gallery_start_methods = {value!r:.200}: {remedy}")
    result = []
    for method in sorted(value, key=START_METHODS.index):
        outcomes = value[method]
        outcomes = (outcomes,) if isinstance(outcomes, str) else outcomes
        if not isinstance(outcomes, (list, tuple)) or not outcomes:
            raise ExampleError(f"{path}: sphinx_gallery_start_methods: {method}: {remedy}")
        for outcome in outcomes:
            try:
                check_expected(outcome if isinstance(outcome, str) else repr(outcome))
            except ValueError as error:
                raise ExampleError(
                    f"{path}: sphinx_gallery_start_methods: {method}: {error}"
                ) from None
        result.append((method, tuple(outcomes)))
    return tuple(result)


def check_expected(expected: str) -> None:
    """Check the grammar of an expected outcome.

    Raises
    ------
    ValueError
        If it is not one of the five forms.

    >>> check_expected("exit 3")
    >>> check_expected("exit three")
    Traceback (most recent call last):
    ...
    ValueError: 'exit three' is not one of: ok, exception [NAME], exit N, signal NAME, timeout
    """
    match = _EXPECTED.fullmatch(expected)
    if not match or (match["signal"] and not _is_signal(match["signal"])):
        raise ValueError(
            f"{expected!r} is not one of: ok, exception [NAME], exit N, signal NAME, timeout"
        )


def _is_signal(name: str) -> bool:
    import signal  # few examples name one

    return name in signal.Signals.__members__


def python_bound(need: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the operator and version of a ``python>=X.Y`` need, None if it is a need of another
    kind.

    >>> python_bound("python>=3.14")
    ('>=', (3, 14))
    >>> python_bound("numpy") is None
    True
    """
    match = _NEED.fullmatch(need)
    if not match or not match[1]:
        return None
    return match[1], tuple(int(part) for part in match.groups()[1:] if part)


@functools.cache  # a script is asked about when its key is made, and for what is installed
def imported(source: bytes) -> tuple[set[str], set[str]]:
    """Return the names of the modules that a source imports: absolute ones, and ``from .x`` ones;
    none if this Python cannot parse it.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last two: too deep
        return set(), set()
    absolute: set[str] = set()
    relative: set[str] = set()
    queue: list[ast.AST] = [tree]
    while queue:
        node = queue.pop()
        if isinstance(node, ast.Import):
            absolute.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            target = relative if node.level else absolute
            target.add(node.module or "")
        for name in _BLOCKS:  # no expression has an import in it
            queue.extend(getattr(node, name, ()))
    return absolute, relative


_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""Where a statement has others."""


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


def contents(folder: Path) -> list[str]:
    """Return the scripts that a gallery's ``contents.txt`` lists, in its order; nothing if there is
    no such file.

    Each line is a path below the folder; empty lines and those that begin with ``#`` say nothing.

    Raises
    ------
    ExampleError
        If the file is not UTF-8, or a line is not the path of a script below the folder.
    """
    path = folder / "contents.txt"
    if not os.path.lexists(path):
        return []
    try:
        text = _read(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ExampleError(f"{path}: is not UTF-8 ({error}); save it as UTF-8") from None
    names = []
    for number, line in enumerate(text.splitlines(), 1):
        name = line.strip()
        if not name or name.startswith("#"):
            continue
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not (folder / place).is_file():
            raise ExampleError(
                f"{path}, line {number}: {name!r:.200} is not a script below {folder}; correct or remove the line"
            )
        names.append(name)
    return names
