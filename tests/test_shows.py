"""What a page says that a run must show: the patterns and relations themselves, and that every run
on a narrative page has some.
"""

from __future__ import annotations

import doctest
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from process_gallery.model import Record
from process_gallery.script import Script, read_script
from process_gallery.sphinxext import shows
from process_gallery.sphinxext.build import Example
from process_gallery.sphinxext.recorded import text_of
from process_gallery.sphinxext.shows import PatternError, Shows

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"

OUTPUT = """\
MainProcess | fork        takes    1,012.5 ms
Process-1   | 10 of 10 hang [in 'a' + 'b']
            | exit code -9
"""


def problem(text: str = OUTPUT, **options: str) -> str:
    return Shows.read({name.replace("_", "-"): value for name, value in options.items()}).problem(
        text
    )


def test_the_examples_in_the_docstrings_are_right() -> None:
    assert not doctest.testmod(shows).failed


@pytest.mark.parametrize(
    "pattern",
    [
        "fork takes",
        "MainProcess | fork ... ms",
        "of 10 hang [in 'a' + 'b']",
        "{n} of 10 hang",
        "exit code -9",
        r"/^Process-\d \| \d+ of/",
        "/(?s)fork.*exit code/",
        "exit ...\n10 of 10",
    ],
)
def test_what_is_shown(pattern: str) -> None:
    assert not problem(shows=pattern)
    assert problem(shows_not=pattern)
    assert pattern.splitlines()[0] in problem(shows_not=pattern)


@pytest.mark.parametrize(
    "pattern", ["0 of 10", "fork take", "10 of 10 hang.", "fork ... code", "/^fork/", "10  of 11"]
)
def test_what_is_not_shown(pattern: str) -> None:
    assert problem(shows=pattern) == f"shows: {pattern}"
    assert not problem(shows_not=pattern)


@pytest.mark.parametrize(
    ("shown", "relation", "holds"),
    [
        ("takes {ms} ms", "ms > 1000", True),
        ("takes {ms} ms", "ms > 2000", False),
        ("{hung} of {all} hang", "hung == all and all > 1", True),
        ("exit code {code}", "code == -9", True),
        ("exit code {code}", "-code / 2 > 4 or code < -100", True),
        ("takes {ms} ms\n{hung} of", "10 < hung * 2 < ms - 1 + 0", True),
        ("takes {ms} ms", "1 / (ms - ms) > 2", False),
        (r"/(?P<word>fork)/", "word > 1", False),
        ("takes {ms} seconds", "ms > 1000", False),
    ],
)
def test_relations_between_numbers(shown: str, relation: str, *, holds: bool) -> None:
    says = problem(shows=shown, holds=relation)
    assert (not says) == holds
    if not holds:
        assert f"holds: {relation}  (" in says


def test_every_relation_must_hold() -> None:
    assert problem(shows="takes {ms} ms", holds="ms > 1\nms > 2000") == (
        "holds: ms > 2000  (with ms = 1012.5)"
    )


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"shows": "/(/"}, "'/(/' is no pattern"),
        ({"shows": "..."}, "matches the empty text"),
        ({"shows-not": "/x*/"}, "shows-not: '/x*/' matches the empty text"),
        ({"shows": "{n} of {n}"}, "is no pattern"),
        ({"shows": "{n} of\n{n} ms"}, "names 'n' a second time"),
        ({"shows": "{n}", "holds": "m > 1"}, "no pattern of  shows  names 'm'"),
        ({"shows": "{n}", "holds": "n"}, "compares nothing"),
        ({"shows": "{n}", "holds": "1 < 2"}, "says nothing of what is shown"),
        ({"shows": "{n}", "holds": "n >"}, "is no expression"),
        ({"shows": "{n}", "holds": "n > " + "(" * 5000}, "is no expression"),
        ({"shows": "{n}", "holds": "n > 9 ** 9"}, "not Pow"),
        ({"shows": "{n}", "holds": "__import__('os').getpid() > n"}, "not Call"),
        ({"shows": "{n}", "holds": "n.real > 1"}, "not Attribute"),
        ({"shows": "{n}", "holds": "n > 'x' * 9"}, "not Constant"),
        ({"shows": "{n}", "holds": "n in [1]"}, "not In"),
        ({"shows": "{n}", "holds": "(lambda: 1) > n"}, "not "),
    ],
)
def test_what_cannot_be_used_is_an_error(options: dict[str, str], says: str) -> None:
    with pytest.raises(PatternError, match=re.escape(says)):
        Shows.read(options)


