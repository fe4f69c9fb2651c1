"""Scripts on many interpreters: recording them, keeping the records, and showing them by version."""

from __future__ import annotations

import dataclasses
import functools
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from warm_sphinx import sphinx

from process_gallery import interpreters, matrix, model, store
from process_gallery.cli import main
from process_gallery.interpreters import HOOKS
from process_gallery.model import Cell, Interpreter, Piece, Record
from process_gallery.script import read_script
from process_gallery.sphinxext import comparison

SCRIPT = """# Which Python is this?
from __future__ import print_function

import os
import sys

if __name__ == "__main__":
    print("pid", os.getpid(), "object", object())
    print("hung: %d of 10000" % (1 + os.getpid() % 9999))
    print("major: %d" % sys.version_info[0])
    print("version: %d.%d" % sys.version_info[:2])
"""


@functools.cache
def pythons() -> list[interpreters.Python]:
    return [python for python in interpreters.find_pythons() if python.probe]


def other() -> str:
    """Return an interpreter of another version than this one."""
    for python in pythons():
        if python.version[:2] != sys.version_info[:2]:
            return python.path
    pytest.skip("there is one Python only on this machine")


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "matrix" / "which.py"
    path.parent.mkdir()
    path.write_text(SCRIPT)
    return path


def run(script: Path, records: Path, *names: str, options: tuple[str, ...] = ()) -> int:
    return main(["matrix", str(script), "--records", str(records), "--pythons", *names, *options])


def test_two_interpreters_and_then_nothing_new(script: Path, tmp_path: Path, capsys) -> None:
    second = other()
    records = tmp_path / "records"
    assert run(script, records, sys.executable, second) == 0
    assert "2 new, 0 changed" in capsys.readouterr().out
    files = sorted((records / "matrix" / "which").iterdir())
    assert len(files) == 2
    assert f"cpython-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}.json" in [
        path.name for path in files
    ]
    before = {path: path.read_bytes() for path in files}
    for path in files:
        record = Record.from_json(path.read_bytes())
        assert record.script == "matrix/which.py"
        assert record.outcome == "ok"
        assert record.cores >= 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", record.date)
        assert f"cpython-{model.version_label(record.interpreter)}-" in path.name
        assert f"version: {model.version_label(record.interpreter)}" in record.text()
        assert record.whole == (model.numbers(record.interpreter.version) < (3, 11))
    assert run(script, records, sys.executable, second) == 0
    assert "0 new, 0 changed, 2 as before" in capsys.readouterr().out
    assert {
        path: path.read_bytes() for path in files
    } == before  # though the pids and addresses differ

    script.write_text(SCRIPT + "    print('more')\n")
    assert run(script, records, sys.executable, second) == 0
    assert "2 changed" in capsys.readouterr().out


