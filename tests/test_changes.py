"""When something changed: versions that a page names, checked against runs on many releases."""

from __future__ import annotations

import doctest
import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from process_gallery import store
from process_gallery.cli import main
from process_gallery.interpreters import Python
from process_gallery.matrix import pairs
from process_gallery.model import Cell, Interpreter, Piece, Record, file_name, numbers
from process_gallery.script import read_script
from process_gallery.sphinxext import changes, comparison
from process_gallery.sphinxext.changes import Change, Claim

PROBES = """# Has this Python the change?
# sphinx_gallery_every_release = True
import sys

if __name__ == "__main__":
    print("mended: %s" % ("yes" if sys.version_info >= (3, 8) else "no"))
"""
CONF = """
extensions = ["myst_parser", "process_gallery"]
process_gallery_run_as = "program"
sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery", "write_computation_times": False}
"""
PAGE = """# History

```{toctree}
gallery/index
```

Mended {SENTENCE}, it is said.

```{version_history} matrix/probes

* - 2.6
  - It begins.
  - [bpo-1](https://bugs.python.org/issue1)
* - RELEASE
  - It is mended.
  - [bpo-2](https://bugs.python.org/issue2)
  - PROBE
```
"""


def a_record(version: str, text: str, *, implementation: str = "CPython") -> Record:
    interpreter = Interpreter(version, implementation, "linux", "x86_64", "fork")
    cells = [Cell(1, 1, output=[Piece(0.0, None, text)])]
    digest = hashlib.sha256(PROBES.encode()).hexdigest()
    return Record(
        "matrix/probes.py", digest, interpreter, "ok", "ok", 0, 1.0, 1, cells, [], date="2026-01-01"
    )


