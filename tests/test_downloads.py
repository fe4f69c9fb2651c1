"""What a reader downloads: the files that a page of the built site links to, run as the page says.

tests/test_examples.py runs each script like this on every Python. With the built site the files are compared with those, and
what a page hands out together with what lay together there. `make downloads` runs every download itself, on every Python.
The built site is in the folder that SITE names, or in docs/_build/html.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
import zipfile
from html import unescape
from pathlib import Path

import pytest
from conftest import every_python
from test_examples import EXAMPLES, SCRIPTS, lay_out, run_as_told

from process_gallery.interpreters import Installed, probe
from process_gallery.script import contents, local_modules, read_script

SITE = Path(os.environ.get("SITE") or Path(__file__).parents[1] / "docs/_build/html").absolute()
SECTIONS = sorted({script.partition("/")[0] for script in SCRIPTS})
BLOCK = re.compile(r"(?m)^# /// script\n((?:#(?: .*)?\n)+?)# ///$")
WITH_METADATA = [script for script in SCRIPTS if BLOCK.search((EXAMPLES / script).read_text())]


@pytest.fixture(scope="module")
def site() -> Path:
    if not (SITE / "index.html").exists():
        pytest.skip(f"no site in {SITE}: build it (make html), or name one in SITE")
    return SITE


def downloads(page: Path) -> list[Path]:
    """Return the files that a page hands out, in the order of its links."""
    text = page.read_text(encoding="utf-8")
    links = [
        link
        for paragraph in re.findall(r'<p class="example-download".*?</p>', text, re.DOTALL)
        for link in re.findall(r'href="([^"]+)"', paragraph)
    ]
    return [(page.parent / unescape(link)).resolve() for link in links]


def bar(page: Path) -> str:
    """Return the bar below the title of an example's page."""
    found = re.search(r'<div class="example-bar.*?</p>\n</div>', page.read_text("utf-8"), re.DOTALL)
    assert found, f"{page}: has no bar"
    return found[0]


def command(page: Path) -> str:
    """Return the command that a page says an example is run with."""
    code = unescape(re.sub(r"<[^>]+>", "", re.search(r"<pre>(.*?)</pre>", bar(page), re.DOTALL)[1]))
    assert code.startswith("$ ")
    return code.removeprefix("$ ").strip()


