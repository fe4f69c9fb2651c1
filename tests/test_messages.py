"""The pages of error messages: each was printed by a run. On the page, or, for other versions' wordings, in a committed record."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SITE = Path(os.environ.get("SITE", ROOT / "docs/_build/html"))
PAGES = ROOT / "docs/reference/errors"


def sections():
    """Return the entries of the pages: label, the page, and the messages that stand there as headings or other wordings."""
    found = {}
    for page in sorted(PAGES.glob("*.md")):
        for label, text in re.findall(
            r"^\(error-([\w-]+)\)=\n(.*?)(?=^\(error-|\Z)",
            page.read_text(encoding="utf-8"),
            re.DOTALL | re.MULTILINE,
        ):
            lines = re.findall(r"^(?:## |- )(?:[^`\n]*: )?(`.+`)$", text, re.MULTILINE)
            messages = [message for line in lines for message in re.findall("`([^`]+)`", line)]
            found[label] = page.stem, messages, text
    return found


SECTIONS = sections()


def pattern(message):
    """Return a regular expression for a message. What differs by chance is an ellipsis; the exception's name may be missing."""
    text = re.sub(r"^[\w.]*(?:Error|Warning|Pool): ", "", message)
    text = re.sub(r"(\[WinError \d+\]) .*", r"\1", text)  # the system's words; Wine has others
    return ".*?".join(re.escape(" ".join(part.split())) for part in text.split("…"))


def outputs(label):
    """Return what the runs in a section of the built page printed."""
    page = (SITE / f"reference/errors/{SECTIONS[label][0]}.html").read_text(encoding="utf-8")
    section = page.partition(f'<section id="error-{label}"')[2].partition("<section")[0]
    blocks = [match[0] for match in re.finditer(r"<(pre|table).*?</\1>", section, re.DOTALL)]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", "", " ".join(blocks))).split())


@pytest.fixture(scope="module")
def recorded():
    """Return what all committed records printed."""
    texts = []
    for path in (ROOT / "docs/records").rglob("*.json"):
        record = json.loads(path.read_text(encoding="utf-8"))
        texts += ["".join(piece["text"] for piece in cell["output"]) for cell in record["cells"]]
    return " ".join(" ".join(texts).split())


def test_there_are_at_least_25():
    assert len([label for label, (_, messages, _) in SECTIONS.items() if messages]) >= 25


@pytest.mark.parametrize("label", SECTIONS)
def test_each_entry_says_cause_and_mend(label):
    parts = re.split(r"^\*\*(Cause|Mend)\.\*\* ", SECTIONS[label][2], flags=re.MULTILINE)
    assert parts[1::2] == ["Cause", "Mend"]
    assert all(len(text.split()) > 2 for text in parts[2::2])


@pytest.mark.site
def test_the_list_has_every_entry_with_its_old_anchor():
    page = (SITE / "reference/errors.html").read_text(encoding="utf-8")
    items = re.findall(
        r'<li id="error-([\w-]+)"><p><a [^>]*href="errors/(\w+)\.html#error-([\w-]+)"', page
    )
    assert all(one == other for one, _, other in items)
    assert {label: name for label, name, _ in items} == {
        label: name for label, (name, *_) in SECTIONS.items()
    }


@pytest.mark.site
@pytest.mark.skipif(
    not (SITE / "reference/errors.html").exists(),
    reason=f"there is no built site in {SITE}: make html, or name one in SITE",
)
@pytest.mark.parametrize("label", SECTIONS)
def test_each_message_was_printed_by_a_run(label, recorded):
    shown = outputs(label)
    _, messages, text = SECTIONS[label]
    if "**Not run here.** " in text:  # test_shows.py has that it says where the message is from
        return
    assert shown or not messages
    for message in messages:
        assert re.search(pattern(message), shown) or re.search(pattern(message), recorded), (
            f"no run printed {message}"
        )