def test_a_message_repeats_the_beginning_of_what_was_shown() -> None:
    text = shows.shortened("\n".join(f"{number} {'x' * 300}" for number in range(100)))
    assert len(text.splitlines()) == shows.LINES + 1
    assert text.endswith(f"... and {100 - shows.LINES} lines more")
    assert max(map(len, text.splitlines())) <= shows.WIDTH
    assert shows.shortened("") == "nothing"


@dataclass(frozen=True)
class Directive:
    """A directive of a page that shows what a script printed."""

    page: str
    line: int
    name: str
    script: str
    options: dict[str, str]
    section: str
    """The heading above it."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def directives(page: Path) -> Iterator[Directive]:
    """Read the directives of a page; code blocks, in which an example of one may stand, are left
    out, and so is ``version_history``: each row of it names the probe that it is checked by.
    """
    options_to_items = pytest.importorskip("myst_parser.parsers.options").options_to_items
    lines = page.read_text(encoding="utf-8").splitlines()
    section, within, number = "", "", 0
    while number < len(lines):
        line, number = lines[number].strip(), number + 1
        if within:
            within = "" if line == within else within
        elif match := re.fullmatch(
            r"(`{3,}|:{3,})\{(recorded|version_(?!history)\w+)\}\s+(.*)", line
        ):
            first = number
            while number < len(lines) and re.match(r"\s*:(?!::)", lines[number]):
                number += 1
            block = "\n".join(option.strip()[1:] for option in lines[first:number])
            items = options_to_items(block + "\n")[0] if block else []
            options = dict(items)
            assert len(items) == len(options), f"{page}:{first}: an option is there twice"
            name = page.relative_to(ROOT).as_posix()
            yield Directive(name, first, match[2], match[3].strip(), options, section)
            within = match[1]
        elif match := re.match(r"`{3,}|~{3,}", line):
            within = match[0]
        elif line.startswith("#"):
            section = line


PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if not {"gallery", "_build"} & set(page.relative_to(DOCS).parts)
]
DIRECTIVES = [directive for page in PAGES for directive in directives(page)]


def test_the_directives_of_the_pages_are_found() -> None:
    """As many as a plain search finds; the page about the directive has one in a code block."""
    plain = sum(
        len(
            re.findall(
                r"^\s*```\{(?:recorded|version_(?!history)\w+)\}", page.read_text(), re.MULTILINE
            )
        )
        for page in PAGES
    )
    shown = DOCS / "reference/process_gallery.md"
    assert len(DIRECTIVES) + shown.read_text().count("\n```{recorded}") == plain
    assert len(DIRECTIVES) > 170


@pytest.mark.parametrize("directive", DIRECTIVES, ids=str)
def test_every_run_on_a_page_says_what_it_must_show(directive: Directive) -> None:
    assert Shows.read(directive.options).patterns, f"{directive}: no  shows"


def sections(page: Path, level: str = "###") -> dict[str, str]:
    """Return the sections of a page at one level of headings, each with its text."""
    parts = re.split(r"^(#+ .*)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {
        heading: text
        for heading, text in zip(parts[1::2], parts[2::2], strict=True)
        if heading.startswith(f"{level} ")
    }


def test_every_verdict_is_bound_to_a_run() -> None:
    """But for what was before anything that can be run."""
    bound = {one.section for one in DIRECTIVES if "concepts/folklore" in one.page}
    verdicts = set(sections(DOCS / "concepts/folklore.md"))
    for page in (DOCS / "concepts/folklore").glob("*.md"):
        verdicts |= set(sections(page, "##"))
    assert len(verdicts) > 40
    assert verdicts - bound == set()


def test_the_table_of_claims_has_every_claim() -> None:
    pages = [DOCS / "concepts/folklore.md", *(DOCS / "concepts/folklore").glob("*.md")]
    table = pages[0].read_text(encoding="utf-8").partition("\n## ")[0]
    listed = re.findall(r"^\* - \[.*\]\(#folklore-([\w-]+)\)$", table, re.MULTILINE)
    entries = [
        label
        for page in pages
        for label in re.findall(
            r"^\(folklore-(?!seed)([\w-]+)\)=\n+###? ",
            page.read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    ]
    assert sorted(listed) == sorted(entries)


NOT_RUN = "**Not run here.** "


def test_every_error_is_bound_to_its_own_words() -> None:
    """The heading says what the pattern says, so the run has shown it; or the entry says that it was
    not run here, and where it is from.
    """
    entries = [
        (f"docs/reference/errors/{path.name}", heading, text)
        for path in (DOCS / "reference/errors").glob("*.md")
        for heading, text in sections(path, "##").items()
    ]
    assert len(entries) > 40
    for page, heading, text in entries:
        own = [one for one in DIRECTIVES if (one.page, one.section) == (page, heading)]
        if NOT_RUN in text:
            assert "](https://" in text.partition(NOT_RUN)[2].partition("\n\n")[0], heading
            assert not own, heading
            continue
        assert own, heading
        if "No error message" in heading:
            continue
        words = heading.replace("`", "").replace("…", "...")
        assert any(
            pattern.search(words) for one in own for _, pattern in Shows.read(one.options).patterns
        ), f"{heading}: none of its patterns is what it says"


def committed(script: Script) -> list[Path]:
    name = script.path.relative_to(ROOT / "examples").with_suffix("")
    return sorted((DOCS / "records" / name).glob("*.json"))


SCRIPTS = {
    name: read_script(ROOT / "examples" / f"{name}.py")
    for name in sorted({one.script for one in DIRECTIVES if one.name == "recorded"})
}
STAND_INS = [
    line
    for line in (DOCS / "records/stand_ins.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(
    "directive",
    [one for one in DIRECTIVES if one.name == "recorded" and committed(SCRIPTS[one.script])],
    ids=str,
)
def test_a_committed_record_shows_what_the_pages_say(directive: Directive) -> None:
    """Else a build would fail on a Python that lacks what the example needs, or is older."""
    script = SCRIPTS[directive.script]
    show = directive.options.get("show", "code figures output").split()
    problems = []
    for path in committed(script):
        record = Record.from_json(path.read_bytes())
        cells = [
            cell
            for part in directive.options.get("cells", f"1-{len(record.cells)}").split()
            for cell in range(int(part.partition("-")[0]) - 1, int(part.rpartition("-")[2]))
        ]
        example = Example(directive.script, script, record, str(path))
        problems.append(Shows.read(directive.options).problem(text_of(example, show, cells)))
    assert "" in problems, problems


def test_a_record_of_an_example_is_committed_where_one_stands_in() -> None:
    """The list is what `make matrix` renews besides the examples that need something."""
    kept = {
        path.parent.relative_to(DOCS / "records").as_posix() + ".py"
        for path in (DOCS / "records").rglob("*.json")
    }
    needy = {
        path.relative_to(ROOT / "examples").as_posix()
        for path in (ROOT / "examples").glob("*/*.py")
        if "\n# sphinx_gallery_needs" in path.read_text(encoding="utf-8")
    }
    assert {name for name in kept if not name.startswith("matrix/")} - needy == set(STAND_INS)
    by_hand = {
        name
        for name in needy
        if "\n# sphinx_gallery_by_hand" in (ROOT / "examples" / name).read_text(encoding="utf-8")
    }
    assert by_hand <= kept
    for name in [*STAND_INS, *sorted(by_hand)]:
        source = (ROOT / "examples" / name).read_bytes()
        for path in committed(read_script(ROOT / "examples" / name)):
            record = Record.from_json(path.read_bytes())
            assert record.sha256 == hashlib.sha256(source).hexdigest(), f"{path}: make matrix"
