"""What the control for a reader's own Python offers and says: from the names of records, and from what they say."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest

from process_gallery import Cell, Interpreter, Piece, Record
from process_gallery.sphinxext import VersionRun

EXTENSIONS = Path(__file__).parents[1] / "docs/_extensions"
PAGE = """# A page

```{version_table} matrix/default_method
:pick: "^default: (.*)$"

darwin 2.7-3.7: fork <https://docs.python.org/3.7/>
darwin 3.8-: spawn <https://docs.python.org/3.8/>
```

```{version_table} matrix/default_method

win32 3.4-: of another table <https://docs.python.org/3/>
```
"""


@pytest.fixture
def my_python(monkeypatch):
    pytest.importorskip("sphinx", reason="the pages' dependencies are not installed")
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module("my_python")


@pytest.fixture
def documented(my_python, tmp_path):
    (tmp_path / "page.md").write_text(PAGE)
    return my_python.documented_on(tmp_path / "page.md")


def a_run(version, text, *, platform="linux", implementation="CPython", gil=True, release=False):
    interpreter = Interpreter(version, implementation, platform, "x86_64", "fork", gil)
    cells = [Cell(1, 1, output=[Piece(0.0, None, text)])]
    record = Record("matrix/a.py", "", interpreter, "ok", "ok", 0, 1.0, 1, cells, [])
    return VersionRun(record, release=release)


def words(my_python, key, documented=(), **scripts):
    """Return the essentials of one Python as text, by runs of scripts."""
    matrices = {f"matrix/{name}": SimpleNamespace(runs=runs) for name, runs in scripts.items()}
    build = SimpleNamespace(matrices=matrices, examples={})
    if alone := scripts.pop("in_the_browser", None):
        matrices.pop("matrix/in_the_browser")
        build.examples["platforms/in_the_browser.py"] = SimpleNamespace(record=alone[0].record)
    keys = dict.fromkeys([key, *(run.key for runs in scripts.values() for run in runs)])
    known = [my_python.Known(build, one, documented) for one in keys]
    return "".join(node.astext() for node in my_python.as_nodes(known[0], my_python.essentials(known[0], known)))  # fmt: skip


def test_each_python_that_was_recorded_is_offered(my_python, tmp_path):
    for name in (
        "cpython-3.9-linux",
        "cpython-3.13-linux",
        "cpython-3.13.5-linux",
        "cpython-3.13t-linux",
        "pypy-3.11.17-linux",
        "cpython-3.12-win32",
        "cpython-3.13-emscripten",
    ):
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{name}.json").touch()
    assert my_python.choices(tmp_path) == [
        ("CPython on Linux", [("cpython-3.13-linux", "3.13"), ("cpython-3.9-linux", "3.9")]),
        ("CPython, free-threaded, on Linux", [("cpython-3.13t-linux", "3.13t")]),
        ("CPython on Windows", [("cpython-3.12-win32", "3.12 on Windows")]),
        ("CPython in Pyodide", [("cpython-3.13-emscripten", "3.13 in Pyodide")]),
        ("PyPy on Linux", [("pypy-3.11-linux", "PyPy 3.11")]),
    ]
    short = my_python.short(my_python.choices(tmp_path)).split(";")
    assert short[0] == "CPython on Linux|cpython-%-linux|%|3.13 3.9"
    assert short[1:3] == [
        "CPython, free-threaded, on Linux|cpython-%-linux|%|3.13t",
        "CPython on Windows|cpython-%-win32|% on Windows|3.12",
    ]


def test_where_nothing_could_be_run_what_is_documented_is_offered(my_python, documented, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "cpython-3.7-linux.json").touch()
    assert dict(my_python.choices(tmp_path, documented)) == {
        "CPython on Linux": [("cpython-3.7-linux", "3.7")],
        "CPython on macOS": [("cpython-3.7-darwin", "3.7 on macOS")],
    }
    said = words(my_python, "cpython-3.7-darwin", documented)
    assert said == "3.7 on macOS: fork by default, as CPython documents; not run for this site."  # fmt: skip


def test_where_no_process_can_start_it_is_said(my_python):
    default = [a_run("3.14.2", "default: forkserver\n", platform="emscripten")]
    start = [a_run("3.14.2", "Process.start(): ModuleNotFoundError: x\n", platform="emscripten")]
    said = words(my_python, default[0].key, default_method=default, in_the_browser=start)
    assert said == "3.14 in Pyodide: forkserver by default, but start() ends in ModuleNotFoundError: x; more: In the browser."  # fmt: skip


def test_the_words_are_what_the_records_say(my_python):
    def default(version, method):
        return a_run(version, f"available, default first: {method}, spawn\ndefault: {method}\n")

    methods = [default("3.8.1", "fork"), default("3.9.1", "fork"), default("3.10.0", "forkserver")]
    assert words(my_python, "cpython-3.8-linux", default_method=methods) == (
        "3.8 on Linux: fork by default (forkserver from 3.10 on: what that will break)."
    )
    quiet = a_run("3.10.0", "os.fork() in the main program: nothing\n")
    warns = a_run("3.10.0", "os.fork() in the main program: DeprecationWarning: threads\n")
    here = "3.10 on Linux: forkserver by default (fork up to 3.9: what the change breaks); "
    for run, said in ((quiet, "says nothing"), (warns, "warns")):
        assert words(my_python, "cpython-3.10-linux", default_method=methods, fork_warnings=[run]) == (
            f"{here}{said} when a program with threads forks."
        )  # fmt: skip
    more = {
        "missing_guard": [a_run("3.10.0", "forkserver, errors: EOFError: x; RuntimeError\n")],
        "lock_at_fork": [a_run("3.10.0", "threading.Lock: 3 of 7 children hang\n")],
        "history_runs": [
            a_run("3.10.0", "server-imports-main: no\n", release=True),
            a_run("3.10.4", "server-imports-main: yes\n", release=True),
        ],
    }
    assert words(my_python, "cpython-3.10-linux", default_method=methods, **more) == (
        f"{here}a program without a main guard ends in EOFError and RuntimeError; "
        "a lock that another thread holds at a fork hung 3 of 7 children; "
        "the fork server imports your main file (seen in 3.10.4, not in 3.10.0)."
    )


def test_other_builds_and_implementations_are_named(my_python):
    runs = [
        a_run("3.13.5", "default: fork\n", gil=False),
        a_run("3.14.0", "default: forkserver\n"),
        a_run("3.11.17", "default: fork\n", implementation="PyPy"),
        a_run("3.13.0", "available, default first: spawn\ndefault: spawn\n", platform="win32"),
    ]
    said = [words(my_python, run.key, default_method=runs) for run in runs]
    assert said == [
        "3.13t on Linux: fork by default.",  # 3.14 is of another build
        "3.14 on Linux: forkserver by default.",
        "PyPy 3.11 on Linux: fork by default.",
        "3.13 on Windows: spawn, no other method; more: On Windows.",
    ]


@pytest.mark.parametrize(
    ("text", "version", "meant"),
    [
        ("2.6 to 3.3", (3, 3), True),
        ("3.4 to 3.7", (3, 8), False),
        ("from 3.14", (3, 15), True),
        ("from 3.14.9 and 3.15.1", (3, 14), True),
        ("from 3.14.9 and 3.15.1", (3, 13), False),
        ("3.9", (3, 9), True),
        ("3.9", (3, 10), False),
        ("none", (3, 10), False),
    ],
)
def test_ranges_that_were_written_by_hand(my_python, text, version, meant):
    assert my_python._means(text, version) is meant