@pytest.mark.parametrize("version", ["2.7", "3.6", "3.7"])
def test_old_interpreters_run_the_script_as_a_whole(
    script: Path, tmp_path: Path, version: str
) -> None:
    found = [
        python.path for python in pythons() if model.version_label(python.interpreter) == version
    ]
    if not found:
        pytest.skip(f"there is no Python {version} on this machine")
    assert run(script, tmp_path / "records", found[0]) == 0
    (path,) = tmp_path.glob("records/matrix/which/*.json")
    record = Record.from_json(path.read_bytes())
    assert path.name == f"cpython-{version}-linux.json"
    assert record.whole
    assert record.outcome == "ok"
    assert f"version: {version}\n" in record.text()
    # As on a terminal, a line does not wait for the next.
    script.write_text("import time\nprint('first')\ntime.sleep(0.3)\nprint('second')\n")
    assert run(script, tmp_path / "records", found[0]) == 0
    assert [piece.text for piece in Record.from_json(path.read_bytes()).pieces()] == [
        "first\n",
        "second\n",
    ]
    # The hooks do no harm where nobody listens.
    for variable in ({}, {"PROCESS_GALLERY": "/nowhere:1"}):
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(HOOKS),
            "PYTHONDONTWRITEBYTECODE": "1",
            **variable,
        }
        done = subprocess.run(
            [found[0], "-c", "print(1)"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr, done.returncode) == ("1\n", "", 0)


def test_a_broken_interpreter_is_a_row(script: Path, tmp_path: Path, capsys) -> None:
    broken = tmp_path / "3.5.9" / "bin" / "python"
    broken.parent.mkdir(parents=True)
    broken.write_text("#!/bin/sh\necho no libpython >&2\nexit 127\n")
    broken.chmod(0o755)
    assert run(script, tmp_path / "records", sys.executable, str(broken)) == 0
    assert "no libpython" in capsys.readouterr().out
    record = Record.from_json(
        (tmp_path / "records/matrix/which" / f"cpython-3.5-{sys.platform}.json").read_bytes()
    )
    assert record.outcome == "broken"
    assert "no libpython" in record.error
    assert not record.as_expected


def test_a_script_that_fails_is_a_row(tmp_path: Path, capsys) -> None:
    script = tmp_path / "matrix" / "fails.py"
    script.parent.mkdir()
    script.write_text("print('so far')\nraise SystemExit(3)\n")
    assert run(script, tmp_path / "records", sys.executable) == 0
    assert "EXIT 3, expected ok" in capsys.readouterr().out
    (path,) = tmp_path.glob("records/matrix/fails/*.json")
    assert Record.from_json(path.read_bytes()).outcome == "exit 3"


def test_no_interpreter_at_all_is_an_error(script: Path, tmp_path: Path, capsys) -> None:
    assert run(script, tmp_path / "records", "/nowhere/python3.2") == 2
    assert "/nowhere/python3.2" in capsys.readouterr().err
    assert not (tmp_path / "records").exists()


def test_newest_takes_the_newest_that_has_what_is_needed(tmp_path: Path, capsys) -> None:
    folder = tmp_path / "section"
    folder.mkdir()
    for name, need in (("here", "python>=3.11"), ("nowhere", "no_such_module_at_all")):
        (folder / f"{name}.py").write_text(
            f'"""Title\n=====\n"""\n\n# sphinx_gallery_needs = ["{need}"]\n\nprint("hello")\n'
        )
    records = tmp_path / "records"
    older = records / "section" / "here" / "cpython-3.1-linux.json"
    older.parent.mkdir(parents=True)
    older.write_text("{}")
    code = main(
        [
            "matrix",
            *map(str, sorted(folder.iterdir())),
            "--newest",
            "--records",
            str(records),
            "--pythons",
            sys.executable,
        ]
    )
    assert code == 1
    assert (
        "section/nowhere.py: not recorded: no interpreter has no_such_module_at_all"
        in capsys.readouterr().err
    )
    (path,) = records.rglob("*.json")  # the older one is gone
    assert (
        path
        == records
        / "section"
        / "here"
        / f"cpython-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}.json"
    )


def test_where_the_recorder_is_not_at_home(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "Job", functools.partial(matrix.Job, portable=True))
    (row,) = matrix.renew(
        [(read_script(script), *interpreters.look_at([sys.executable]))], script.parent / "records"
    )
    assert isinstance(row, matrix.Row)
    assert (row.record.outcome, row.record.named) == ("ok", False)
    assert f"version: {sys.version_info[0]}.{sys.version_info[1]}\n" in row.record.text()
    assert Record.from_json(row.path.read_bytes()).text() == row.record.text()


# -- folding


def a_run(
    version: str,
    text: str,
    *,
    outcome: str = "ok",
    platform: str = "linux",
    live: bool = False,
    stale: bool = False,
    implementation: str = "CPython",
    gil: bool = True,
    run_by: str = "",
) -> comparison.VersionRun:
    interpreter = Interpreter(version, implementation, platform, "x86_64", "fork", gil, run_by)
    record = Record(
        "matrix/a.py",
        "",
        interpreter,
        "ok",
        outcome,
        0,
        1.0,
        1,
        [Cell(1, 1, output=[Piece(0.0, None, text)])],
        [],
    )
    return comparison.VersionRun(record, live=live, stale=stale)


def test_identical_outputs_are_folded() -> None:
    runs = [
        a_run("2.7.18", "hangs\n"), a_run("3.6.1", "pid=12 at 0x7f00ab\n"), a_run("3.7.2", "pid=345 at 0x1\n", live=True),
        a_run("3.8.0", "pid=6 at 0x2\n"), a_run("3.9.0", "pid=6 at 0x2\n", outcome="exit 1"),
    ]  # fmt: skip
    groups = comparison.fold(runs)
    assert [group.label() for group in groups] == ["2.7", "3.6 to 3.8", "3.9"]
    assert groups[1].best.version == "3.7"  # the one of this build
    assert groups[0].best.version == "2.7"


def test_times_are_folded_unless_they_matter() -> None:
    runs = [a_run("3.13.0", "took 1.5 ms\n"), a_run("3.14.0", "took 20 ms\n")]
    assert len(comparison.fold(runs)) == 1
    assert len(comparison.fold(runs, exact=True)) == 2


def test_a_stale_run_is_not_folded_with_others() -> None:
    assert len(comparison.fold([a_run("3.13.0", "x"), a_run("3.14.0", "x", stale=True)])) == 2


def test_a_range_claims_no_version_that_was_not_run() -> None:
    assert comparison.span(["2.7", "3.6", "3.8", "3.9", "3.10"]) == "2.7, 3.6, 3.8 to 3.10"
    both = [a_run("3.13.0", "x"), a_run("3.14.0", "x"), a_run("3.13.0", "x", platform="darwin")]
    assert comparison.fold(both)[0].label() == "3.13, 3.14"


WINE = {"platform": "win32", "run_by": "Wine 8.0"}
PYODIDE = {"platform": "emscripten", "run_by": "Pyodide 314.0.7, Node.js 20.20.2"}


def test_others_are_named_where_they_say_something_else() -> None:
    runs = [
        a_run("3.11.2", "fork"), a_run("3.13.5", "fork"), a_run("3.14.1", "forkserver"),
        a_run("3.13.5", "fork", gil=False), a_run("3.11.9", "fork", implementation="PyPy"),
        a_run("3.11.7", "spawn", **WINE), a_run("3.13.0", "spawn", **WINE), a_run("3.14.2", "forkserver", **PYODIDE),
    ]  # fmt: skip
    assert [group.label() for group in comparison.fold(runs)] == [
        "3.11, 3.13",
        "3.14",
        "Windows (Wine) 3.11, 3.13",
    ]
    runs[3] = a_run("3.13.5", "hangs", gil=False)
    assert [group.label() for group in comparison.fold(runs)][-2:] == [
        "3.13t",
        "Windows (Wine) 3.11, 3.13",
    ]
    runs[4] = a_run("3.11.9", "forkserver", implementation="PyPy")
    assert comparison.fold(runs)[1].label() == "3.14, PyPy 3.11", "it is not as 3.11 is"


def test_a_run_on_windows_takes_the_place_of_wines_and_keeps_it(
    script: Path, tmp_path: Path
) -> None:
    python = interpreters.Python("python", None)
    said = read_script(script)
    digest = matrix.hashlib.sha256(said.source).hexdigest()

    def keep(text: str, sha256: str = digest, **how: str) -> matrix.Row:
        record = dataclasses.replace(
            a_run("3.13.0", text, **how).record, script="matrix/which.py", sha256=sha256
        )
        return matrix._keep(record, python, said, tmp_path)

    assert keep("of Wine", **WINE).change == "new"
    row = keep("of Windows", platform="win32")
    assert row.change == "changed"
    assert keep("of Wine", **WINE).change.startswith("as on")
    assert Record.from_json(row.path.read_bytes()).text() == "of Windows"
    # What Windows said of another script is no answer to this one.
    assert keep("of Wine", "0" * 64, **WINE).change == "changed"


def test_where_time_is_measured_only_the_platforms_own_pythons_are_asked(tmp_path: Path) -> None:
    for name, comment in (
        ("plain", ""), ("alone", "# sphinx_gallery_parallel = False\n"), ("history", "# sphinx_gallery_every_release = True\n"),
    ):  # fmt: skip
        (tmp_path / f"{name}.py").write_text(f"{comment}print(1)\n")
    scripts = [read_script(path) for path in sorted(tmp_path.glob("*.py"))]
    probe = interpreters.Probe(
        ("3.13.0", "CPython", "win32", "", "spawn", True, "Wine 8.0"), (3, 13, 0), (), "p", ""
    )
    chosen = matrix.pairs(scripts, [interpreters.Python("p", probe)], [])
    assert [one.path.stem for one, _ in chosen] == ["plain"]


def test_the_committed_records_stay_small() -> None:
    """A clone has them all."""
    folder = Path(__file__).parent.parent / "docs" / "records"
    assert sum(path.stat().st_size for path in folder.rglob("*.json")) < 2_500_000


# -- the site

CONF = """
extensions = ["myst_parser", "process_gallery"]
process_gallery_run_as = "program"
project = "small"
sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery", "write_computation_times": False}
nitpicky = True
"""
PAGE = """# By version

```{toctree}
gallery/index
second
```

```{version_table} matrix/which
:pick: "version: (.*)"

win32 2.7-: as documented <https://docs.python.org/3/>
```

```{version_tabs} matrix/which
```

```{version_lines} matrix/which
```

```{version_grid} matrix/which
```
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "matrix").mkdir(parents=True)
    (tmp_path / "docs" / "conf.py").write_text(CONF)
    (tmp_path / "docs" / "index.md").write_text(PAGE)
    (tmp_path / "docs" / "second.md").write_text(
        "# Second\n\n```{version_tabs} matrix/which\n```\n"
    )
    (tmp_path / "docs" / "matrix" / "which.py").write_text(SCRIPT)
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
    (tmp_path / "examples" / "hello.py").write_text(
        '"""\nHello\n=====\n\nIt greets.\n"""\n\nprint("hello")\n'
    )
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for version, text in (
        ("3.2.1", "version: old\n"),
        ("3.3.0", "version: old\n"),
        (f"{here}.99", "version: not shown, since it is run live\n"),
    ):
        record = a_run(version, text).record
        digest = matrix.hashlib.sha256(SCRIPT.encode()).hexdigest()
        record = dataclasses.replace(
            record, script="matrix/which.py", sha256=digest, date="2026-01-01", cores=2
        )
        path = (
            tmp_path / "docs" / "records" / "matrix" / "which" / model.file_name(record.interpreter)
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(store.readable(record))
    return tmp_path


def build(site: Path, *, fails: bool = False, builder: str = "html") -> str:
    options = ["-n", "-W", "--keep-going", "-b", builder, "-d", "docs/_build/doctrees"]
    done = sphinx([*options, "docs", f"docs/_build/{builder}"], cwd=site)
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    assert (done.returncode != 0) == fails, text
    return text


def page(site: Path) -> str:
    return (site / "docs" / "_build" / "html" / "index.html").read_text()


def test_the_page_says_what_ran_it(site: Path) -> None:
    records = site / "docs" / "records" / "matrix" / "which"
    whole = Record.from_json((records / "cpython-3.2-linux.json").read_bytes())
    for how, text in (
        ({**WINE}, "version: of Windows\n"),
        ({**PYODIDE}, "version: of the browser\n"),
        ({"gil": False}, "version: old\n"),
    ):
        run = a_run("3.2.1", text, **how).record  # type: ignore[arg-type]
        record = dataclasses.replace(whole, interpreter=run.interpreter, cells=run.cells)
        (records / model.file_name(record.interpreter)).write_text(store.readable(record))
    build(site)
    text = page(site)
    assert 'of Windows <span class="pg-doc">(run by Wine 8.0)</span>' in text
    assert "<p>Pyodide 3.2: of the browser.</p>" in text
    assert ">Windows (Wine) 3.2</label>" in text
    assert "CPython 3.2.1 for Windows, run by Wine 8.0" in text
    assert ">3.2, 3.3</label>" in text, "3.2t says the same as 3.2"
    assert "CPython 3.2.1, 3.3.0 on Linux; CPython 3.2.1, free-threaded, on Linux" in text
    assert (
        "Also run: 3.2t (t: free-threaded); Windows (Wine) 3.2, run by Wine 8.0; "
        "Pyodide 3.2, run by Pyodide 314.0.7, Node.js 20.20.2." in text
    )
    for name in ("cpython-3.2t-linux", "cpython-3.2-win32", "cpython-3.2-emscripten"):
        assert re.search(rf'data-pythons="[^"]*\b{name}\b', text), name


def test_the_page_shows_what_was_recorded_and_what_this_build_ran(site: Path) -> None:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    build(site)
    text = page(site)
    assert ">3.2, 3.3</label>" in text
    assert re.search(rf">{here} <span[^>]*>this build</span></label>", text)
    assert "not shown" not in text
    assert f"version: {here}" in text
    assert text.count("documented, not run") == 2  # one row for 3.2 and 3.3, one for this version
    assert "not run</p>" in text  # macOS
    assert "stale" not in re.sub(r"<link[^>]*>|<script.*?</script>", "", text)
    assert "  [1/1] matrix/which.py" not in build(site)  # kept


def test_a_page_tells_scripts_of_which_pythons_something_is(site: Path) -> None:
    here = "cpython-{}.{}".format(*sys.version_info)
    (site / "docs" / "second.md").write_text(
        "# Second\n\n```{version_grid} matrix/which\n:keys: version\n:words: old none\n```\n"
    )
    build(site)
    text = page(site)
    old = "cpython-3.2-linux cpython-3.3-linux"
    for of in (old, f"{here}-{sys.platform}"):
        assert re.search(rf'<input type="radio" [^>]*data-pythons="{of}"', text)  # a tab
        assert re.search(rf'<tr class="row-\w+" data-pythons="{of}">', text)  # of the lines
        assert f'<th class="head" data-pythons="{of}">' in text  # of the grid
        assert f'<td data-pythons="{of}">' in text  # of the grid, and of the table
    windows = old.replace("linux", "win32")
    assert f'<td data-pythons="{windows}"><p>as documented' in text
    assert f'<td data-pythons="{old} {windows}"><p class="pg-range">3.2, 3.3</p>' in text
    assert "darwin" not in text  # nothing is known of it
    words = (site / "docs/_build/html/second.html").read_text()
    assert f'<td data-pythons="{old}"><p>yes</p></td>' in words  # each that has the word
    build(site, builder="text")  # which has no attributes


def test_pages_are_read_again_when_records_are_added_changed_or_removed_and_only_then(
    site: Path,
) -> None:
    def read() -> list[str]:
        return re.findall(r"reading sources\.\.\. \[.*\] (\w+)", build(site))

    records = site / "docs" / "records" / "matrix" / "which"
    build(site)
    assert read() == []
    old = (records / "cpython-3.2-linux.json").read_text()
    (records / "cpython-3.1-linux.json").write_text(old.replace("3.2.1", "3.1.1"))
    assert read() == ["index", "second"]
    assert ">3.1 to 3.3</label>" in page(site)
    (records / "cpython-3.1-linux.json").unlink()
    assert read() == ["index", "second"]
    assert ">3.2, 3.3</label>" in page(site)
    assert read() == []
    (records / "cpython-3.2-linux.json").write_text(old.replace("version: old", "version: other"))
    assert read() == ["index", "second"]
    assert "version: other" in page(site)


COUNTS = """# How many?
print("a lock: 10 of 10 children hang")
print("a race: 7 of 20 children hang")
"""
HEAT = """# Counts

```{toctree}
gallery/index
second
```

```{version_grid} matrix/counts
:value: "\\\\d+ of \\\\d+"
:corner: Hung
:heat:
:shows: |
:  a lock of 10 | 0 of 10 | 3 of 10 | 10 of 10
:  a race of 20 | - | 20 of 20 | 7 of 20
```

```{version_tabs} matrix/counts
:addresses:
```
"""


def test_a_heat_map_links_each_count_to_the_output_that_says_it(site: Path) -> None:
    (site / "docs" / "index.md").write_text(HEAT)
    (site / "docs" / "matrix" / "counts.py").write_text(COUNTS)
    said = {"3.2.1": "a lock: 0 of 10\n", "3.3.0": "a lock: 3 of 10\na race: 20 of 20\n"}
    folder = site / "docs" / "records" / "matrix" / "counts"
    folder.mkdir(parents=True)
    for version, text in said.items():
        digest = matrix.hashlib.sha256(COUNTS.encode()).hexdigest()
        record = dataclasses.replace(
            a_run(version, text).record, script="matrix/counts.py", sha256=digest, date="2026-01-01"
        )
        (folder / model.file_name(record.interpreter)).write_text(store.readable(record))
    build(site)
    text = page(site)
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    table = text[text.index("<table") : text.index("</table>")]
    cells = re.findall(r'<a class="pg-heat-(\d+) [^>]*href="#([^"]+)">(\d+)<', table)
    assert cells == [
        ("0", "a-lock-3.2", "0"), ("3", "a-lock-3.3", "3"), ("10", f"a-lock-{here}", "10"),
        ("10", "a-race-3.3", "20"), ("3", f"a-race-{here}", "7"),
    ]  # fmt: skip
    assert table.count('<th class="stub"><p>a ') == 2  # the heads of the rows
    panels = text.split('<div class="pg-panel">')[1:]
    for _, place, count in cells:
        (panel,) = [panel for panel in panels if f' id="{place}"' in panel]
        key, version = place.rsplit("-", 1)
        assert f"CPython {version}." in panel
        assert f"{key.replace('-', ' ')}: {count} of" in re.sub(r"<[^>]+>", "", panel)
    # A book shows the tabs as text; its links lead there, too.
    conf = site / "docs" / "conf.py"
    conf.write_text(f'{conf.read_text()}copyright, version = "all", "1"\n')
    build(site, builder="epub")
    book = (site / "docs" / "_build" / "epub" / "index.xhtml").read_text()
    for _, place, _ in cells:
        assert f' id="{place}"' in book


def test_other_builders_show_the_same_as_text(site: Path) -> None:
    build(site, builder="text")
    text = (site / "docs" / "_build" / "text" / "index.txt").read_text()
    assert "3.2, 3.3:" in text
    assert "version: old" in text


def test_a_stale_record_is_reported_marked_and_fails_the_build(site: Path) -> None:
    (site / "docs" / "matrix" / "which.py").write_text(SCRIPT + "    print('more')\n")
    for _ in range(2):  # also when nothing has changed since the last build
        output = build(site, fails=True)
        for version in ("3.2", "3.3"):
            assert (
                f"cpython-{version}-linux.json: stale record: matrix/which.py has changed since; renew it with"
                in output
            )
        assert '<span class="pg-mark pg-stale">stale</span>' in page(site)
        assert "Stale: which.py has changed since it was recorded on 3.2, 3.3" in page(site)


def test_damaged_records_are_reported_marked_and_fail_the_build(site: Path) -> None:
    folder = site / "docs" / "records" / "matrix" / "which"
    good = (folder / "cpython-3.2-linux.json").read_text()
    names = []
    for number, damage in enumerate(
        ["", "{", '{"schema": 1}', "[]", "\xff", good[:-30], good.replace('"cells"', '"sells"')]
    ):
        names.append(f"cpython-2.{number}-linux.json")
        (folder / names[-1]).write_text(damage)
    output = build(site, fails=True)
    for name in names:
        assert f"{name}: damaged record: " in output
    assert f"Damaged, and not shown: {', '.join(names)} of which.py." in page(site)
    assert ">3.2, 3.3</label>" in page(site)


def test_a_record_of_no_script_is_reported(site: Path) -> None:
    folder = site / "docs" / "records" / "matrix"
    shutil.copytree(folder / "which", folder / "gone")
    assert "gone/cpython-3.2-linux.json: record of a script that does not exist" in build(
        site, fails=True
    )


def test_a_broken_interpreter_is_on_the_page(site: Path) -> None:
    path = site / "docs" / "records" / "matrix" / "which" / "cpython-3.2-linux.json"
    data = json.loads(path.read_text())
    path.write_text(
        json.dumps({**data, "outcome": "broken", "error": "no libpython", "exit_code": None})
    )
    build(site)
    text = page(site)
    assert '<span class="pg-mark pg-stale">broken</span>' in text
    assert "the interpreter cannot be used" in text
    assert "did not run to its end: broken" in text


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        ("{version_tabs} matrix/nothing", "there is no script"),
        ("{version_table} matrix/which\n\nwin32 all: spawn", "write  PLATFORM FIRST-LAST"),
        ("{version_lines} matrix/which\n:head: one | two", "write three words"),
    ],
)
def test_mistakes_in_a_page_are_errors(site: Path, directive: str, message: str) -> None:
    (site / "docs" / "second.md").write_text(f"# Second\n\n```{directive}\n```\n")
    assert message in build(site, fails=True)


@pytest.mark.browser
def test_tabs_remember_the_choice(site: Path) -> None:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    chromium = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    if chromium is None:
        pytest.skip("there is no Chromium in PATH")
    build(site)
    flags = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ]

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(site / "docs" / "_build" / "html"))
    with (
        http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server,
        playwright.sync_playwright() as driver,
    ):
        threading.Thread(target=server.serve_forever).start()
        try:
            browser = driver.chromium.launch(executable_path=chromium, args=flags)
            window = browser.new_page()
            address = f"http://127.0.0.1:{server.server_port}"
            window.goto(f"{address}/index.html")
            panel = window.locator(".pg-panel:visible")
            assert "version: old" not in panel.inner_text()
            window.locator(".pg-versions label", has_text="3.2, 3.3").click()
            assert "version: old" in panel.inner_text()
            window.goto(f"{address}/second.html")
            assert "version: old" in panel.inner_text()
            window.locator(".pg-versions input:checked").focus()
            window.keyboard.press("ArrowRight")
            assert "version: old" not in panel.inner_text()
            browser.close()
        finally:
            server.shutdown()