def needs(page: Path) -> str:
    """Return what a page says an example needs."""
    found = re.search(r'<p class="example-needs">(.*?)</p>', bar(page), re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", "", found[1])).removeprefix("Needs ")


@pytest.mark.site
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_page_hands_out_what_ran_and_says_how_to_run_it(site: Path, script: str) -> None:
    page = site / "gallery" / Path(script).with_suffix(".html")
    path = EXAMPLES / script
    beside = local_modules(path, path.read_bytes())
    files = downloads(page)
    assert [file.name for file in files] == [path.name, *(other.name for other in beside)]
    for file in files:
        assert file.read_bytes() == (path.parent / file.name).read_bytes()
    uv = script in WITH_METADATA
    assert command(page) == f"{'uv run' if uv else 'python'} {path.name}"
    assert ("uv fetches" in needs(page)) == uv


@pytest.mark.site
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_page_says_what_its_example_needs(site: Path, script: str) -> None:
    """What the script declares, once to the recorder, and once to installers by its inline metadata."""
    page = site / "gallery" / Path(script).with_suffix(".html")
    said = needs(page)
    declared = read_script(EXAMPLES / script).declared.needs
    found = BLOCK.search((EXAMPLES / script).read_text())
    block = tomllib.loads(re.sub(r"(?m)^# ?", "", found[1])) if found else {}
    for package in block.get("dependencies", ()):
        assert re.search(rf"(, | and ){re.escape(package)}\b", said)
    modules = [one for one in declared if not re.match(r"python|(linux|windows|pyodide)$", one)]
    assert not modules or block.get("dependencies"), "what it imports, installers are not told"
    by_hand = read_script(EXAMPLES / script).declared.by_hand
    assert by_hand in said
    assert ("nothing else" in said) == (not block.get("dependencies") and not by_hand)
    for need, words in (
        ("linux", "on Linux"),
        ("windows", "on Windows"),
        ("pyodide", "in Pyodide"),
    ):
        assert (f" {words}" in said) == (need in declared)
    least = max([11, *(int(one) for one in re.findall(r">=\s*3\.(\d+)", " ".join(declared)))])
    assert said.startswith(f"Python 3.{least} ")
    if "<" in block.get("requires-python", ""):
        assert re.match(r"Python 3\.\d+ to 3\.\d+\b", said)


@pytest.mark.site
def test_a_page_says_where_its_example_belongs(site: Path) -> None:
    """A section, a chapter, a guide: each is a link that arrives (tests/browser looks at all links)."""
    text = bar(site / "gallery/start_methods/main_guard.html")
    places = dict(re.findall(r'<a class="reference internal" href="([^"]+)">(.+?)</a>', text))
    assert "index.html" in places
    assert "../../tutorial/first_process.html" in places
    assert "../../guides/move_to_forkserver.html" in places
    for script in SCRIPTS:
        assert "<strong>Part of</strong>" in bar(
            site / "gallery" / Path(script).with_suffix(".html")
        )


@pytest.mark.site
def test_no_link_has_the_name_of_a_script_and_leads_to_a_page(site: Path) -> None:
    found = [
        f"{page.relative_to(site)}: {text}"
        for page in site.rglob("*.html")
        for target, text in re.findall(
            r'<a\b[^>]*\bhref="([^"]+)"[^>]*>(.*?)</a>', page.read_text("utf-8"), re.DOTALL
        )
        if re.fullmatch(r"[\w/]+\.py", re.sub(r"<[^>]+>", "", text)) and ".py" not in target
    ]
    assert not found


@pytest.mark.site
@pytest.mark.parametrize("section", [*SECTIONS, ""])
def test_a_zip_has_every_script_of_its_section(site: Path, section: str) -> None:
    (file,) = downloads(site / "gallery" / section / "index.html")
    assert file.name == f"{section or 'gallery'}_python.zip"
    with zipfile.ZipFile(file) as packed:
        scripts = {name: packed.read(name) for name in packed.namelist()}
    listed = [name for name in contents(EXAMPLES) if name.startswith(f"{section}/") or not section]
    assert sorted(scripts) == sorted(listed)
    for name, text in scripts.items():
        assert text == (EXAMPLES / name).read_bytes()


def first_and_together() -> list[str]:
    """Return the first script of each section, and those that something must lie beside."""
    listed = contents(EXAMPLES)
    first = [next(name for name in listed if name.startswith(f"{one}/")) for one in SECTIONS]
    together = [
        one for one in SCRIPTS if local_modules(EXAMPLES / one, (EXAMPLES / one).read_bytes())
    ]
    assert together, "no script needs another: leave this out"
    return list(dict.fromkeys([*first, *together]))


@pytest.mark.site
@pytest.mark.parametrize("script", first_and_together())
def test_a_script_runs_from_the_zip_of_its_section(
    site: Path, script: str, tmp_path: Path, python: str
) -> None:
    (file,) = downloads(site / "gallery" / script.partition("/")[0] / "index.html")
    with zipfile.ZipFile(file) as packed:
        packed.extractall(tmp_path)
    read = read_script(EXAMPLES / script)
    missing = bool(Installed.ask(python, [read]).missing(read, probe(python)))
    folder = (tmp_path / script).parent
    run_as_told([python, Path(script).name], folder, script, missing=missing)


@pytest.mark.downloads
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_download_runs_as_its_page_says(
    site: Path, script: str, tmp_path: Path, python: str
) -> None:
    page = site / "gallery" / Path(script).with_suffix(".html")
    for file in downloads(page):
        shutil.copy(file, tmp_path)
    name = re.fullmatch(r"(?:python|uv run) (\S+)", command(page))[1]
    read = read_script(EXAMPLES / script)
    missing = bool(Installed.ask(python, [read]).missing(read, probe(python)))
    run_as_told([python, name], tmp_path, script, missing=missing)


# Its library for the CPU alone is not on the index that uv asks unless told of another.
GIGABYTES = {"frameworks/torch_data_loader.py"}


def fitting(script: str) -> str | None:
    """Return the newest interpreter that a script's inline metadata allows, of those that are found."""
    specifiers = pytest.importorskip("packaging.specifiers")
    found = BLOCK.search((EXAMPLES / script).read_text())
    assert found
    block = tomllib.loads(re.sub(r"(?m)^# ?", "", found[1]))
    wanted = specifiers.SpecifierSet(block["requires-python"])
    fits = [path for version, path in every_python().items() if wanted.contains(version)]
    return fits[-1] if fits else None


@pytest.mark.hosting
@pytest.mark.parametrize("script", WITH_METADATA)
def test_uv_runs_it_by_its_inline_metadata(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the same folder as after a download, by the command of its page. uv fetches the libraries, so this needs a network."""
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        pytest.skip("uv is not installed")
    if script in GIGABYTES:
        pytest.skip("what it needs is gigabytes, with a GPU's libraries")
    python = fitting(script)
    if python is None:
        pytest.skip("no interpreter that it asks for is found here")
    monkeypatch.setenv("UV_PYTHON", python)
    monkeypatch.setenv("UV_PYTHON_DOWNLOADS", "never")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    lay_out(script, tmp_path)
    output = run_as_told(
        [uv, "run", "--quiet", Path(script).name], tmp_path, script, missing=False, timeout=540
    )
    assert len(output.splitlines()) > 1, f"says only what it lacks: {output}"
