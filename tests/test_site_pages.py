"""What this site's extensions do to pages, through a small site."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from warm_sphinx import sphinx

EXTENSIONS = Path(__file__).parents[1] / "docs/_extensions"


@pytest.fixture
def docs(tmp_path):
    pytest.importorskip("furo", reason="the pages' dependencies are not installed")
    pytest.importorskip("myst_parser", reason="the pages' dependencies are not installed")
    docs = tmp_path / "docs"
    (docs / "_static").mkdir(parents=True)
    (docs / "conf.py").write_text(
        f"import sys\nsys.path.append({str(EXTENSIONS)!r})\nproject = 'small'\nextensions = ['myst_parser', 'search_index', 'previews', 'minified']\n"
        "html_baseurl = 'https://example.org/'\nhtml_theme = 'furo'\nhtml_static_path = ['_static']\n"
    )
    (docs / "index.md").write_text(
        "# Small\n\n```{toctree}\na\nb\n```\n\n```{index} single: word\n```\n"
    )
    for name in "ab":
        (docs / f"{name}.md").write_text(
            f"# Page {name}\n\n```{{index}} single: word\n```\n\nText.\n"
        )
    return docs


def build(docs):
    options = ["-q", "-W", "-d", docs.parent / "doctrees"]
    done = sphinx([*options, docs, docs.parent / "html"], cwd=docs)
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
    for change in ("Text, and another.\n", ""):
        a.write_text(text + change)
        last = build(docs)
        assert (last == first) == (not change)


def test_style_sheets_and_scripts_are_handed_out_without_comments(docs):
    files = {
        "site.css": '/* A note,\n   of two lines. */\na::before { content: "/* stays;  {here} */"; }\n',
        "site.js": "// Says what it is.\nwindow.site = `// stays  ${1}`;\n",
        "other.js": "// Of another project.\n",
    }
    for name, text in files.items():
        (docs / "_static" / name).write_text(text)
    for _ in range(2):  # also when nothing is copied anew
        build(docs)
        static = docs.parent / "html/_static"
        css = (static / "site.css").read_text()
        assert css == 'a::before{content:"/* stays;  {here} */"}'
        assert (static / "site.js").read_text() == "window.site=`// stays  ${1}`;"
        assert (static / "other.js").read_text() == files["other.js"]


def searched(docs):
    """Return what the search of the small site knows: pages, and sections."""
    text = (docs.parent / "html/_static/search_index.js").read_text(encoding="utf-8")
    index = json.loads(re.search(r"\{\},(\{.*\})\)$", text)[1])["index"]
    return {
        index["pages"][page] + (f"#{anchor}" if anchor else ""): [heading, *rest]
        for page, anchor, heading, *rest in index["sections"]
    }


def test_the_search_knows_the_pages_that_were_not_written_now(docs):
    build(docs)
    before = searched(docs)
    assert before == {
        "index": ["Small", "", ["word"]],
        "a": ["Page a", "Text.", ["word"]],
        "b": ["Page b", "Text.", ["word"]],
    }
    (docs / "a.md").write_text((docs / "a.md").read_text() + "\n## Below\n\nMore.\n")
    build(docs)
    assert searched(docs) == before | {"a#1": ["Below", "More."]}


def test_the_search_has_readers_words_and_a_place_that_is_not_there_stops_the_build(docs):
    words = docs / "readers_words.txt"
    words.write_text("# a note\n= quick fast\n\na\n    in other words\n")
    build(docs)
    assert searched(docs)["a"] == ["Page a", "Text.", ["word", "in other words"]]
    words.write_text("c#none\n    in other words\n")
    with pytest.raises(AssertionError, match=r"readers_words.txt: there is no section 'c#none'"):
        build(docs)
    words.write_text("    in other words\n")
    with pytest.raises(AssertionError, match=r"readers_words.txt:1: a phrase needs a place"):
        build(docs)


def head_of(docs, name):
    text = (docs.parent / f"html/{name}.html").read_text(encoding="utf-8")
    return re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)"', text)


def test_pages_say_what_previews_and_search_engines_show(docs):
    (docs / "a.md").write_text('# A & `b`\n\nText with a "quote" and <b>.\n\nMore.\n')
    (docs / "b.md").write_text(
        "---\nmyst:\n  html_meta:\n    description: What b is.\n---\n\n# B\n\nText.\n"
    )
    build(docs)
    a, b = head_of(docs, "a"), head_of(docs, "b")
    assert ("og:title", "A &amp; b") in a
    assert ("og:url", "https://example.org/a.html") in a
    text = "Text with a “quote” and &lt;b&gt;."
    assert ("og:description", text) in a
    assert ("description", text) in a
    assert ("og:description", "What b is.") in b
    assert "What b is." not in [text for name, text in b if name == "description"]  # it has its own


@pytest.mark.parametrize("section", ["tutorial", "guides", "concepts", "reference"])
def test_the_first_page_of_a_section_says_what_each_of_its_pages_is_for(section):
    text = (EXTENSIONS.parent / section / "index.md").read_text(encoding="utf-8")
    shown, _, toctree = text.partition("```{toctree}")
    pages = re.findall(r"^(\w+)$", toctree, re.MULTILINE)
    assert pages
    items = re.findall(r"^(?:-|\d\.) .+(?:\n  .+)*", shown, re.MULTILINE)
    for page in pages:
        described = [item for item in items if re.search(rf"\({page}\.md\)\.? \w", item)]
        assert described, f"{section}/index.md does not say what {page}.md is for"
