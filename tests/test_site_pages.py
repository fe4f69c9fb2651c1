"""What this site's extensions do to pages, through a small site."""

from __future__ import annotations

import hashlib
import importlib
import json
import re
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

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
    assert searched(docs) == before | {"a#1": ["Below"]}


def test_the_search_has_readers_words_and_a_place_that_is_not_there_stops_the_build(docs):
    words = docs / "readers_words.txt"
    # Of a phrase there is what the search compares: no word that says little, no ending.
    words.write_text("# a note\n= quick fast\n\na\n    in other umbrellas\n")
    build(docs)
    assert searched(docs)["a"] == ["Page a", "Text.", ["word", "umbrella"]]
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


# -- The steps of a fork

STACK = 'Timeout!\nThread 0x1 (most recent call first):\n  File "a.py", line 6 in child\n  File "lib/process.py", line 9 in run\n  File "a.py", line 9 in <module>\n'
FORKS = "lock = 1\ndef hold():\n    with lock:\n        pass\ndef child():\n    lock.acquire()\n\n\nprocess.start()\n"


def forked(**differences):
    from process_gallery.model import Cell, Interpreter, Piece, Process, Record

    python = Interpreter("3.14.0", "CPython", "linux", "x86_64", "forkserver")
    said = [
        Piece(0.25, 0, "parent's threads: ['Main', 'keeper <1>']\n"),
        Piece(0.375, 1, "child's threads: ['Main']\nis the lock locked? True\n"),
        Piece(1.5, 1, STACK),
    ]
    child = Process(
        1, 12, "Fork-7", "fork", 0, 0, asked=0.3125, start=0.325, end=1.625, exit_code=3
    )
    values = {"processes": [Process(0, 11, "Boss", "main"), child], "said": said} | differences
    cells = [Cell(1, 9, 0.0, 2.125, output=values["said"])]
    return Record("a.py", "", python, "ok", "ok", 0, 2.2, 1, cells, values["processes"])


@pytest.fixture
def fork_steps(monkeypatch):
    pytest.importorskip("sphinx", reason="the pages' dependencies are not installed")
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module("fork_steps")


def test_a_fork_is_drawn_as_its_run_was(fork_steps):
    run = fork_steps.read(forked(), FORKS)
    words = "\n".join(text for step in fork_steps.words_of(run) for text in step)
    for part in (
        "Boss", "Fork-7", "0.250 s", "0.312 s", "0.325 s", "0.375 s", "1.500 s", "2.125 s", "exit code 3",
        "`with lock:` (line 3)", "`lock.acquire()` (line 6)", "`process.start()` (line 9)",
    ):  # fmt: skip
        assert part in words
    for step in range(len(fork_steps.words_of(run))):
        wide, narrow = map(ElementTree.fromstring, fork_steps.picture_of(run, step))
        text = " ".join(wide.itertext())
        assert "Boss" in text
        assert ("Fork-7" in text) == (step >= 3)
        assert ("keeper <1>" in text) == (step > 0)
        ids = {one.get("id") for one in wide.iter() if one.get("id")}
        assert {one.get("href")[1:] for one in narrow.iter() if one.get("href")} == ids


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ({"processes": forked().processes[:1]}, "no forked child"),
        ({"said": forked().cells[0].output[:2]}, "most recent call first"),
        ({"said": forked().cells[0].output[1:]}, "threads"),
    ],
)
def test_a_run_that_does_not_show_a_fork_is_named(fork_steps, differences, words):
    if "said" not in differences:
        differences = differences | {"said": forked().cells[0].output[:1]}
    with pytest.raises(fork_steps.NotShownError, match=words):
        fork_steps.read(forked(**differences), FORKS)


# -- Four questions


