"""Each example, run alone as a reader runs it: ``python example.py`` in a folder with nothing but
that, and what must lie beside it. tests/test_downloads.py compares this with what the site hands out.

Not again on the interpreter that built the site, where the record of that run still holds: the
others run it so. What needs a library runs here, too, with ``--pythons=all``: the others lack it.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from process_gallery.interpreters import Installed, probe
from process_gallery.model import Record
from process_gallery.script import (
    PLATFORM_NEEDS,
    START_METHODS,
    contents,
    local_modules,
    python_bound,
    read_script,
)
from process_gallery.store import Cache, key

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
KEPT = ROOT / "docs/_build/process_gallery"
SCRIPTS = sorted(path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.glob("*/*.py"))


def test_the_contents_list_every_script_once() -> None:
    listed = contents(EXAMPLES)
    missing = sorted(set(SCRIPTS) - set(listed))
    assert not missing, f"add to examples/contents.txt: {', '.join(missing)}"
    assert sorted(listed) == SCRIPTS


def test_every_section_has_a_header() -> None:
    for section in {script.partition("/")[0] for script in SCRIPTS}:
        header = EXAMPLES / section / "GALLERY_HEADER.rst"
        assert header.is_file(), f"write {header}: the section's title, and a sentence"


def left(marker: str) -> list[str]:
    """Return the command lines of living processes that carry a marker in their environment."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (path / "environ").read_bytes():
                found.append((path / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


@functools.cache
def installed() -> Installed:
    """Return what this interpreter has of all that examples import."""
    return Installed.ask(sys.executable, [read_script(EXAMPLES / script) for script in SCRIPTS])


def record_of_the_build(
    script: str, *, libraries: bool, arguments: tuple[str, ...] = ()
) -> Record | None:
    """Return what the last build has of this example as it is now, by this interpreter.

    Parameters
    ----------
    script
        Its path below the folder of examples.
    libraries
        Whether it may be one that needs a library.
    arguments
        What it was called with.
    """
    example = read_script(EXAMPLES / script)
    needs = [
        need
        for need in example.declared.needs
        if need not in PLATFORM_NEEDS and not python_bound(need)
    ]
    if not KEPT.is_dir() or (needs and not libraries):
        return None
    digest = key(example, probe(sys.executable), installed(), arguments=arguments)
    return Cache(KEPT).load(example, script, digest, arguments)


def lay_out(script: str, folder: Path) -> list[str]:
    """Copy a script, and what must lie beside it, into a folder; return the names."""
    path = EXAMPLES / script
    copied = [path, *local_modules(path, path.read_bytes())]
    for one in copied:
        shutil.copy(one, folder)
    return sorted(one.name for one in copied)


def run_as_told(
    command: list[str], folder: Path, script: str, *, missing: bool, timeout: float = 90
) -> str:
    """Run a command in a folder with a script, check how it ends and what it leaves, and return what it printed."""
    declared = read_script(EXAMPLES / script).declared
    if (
        declared.by_hand
    ):  # no test makes namespaces or starts servers; test_shows.py looks at its record
        pytest.skip(f"recorded by hand: {declared.by_hand}")
    names = sorted(path.name for path in folder.iterdir())
    marker = f"EXAMPLE_MARKER={uuid.uuid4()}"
    name, _, value = marker.partition("=")
    environment = {
        key: text for key, text in os.environ.items() if not key.startswith("PYTHON")
    } | {name: value, "MPLBACKEND": "agg"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )
    output = done.stdout + done.stderr
    # uv runs scripts with libraries, and none of them has outcomes that differ by start method.
    method = "" if "run" in command else probe(command[0]).interpreter.default_start_method
    expected = declared.expects([word for word in command if word in START_METHODS], method)
    codes = {"ok": 0} | {kind: 1 for kind in expected if kind.startswith("exception")}
    codes |= {kind: int(kind[5:]) for kind in expected if kind.startswith("exit ")}
    assert codes.keys() >= set(expected)
    assert done.returncode in ([0] if missing else [codes[kind] for kind in expected]), output
    if missing:
        assert len(output.strip().splitlines()) == 1, f"says in one line what it needs: {output}"
    assert output.strip(), "an example shows something"
    # multiprocessing's own helpers end by themselves, a moment after the program that used them.
    deadline = time.monotonic() + 30
    while left(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left(marker) == []
    there = sorted(path.name for path in folder.iterdir() if path.name != "__pycache__")
    assert there == names, "leaves no file where it runs"
    return output


@pytest.mark.parametrize("script", SCRIPTS)
def test_runs_alone(script: str, python: str, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    declared = read_script(EXAMPLES / script).declared
    libraries = pytestconfig.getoption("pythons") == "this"
    record = python == sys.executable and record_of_the_build(script, libraries=libraries)
    if record:
        assert record.as_expected
        assert record.undeclared == []
        assert record.text().strip(), "an example shows something"
        assert record.duration < declared.timeout
        return
    lay_out(script, tmp_path)
    read = read_script(EXAMPLES / script)
    missing = bool(Installed.ask(python, [read]).missing(read, probe(python)))
    began = time.monotonic()
    run_as_told([python, Path(script).name], tmp_path, script, missing=missing)
    assert time.monotonic() - began < declared.timeout


UNDER = [
    (script, method)
    for script in SCRIPTS
    for method, _ in read_script(EXAMPLES / script).declared.start_methods
]


@pytest.mark.parametrize(("script", "method"), UNDER)
def test_runs_alone_under_each_start_method_that_it_declares(
    script: str, method: str, python: str, tmp_path: Path
) -> None:
    """As its page says: ``python example.py spawn``."""
    kept = python == sys.executable and record_of_the_build(
        script, libraries=True, arguments=(method,)
    )
    if kept:
        assert kept.as_expected
        assert kept.text().strip()
        return
    lay_out(script, tmp_path)
    read = read_script(EXAMPLES / script)
    missing = bool(Installed.ask(python, [read]).missing(read, probe(python)))
    run_as_told([python, Path(script).name, method], tmp_path, script, missing=missing)


def test_ten_scripts_are_shown_under_every_start_method() -> None:
    assert len({script for script, _ in UNDER}) >= 10
    assert len(UNDER) == 3 * len({script for script, _ in UNDER})
