"""The package as others get it: built as sdist and wheel, installed, copied from its documentation page, type-checked."""

from __future__ import annotations

import email.parser
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest
import release

import process_gallery

ROOT = Path(__file__).parents[1]
RIGHT = """
from pathlib import Path

from process_gallery import Record, record


def slowest(scripts: list[Path]) -> tuple[str, float]:
    records: list[Record] = [record(script, timeout=5) for script in scripts]
    found = max(records, key=lambda one: one.duration)
    names: list[str] = [process.name for process in found.processes]
    return ", ".join(names) + found.outcome, found.duration
"""
WRONG = """
from process_gallery import record

reveal_type(record)
record(1)
record("a.py").outcome + 1
record("a.py").no_such_thing
"""


def run(*command: str | Path, cwd: Path, fails: bool = False) -> str:
    """Run a program without this test's own settings of Python; return what it prints."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MYPY"))
    }
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert (done.returncode != 0) == fails, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the package into a folder."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return the interpreter of a new environment with the wheel installed; what it needs is that of these tests."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(
        python,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        next(built.glob("*.whl")),
        cwd=folder,
    )
    # Only modules below it are found: an editable install there has no effect.
    packages = run(
        python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder
    ).strip()
    Path(packages, "tests.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_sdist_has_the_source_and_nothing_else(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    outside = {name for name in names if not name.startswith("src/process_gallery/")}
    added = release.ADDED_TO_SDIST
    assert outside == {name for name in release.IN_SDIST if name != "src/"} | added
    assert "src/process_gallery/py.typed" in names
    assert not [name for name in names if "__pycache__" in name]


def test_version_is_the_same_wherever_it_stands(built):
    version = process_gallery.__version__
    assert next(built.glob("*.whl")).name.startswith(f"process_gallery-{version}-")


def test_wheel_from_the_sdist_is_the_same(built, tmp_path):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path, cwd=source)
    first, second = (zipfile.ZipFile(next(folder.glob("*.whl"))) for folder in (built, tmp_path))
    assert sorted(first.namelist()) == sorted(second.namelist())
    assert all(
        first.read(name) == second.read(name)
        for name in first.namelist()
        if name.startswith("process_gallery/")
    )


def test_wheel_has_all_that_runs_and_nothing_else(built):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        (metadata,) = (
            archive.read(name).decode()
            for name in archive.namelist()
            if name.endswith(".dist-info/METADATA")
        )
    sources = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert names == sources
    needs = email.parser.HeaderParser().parsestr(metadata).get_all("Requires-Dist")
    assert needs
    assert [need for need in needs if "extra == 'sphinx'" not in need] == [
        "psutil>=7; sys_platform != 'linux'"
    ], "recording needs no more"


def test_recording_needs_nothing_else(installed, tmp_path):
    (tmp_path / "hello.py").write_text("print('hello')\n")
    code = "import process_gallery, sys; print(process_gallery.record('hello.py').text(), 'sphinx' in sys.modules)"
    assert run(installed, "-c", code, cwd=tmp_path) == "hello\n False\n"


def test_the_small_site_of_the_page(installed, tmp_path):
    arguments = release.write_small_site(tmp_path)
    where = run(
        installed, "-c", "import process_gallery; print(process_gallery.__file__)", cwd=tmp_path
    )
    assert Path(where.strip()).is_relative_to(installed.parents[1])
    run(installed, "-m", "sphinx", "-n", "-W", "--keep-going", *arguments.split(), cwd=tmp_path)
    release.check_small_site(tmp_path / arguments.split()[1])


def test_types_are_those_of_the_wheel(installed, tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed")
    check = [sys.executable, "-m", "mypy", "--strict", "--python-executable", installed]
    (tmp_path / "right.py").write_text(RIGHT)
    (tmp_path / "wrong.py").write_text(WRONG)
    run(*check, "right.py", cwd=tmp_path)
    says = run(*check, "wrong.py", cwd=tmp_path, fails=True)
    assert "-> process_gallery.model.Record" in says
    assert [int(line) for line in re.findall(r"^wrong\.py:(\d+): error", says, re.MULTILINE)] == [
        5,
        6,
        7,
    ]
