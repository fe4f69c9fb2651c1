"""What this site's extensions do to pages, through a small site."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

EXTENSIONS = Path(__file__).parents[1] / "docs/_extensions"
STATIC = {
    "site.js": "// Says what it is.\nwindow.site = 1;\n",
    "gallery.js": "window.gallery = 1; // stays\n",
    "process_gallery.js": "{\n  /** One line. */\n  window.process = 1;\n}\n",
    "versions.js": "window.versions = 1;\n",
    "site.css": "/* A note,\n   of two lines. */\na { color: red; }\n",
}


@pytest.fixture
def docs(tmp_path):
    pytest.importorskip("furo", reason="the pages' dependencies are not installed")
    pytest.importorskip("myst_parser", reason="the pages' dependencies are not installed")
    docs = tmp_path / "docs"
    (docs / "_static").mkdir(parents=True)
    (docs / "conf.py").write_text(
        f"import sys\nsys.path.append({str(EXTENSIONS)!r})\nproject = 'small'\nextensions = ['myst_parser', 'search_index', 'squeeze']\n"
        "html_theme = 'furo'\nhtml_static_path = ['_static']\nhtml_css_files = ['site.css']\n"
    )
    for name, text in STATIC.items():
        (docs / "_static" / name).write_text(text)
    (docs / "index.md").write_text(
        "# Small\n\n```{toctree}\na\nb\n```\n\n```{index} single: word\n```\n"
    )
    for name in "ab":
        (docs / f"{name}.md").write_text(
            f"# Page {name}\n\n```{{index}} single: word\n```\n\nText.\n"
        )
    return docs


def build(docs):
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "-d",
        docs.parent / "doctrees",
        docs,
        docs.parent / "html",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    files = (path for path in (docs.parent / "html").rglob("*") if path.is_file())
    return {
        path.relative_to(docs.parent / "html"): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def test_a_build_writes_the_same_bytes_whichever_page_it_reads_last(docs):
    first = build(docs)
    assert build(docs) == first
    a = docs / "a.md"
    text = a.read_text()
    for change in (
        "Text.\n",
        "",
    ):  # no new word: of one that is gone Sphinx keeps that it is nowhere
        a.write_text(text + change)
        last = build(docs)
        assert (last == first) == (not change)


def test_style_sheets_and_scripts_are_handed_out_without_comments(docs):
    for _ in range(2):  # also when nothing is copied anew
        build(docs)
        static = docs.parent / "html" / "_static"
        assert (static / "site.css").read_text() == "a{color: red;}"
        assert (static / "site.js").read_text() == "window.site = 1;"
        assert (static / "gallery.js").read_text() == "window.gallery = 1; // stays"
        assert (static / "process_gallery.js").read_text() == "{\nwindow.process = 1;\n}"