def test_a_cause_is_marked_with_its_answers(docs):
    conf = docs / "conf.py"
    conf.write_text(conf.read_text().replace("'minified'", "'minified', 'hang_questions'"))
    (docs / "a.md").write_text(
        "# A\n\n```{hang_questions}\n```\n\n## Cause\n\n```{hang_when}\n:who: child\n:method: fork\n:threads: any\n:killed: no\n```\n\nText.\n"
    )
    build(docs)
    text = (docs.parent / "html/a.html").read_text(encoding="utf-8")
    section = re.search(r'<section class="([^"]*)" id="cause">', text)
    assert section[1].split() == ["hang", "not-who-parent", "not-method-other", "not-killed-yes"]
    assert (
        "Who waits? A child. Which start method? Fork. Was somebody killed? No."
        in re.search(r'<p class="hang-answers">(.*?)</p>', text)[1]
    )
    assert text.count('type="radio"') == 12
    (docs / "a.md").write_text("# A\n\n## Cause\n\n```{hang_when}\n:who: child\n```\n")
    with pytest.raises(AssertionError, match="hang_when: answer method, threads, killed"):
        build(docs)


SOURCE_LINKS = """
extensions.append("source_links")
templates_path = [{templates!r}]
"""


def test_a_page_is_linked_to_its_source_only_where_a_repository_is_named(docs):
    """tests/browser/test_first_visit.py clicks on the links."""
    conf = docs / "conf.py"
    text = conf.read_text() + SOURCE_LINKS.format(templates=str(EXTENSIONS.parent / "_templates"))
    (docs.parent / "CONTRIBUTING.md").write_text("# Contributing\n\nSee [a](docs/a.md).\n")
    (docs / "contribute.md").write_text(
        (EXTENSIONS.parent / "contribute.md").read_text(encoding="utf-8")
    )
    html = docs.parent / "html"
    conf.write_text(text)
    build(docs)
    assert not (html / "contribute.html").exists()
    for page in html.rglob("*.html"):
        content = page.read_text(encoding="utf-8")
        assert "Report a problem" not in content
        assert "Contribut" not in content
        assert "github.com" not in content.replace("github.com/pradyunsg", "")
    conf.write_text(f"{text}source_repository = 'https://github.com/someone/repository/'\n")
    build(docs)
    repository = "https://github.com/someone/repository"
    for name in ("index", "a", "genindex"):
        content = (html / f"{name}.html").read_text(encoding="utf-8")
        assert ("Source of this page" in content) == (name != "genindex")
        assert (f'href="{repository}/blob/HEAD/docs/{name}.md"' in content) == (name != "genindex")
        assert f"{repository}/issues/new?template=page-is-wrong.yml&page=" in content
        assert 'href="contribute.html">Contribute</a>' in content
    page = (html / "contribute.html").read_text(encoding="utf-8")
    assert f'href="{repository}/blob/HEAD/CONTRIBUTING.md"' in page
    assert 'href="a.html"' in page
    form = (EXTENSIONS.parents[1] / ".github/ISSUE_TEMPLATE/page-is-wrong.yml").read_text("utf-8")
    assert "    id: page\n" in form  # what the address fills in


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("reference/errors", "docs/reference/errors.md"),
        ("gallery/index", "examples/GALLERY_HEADER.rst"),
        ("gallery/pools/index", "examples/pools/GALLERY_HEADER.rst"),
        ("gallery/pools/pool_map", "examples/pools/pool_map.py"),
        ("contribute", "CONTRIBUTING.md"),
    ],
)
def test_the_source_of_a_page_is_a_file_of_the_repository(monkeypatch, page, path):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    pytest.importorskip("docutils", reason="the pages' dependencies are not installed")
    from source_links import source_of

    env = SimpleNamespace(found_docs={page}, doc2path=lambda name, base: f"{name}.md")
    assert source_of(SimpleNamespace(env=env), page) == path
    assert (EXTENSIONS.parents[1] / path).is_file()
    assert source_of(SimpleNamespace(env=env), "genindex") is None
