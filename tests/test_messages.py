"""The page of error messages: each was printed by a run. On the page, or, for other versions' wordings, in a committed record."""

from __future__ import annotations

import html
import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SITE = Path(os.environ.get("SITE", ROOT / "docs/_build/html"))
PAGE = ROOT / "docs/reference/errors.md"


def sections():
    """Return the sections of the page's source: label, and the messages that stand there as headings or other wordings."""
    found = {}
    for label, text in re.findall(
        r"^\(error-([\w-]+)\)=\n(.*?)(?=^\(error-|\Z)",
        PAGE.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    ):
        lines = re.findall(r"^(?:### |- )(?:[^`\n]*: )?(`.+`)$", text, re.MULTILINE)
        found[label] = [message for line in lines for message in re.findall("`([^`]+)`", line)]
    return found


SECTIONS = sections()


def pattern(message):
    """Return a regular expression for a message. What differs by chance is an ellipsis; the exception's name may be missing."""
    text = re.sub(r"^[\w.]*(?:Error|Warning|Pool): ", "", message)
    return ".*?".join(re.escape(" ".join(part.split())) for part in text.split("…"))


def outputs(label):
    """Return what the runs in a section of the built page printed."""
    page = (SITE / "reference/errors.html").read_text(encoding="utf-8")
    section = page.partition(f'<section id="error-{label}"')[2].partition("<section")[0]
    blocks = re.findall(r"<pre.*?</pre>", section, re.DOTALL)
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
    assert len([label for label, messages in SECTIONS.items() if messages]) >= 25


def test_the_index_at_the_top_has_every_message():
    top = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    assert re.findall(r"\(#error-([\w-]+)\)", top) == list(SECTIONS)


@pytest.mark.site
@pytest.mark.skipif(
    not (SITE / "reference/errors.html").exists(),
    reason=f"there is no built site in {SITE}: make html, or name one in SITE",
)
@pytest.mark.parametrize("label", SECTIONS)
def test_each_message_was_printed_by_a_run(label, recorded):
    shown = outputs(label)
    assert shown or not SECTIONS[label]
    for message in SECTIONS[label]:
        assert re.search(pattern(message), shown) or re.search(pattern(message), recorded), (
            f"no run printed {message}"
        )