class Site:
    """A site whose history has one row, and one probe that was run on some releases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("docs/matrix", "docs/records/matrix/probes", "examples"):
            (folder / name).mkdir(parents=True)
        (folder / "docs/conf.py").write_text(CONF)
        (folder / "docs/matrix/probes.py").write_text(PROBES)
        (folder / "examples/GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
        (folder / "examples/hello.py").write_text(
            '"""\nHello\n=====\n\nIt greets.\n"""\nprint(1)\n'
        )
        self.seen("no", "3.3.0", "3.3.4", "3.4.0")
        self.seen("yes", "3.3.5", "3.4.2", "3.5.0")
        self.page()

    def seen(self, answer: str, *versions: str, implementation: str = "CPython") -> None:
        for version in versions:
            record = a_record(version, f"mended: {answer}\n", implementation=implementation)
            name = file_name(record.interpreter, release=True)
            path = self.folder / "docs/records/matrix/probes" / name
            path.write_text(store.readable(record))

    def page(
        self,
        release: str = "3.3.5, 3.4.1",
        probe: str = "mended",
        sentence: str = "{since}`since 3.3.5 and 3.4.1 <mended>`",
    ) -> None:
        text = PAGE.replace("RELEASE", release).replace("PROBE", probe)
        (self.folder / "docs/index.md").write_text(text.replace("{SENTENCE}", sentence))

    def build(self, *, fails: bool = False) -> str:
        """Build it, without warnings unless it fails; return what was said."""
        done = subprocess.run(
            [
                *(sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going"),
                *("-d", "docs/_build/doctrees", "docs", "docs/_build/html"),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert (done.returncode != 0) == fails, text
        return text

    @property
    def html(self) -> str:
        """The page."""
        return (self.folder / "docs/_build/html/index.html").read_text()


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_doctests() -> None:
    assert doctest.testmod(changes).failed == 0


# -- what a page says of versions


@pytest.mark.parametrize(
    ("probe", "release", "no", "yes"),
    [
        ("a", "3.13.8, 3.14.1", "2.7.18 3.13.7 3.14.0", "3.13.8 3.14.1 3.15.0 3.16.0"),
        ("a", "3.12", "3.11.9", "3.12.0 3.12.1 3.13.0"),
        ("a", "3.14.9, 3.15.1", "3.13.18 3.14.8 3.15.0", "3.14.9 3.15.1 3.16.0"),
        ("a (no since 3.8)", "3.13.2, 3.14", "3.8.0 3.12.9 3.13.1", "3.7.16 3.13.2 3.14.0"),
        ("a (until 3.13.14, 3.14.5)", "3.12.10, 3.13.3", "3.13.2 3.13.14 3.14.5 3.15.0", "3.12.10 3.13.3 3.14.4"),
    ],
)  # fmt: skip
def test_what_versions_let_expect(probe: str, release: str, no: str, yes: str) -> None:
    claim = Claim.read(probe, Change.read(release))
    for word, answer in ((no, False), (yes, True)):
        for version in word.split():
            numbers = tuple(map(int, version.split(".")))
            assert claim.expects(numbers) == answer, version


def test_seen_in_words() -> None:
    def seen(text: str) -> changes.Seen:
        answers = []
        for word in text.split():
            version, _, said = word.partition(":")
            run = comparison.VersionRun(a_record(version, ""), release=True)
            answers.append(changes.Answer(run, said == "yes"))
        return changes.Seen("a", None, answers)  # type: ignore[arg-type]

    assert seen("3.3.0:no 3.3.4:no 3.3.5:yes 3.4.0:yes").words() == "no on 3.3.4, yes on 3.3.5"
    assert seen("2.7.18:yes 3.3.0:yes").words() == "yes on 2.7.18 to 3.3.0"
    assert seen("3.3.0:yes 3.4.0:no 3.4.1:no 3.5.0:yes").words() == (
        "yes on 3.3.0, no on 3.4.0 to 3.4.1, yes on 3.5.0"
    )
    assert not seen("3.13.5:no 3.13.15:yes 3.14.0:no 3.14.8:yes").contradicts_itself
    assert seen("3.3.0:yes 3.4.0:no 3.5.0:yes").contradicts_itself
    assert seen("3.3.0:yes 3.3.1:no").contradicts_itself


# -- the pages of this site

DOCS = Path(__file__).parents[1] / "docs"
_CLAIM = re.compile(r"(?i)\b(?:since|from|until|before|up to|new in) (?:Python )?3\.\d+(?!\d| to )")
_ROLE = re.compile(r"\{(?:since|until)\}`[^`]*`")
_MESSAGE = re.compile(r"- (?:[^`]*?\b)?(from|up to) (3\.[\d.]+)[^`]*?: `(.*)`")


def _pages() -> list[Path]:
    return [
        path
        for path in sorted(DOCS.rglob("*.md"))
        if path.relative_to(DOCS).parts[0] not in ("_build", "gallery", "matrix")
    ]


def _blocks(page: Path) -> list[str]:
    """Return a page's paragraphs and items, without headings and what is not prose."""
    text = re.sub(r"\A---\n.*?\n---\n", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for fence in (
        r"(`{3,}|:{3,})\{(?:recorded|version_\w+|code-block|index|error-list|toctree)\}",
        r"(`{3,})\w*\n",
    ):
        text = re.sub(rf"^( *){fence}.*?^\1\2$", "", text, flags=re.DOTALL | re.MULTILINE)
    blocks = re.split(r"\n\s*\n|\n(?=\s*(?:\* )?- )|\n(?=#)", text)
    return [" ".join(one.split()) for one in blocks if not one.lstrip().startswith("#")]


def test_a_version_that_a_page_names_is_bound_to_a_probe_or_has_a_source() -> None:
    """A source is a link in the same paragraph. The wordings of errors have a test of their own."""
    bound, unbound = 0, []
    for page in _pages():
        for block in _blocks(page):
            bound += len(_ROLE.findall(block))
            left = re.sub(r"`[^`]*`", "", _ROLE.sub("", block))
            cited = re.search(r"\]\(|\{pep\}", left) or _MESSAGE.match(block)
            if _CLAIM.search(left) and not cited:
                unbound.append(f"{page.relative_to(DOCS)}: {block[:100]}")
    assert not unbound
    rows = (DOCS / "reference/history.md").read_text(encoding="utf-8").split("\n* - ")
    measured = [
        row for row in rows if re.search(r"\n  - [a-z][\w-]+(?: \([^)]*\)|, [\w-]+)*$", row)
    ]
    assert (len(measured), bound) >= (60, 50)


def test_the_wordings_of_errors_are_those_of_the_versions_that_the_page_names() -> None:
    """Each item such as ``- up to 3.11: `TypeError: ...``` is found in the records of those versions
    only; those of the scripts that make mistakes.
    """
    texts: dict[tuple[int, ...], str] = {}
    for path in sorted((DOCS / "records/matrix").glob("*_errors/cpython-*-linux.json")):
        record = Record.from_json(path.read_bytes())
        version = numbers(record.interpreter.version)
        texts[version] = texts.get(version, "") + record.text()
    seen = 0
    pages = sorted((DOCS / "reference/errors").glob("*.md"))
    for block in (block for page in pages for block in _blocks(page)):
        match = _MESSAGE.match(block)
        if not match:
            continue
        word, named, message = match.groups()
        wording = re.escape(message).replace("…", ".*")
        where = [version for version, text in texts.items() if re.search(wording, text)]
        assert where, f"in no record: {block}"
        seen += 1
        change = Change.read(named, after=word == "up to")
        assert all(change.reached(version) == (word == "from") for version in where), block
    assert seen >= 8


def test_a_release_that_an_example_names_is_one_of_the_history() -> None:
    """The roles are not for scripts, whose text is read as it is. So a bug fix release that they name
    is that of a row, or, with a word such as "until" or "before", the last one before it.
    """
    history = (DOCS / "reference/history.md").read_text(encoding="utf-8")
    known = {
        numbers(version)
        for releases in re.findall(r"^\* - (3\..*)$", history, re.MULTILINE)
        for version in releases.split(", ")
    }
    wrong = []
    for script in sorted((DOCS.parent / "examples").glob("*/*.py")):
        text = re.sub(r"\n#? ?", " ", script.read_text(encoding="utf-8"))
        for match in re.finditer(r"\b3\.\d+\.[1-9]\d*\b", text):
            *branch, patch = numbers(match[0])
            around = text[match.start() - 40 : match.end() + 40]
            last = re.search(r"(?i)\b(until|up to|to|before|ran)\b", around)
            if (*branch, patch) not in known and not (last and (*branch, patch + 1) in known):
                wrong.append(f"{script.parent.name}/{script.name}: {match[0]}")
    assert not wrong


# -- records of releases


def test_each_release_has_a_record_of_its_own_where_the_script_asks_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "matrix"
    folder.mkdir()
    (folder / "every.py").write_text(PROBES)
    (folder / "minor.py").write_text("print(1)\n")
    scripts = [read_script(folder / "every.py"), read_script(folder / "minor.py")]

    def release(version: str) -> Python:
        return Python(f"/pythons/{version}/bin/python", None)  # what it is, its path says

    pythons = [release("3.13.0"), release("3.13.5"), release("3.14.8")]
    more = [release("3.13.15"), release("3.14.8"), release("3.12.1")]
    chosen = [
        (script.path.stem, python.interpreter.version)
        for script, python in pairs(scripts, pythons, more)
    ]
    assert [version for name, version in chosen if name == "minor"] == ["3.13.0", "3.14.8"]
    assert [version for name, version in chosen if name == "every"] == [
        "3.13.0", "3.13.5", "3.14.8", "3.13.15", "3.12.1",
    ]  # fmt: skip

    records = tmp_path / "records"
    command = ["matrix", *(str(script.path) for script in scripts), "--records", str(records)]
    assert main([*command, "--pythons", sys.executable]) == 0
    version = "{}.{}.{}".format(*sys.version_info)
    minor = version.rpartition(".")[0]
    names = sorted(path.relative_to(records).as_posix() for path in records.rglob("*.json"))
    assert [name.rpartition("-")[0] for name in names] == [
        f"matrix/every/cpython-{version}",
        f"matrix/minor/cpython-{minor}",
    ]


def test_a_minor_version_is_named_as_a_whole_if_all_its_releases_say_the_same() -> None:
    def run(version: str, text: str) -> comparison.VersionRun:
        return comparison.VersionRun(a_record(version, text), release=True)

    runs = [run("3.11.2", "a"), run("3.12.1", "a"), run("3.13.0", "a"), run("3.13.5", "a")]
    runs += [run("3.13.15", "b"), run("3.14.8", "b"), run("3.14.10", "b")]
    assert [group.label() for group in comparison.fold(runs)] == [
        "3.11, 3.12, 3.13.0, 3.13.5",
        "3.13.15, 3.14",
    ]


# -- the site


def test_the_table_says_where_a_change_was_seen_or_that_it_is_cited(site: Site) -> None:
    site.seen("no", "3.9.1", implementation="PyPy")
    site.build()
    assert "Run: no on 3.4.0, yes on 3.4.2, no on PyPy 3.9.1" not in site.html
    assert "no on PyPy 3.9.1" in site.html  # the versions let expect yes there
    assert "Cited: " in site.html
    assert (
        '<span class="pg-since" data-since="3.3.5 3.4.1">since 3.3.5 and 3.4.1</span>' in site.html
    )
    assert re.search(r'<tr class="[^"]*" data-since="3.3.5 3.4.1">', site.html)  # of the history


def test_interpreters_that_are_missing_do_not_fail_a_build(site: Site) -> None:
    """No Python of the records is on this machine; and some releases may have no record."""
    for path in (site.folder / "docs/records/matrix/probes").glob("*-3.4.*.json"):
        path.unlink()
    site.build()
    assert "Run: no on 3.3.4, yes on 3.3.5" in site.html


def test_a_row_with_a_wrong_version_fails_the_build(site: Site) -> None:
    wrong = {
        "3.3.4, 3.4.1": "yes on 3.3.4",
        "3.3.6, 3.4.1": "no on 3.3.5",
        "3.5": "no on 3.3.5, no on 3.4.2",
        "3.3.5": "yes on 3.4.0",
    }
    site.page()
    page = site.folder / "docs/index.md"
    lines = page.read_text().splitlines()
    table = "\n".join(lines[lines.index("```{version_history} matrix/probes") :])
    page.write_text(
        "\n".join([*lines, *(table.replace("3.3.5, 3.4.1", release) for release in wrong)])
    )
    output = site.build(fails=True)
    found = re.findall(r"index\.md:(\d+): WARNING: version_history: (.*)", output)
    assert [int(line) for line, _ in found] == [
        number
        for number, line in enumerate(page.read_text().splitlines(), 1)
        if line.removeprefix("* - ") in wrong
    ]
    for (_, message), (release, expected) in zip(found, wrong.items(), strict=True):
        assert message.startswith(
            f"{release}: the versions let expect {expected}; seen by mended of probes.py: "
            "no on 3.3.0, 3.3.4; yes on 3.3.5; no on 3.4.0; yes on 3.4.2, 3.5.0"
        )
        assert "; correct the version, or mend the probe and renew its records" in message


def test_a_probe_that_contradicts_itself_is_reported(site: Site) -> None:
    site.seen("no", "3.6.0", "3.6.1")  # and this Python says yes again
    output = site.build(fails=True)
    assert "the versions let expect yes on 3.6.0, yes on 3.6.1" in output
    assert "the probe contradicts itself: mend it, or say since when or until when" in output


def test_mistakes_are_reported(site: Site) -> None:
    sentences = {
        "{since}`since 3.4 <mended>`": "'since 3.4': the versions let expect no on 3.3.5",
        "{until}`up to 3.4 <mended>`": "'up to 3.4': the versions let expect no on 3.3.5, no on 3.4.2",
        "{since}`since 3.5`": "names no probe; write  TEXT WITH VERSIONS <PROBE>",
        "{since}`since long <mended>`": "'since long' names no version",
        "{since}`since 3.3 <nothing>`": "there is no run of a probe 'nothing'",
        "{since}`since 3.3 <mended (not yet)>`": "'mended (not yet)' is no name of a probe",
        "{until}`up to 3.3.4 and 3.4.1 <mended>`": "",
    }
    site.page("at last", sentence="\n".join(sentences))
    output = site.build(fails=True)
    for message in sentences.values():
        assert message in output
    assert "version_history: 'at last' names no version" in output
    assert "'up to 3.3.4" not in output
    site.page(probe="other")
    output = site.build(fails=True)
    assert "there is no run of a probe 'other'; correct its name, or record it" in output
    assert "the probe 'mended' of probes.py is in no row: no on 3.3.0, 3.3.4; yes on" in output


def test_a_page_is_read_again_when_a_probe_says_something_else(site: Site) -> None:
    site.build()
    site.seen("no", "3.3.5")
    assert "the versions let expect yes on 3.3.5" in site.build(fails=True)
