"""The programs that compare: what they say is found, and what is lost is noticed."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import compare_builders
import compare_gallery
import measuring
import pytest

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(sys.platform != "linux", reason="they measure as Linux does"),
]

ROOT = Path(__file__).parents[1]
TABLE = (ROOT / "docs/reference/_builders.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "question",
    [one for one in compare_builders.QUESTIONS if "hangs" not in one.words and "figure" not in one.words],
    ids=lambda one: one.words,
)  # fmt: skip
def test_the_committed_table_says_what_is_shown(
    tmp_path: Path, question: compare_builders.Question
) -> None:
    row = re.search(rf"^\| {question.words} \| (\w+) \| (\w+) \|", TABLE, re.MULTILINE)
    assert row, question.words
    for said, builder in zip(row.groups(), compare_builders.BUILDERS, strict=False):
        found = compare_builders.build(
            tmp_path, builder, Path(sys.executable), {"one": question.code}
        )
        assert question.is_shown(found.pages) == (said == "yes"), builder.name


def test_what_a_command_takes_is_measured(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    code = f"import time, subprocess, sys\nsubprocess.run([sys.executable, '-c', {busy!r}])\nkept = bytes(range(256)) * (200 << 12)\ntime.sleep(1)\nraise SystemExit(3)"
    found = measuring.run([sys.executable, "-c", code], tmp_path, memory=True)
    assert found.status == 3
    assert found.seconds >= 0.5  # of the child's child
    assert found.wall > 1
    assert 200 < found.megabytes < 400


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    found = measuring.run(["/bin/sleep", "600"], tmp_path, longest=0.5)
    assert found.status == -9


def test_what_outlives_its_parent_counts_and_is_ended(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)"
    left = f"import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', {busy!r}], start_new_session=True)"
    assert measuring.run([sys.executable, "-c", left], tmp_path).seconds >= 0.5
    session = "import os, pathlib, time\nos.setsid() if not os.fork() else None\npathlib.Path(str(os.getpid())).touch()\ntime.sleep(600)"
    found = measuring.run([sys.executable, "-c", session], tmp_path, longest=3)
    assert found.status == -9
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert len(pids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


CONF = """
extensions = ["sphinx_gallery.gen_gallery"]
sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "auto_examples"}
"""
EXAMPLE = '"""\n{name}\n=====\n\nText.\n"""\n\n{code}\n'
SAME = "from fractions import Fraction\n\nprint('printed', 6 * 7)\n\n# %%\n# A value.\n\nFraction(2, 6)\n"
OTHER = "print('a file' if '__file__' in globals() else 'no file')\n"


def test_what_differs_between_two_builds_is_found(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for folder in ("docs", "examples"):
        (project / folder).mkdir(parents=True)
    (project / "docs/conf.py").write_text(CONF)
    (project / "docs/index.rst").write_text(
        "Index\n=====\n\n.. toctree::\n\n   auto_examples/index\n"
    )
    (project / "examples/GALLERY_HEADER.rst").write_text("Examples\n========\n\nAll.\n")
    for name, code in (("same", SAME), ("other", OTHER), ("fails", "raise ValueError")):
        text = EXAMPLE.format(name=name, code=code)
        (project / f"examples/plot_{name}.py").write_text(text)
    options = argparse.Namespace(
        checkout=project, docs="docs", python=sys.executable, skip="", whole=False, warm=[], jobs=0,
    )  # fmt: skip
    place = tmp_path / "place"
    place.mkdir()
    for kind in ("stock", "process_gallery"):
        compare_gallery.build(options, place, kind)
    report = compare_gallery.compare(place / "stock", place / "process_gallery", "docs")
    assert report["examples"] == 3
    assert report["fails in both"] == ["../examples/plot_fails.py"]
    assert report["fails only here"] == report["fails only with stock"] == {}
    assert report["lines"].pop("auto_examples/plot_other") == ["no file"]
    assert "auto_examples/plot_same" not in report["lines"]
    assert report["fewer"] == report["more"] == {}
    assert report["names"] > 0
    assert not report["names lost"]
    assert not report["files lost"]
    # What is lost is noticed: the page of a value, one name and one notebook.
    page = place / "process_gallery/html/auto_examples/plot_same.html"
    page.write_text(page.read_text().replace("Fraction(1, 3)", ""))
    docs = place / "process_gallery/docs/auto_examples"
    (docs / "plot_same.codeobj.json").write_text("{}")
    for notebook in (place / "process_gallery/html/_downloads").rglob("plot_same.ipynb"):
        notebook.unlink()
    report = compare_gallery.compare(place / "stock", place / "process_gallery", "docs")
    assert report["lines"]["auto_examples/plot_same"] == ["Fraction(#, #)"]
    assert report["names lost"]
    assert report["files lost"] == ["plot_same.ipynb"]
    about = {"project": "small", "commit": "0000000, 2026-01-01"}
    row = compare_gallery.table([about | report]).split("\n")[2]
    assert row.startswith("| small (0000000, 2026-01-01) | 3 |")
    assert "| 1 | 0 | " in row
