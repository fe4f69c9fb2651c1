"""What a page says that a run must show: the patterns and relations themselves, and that every run
on a narrative page has some.
"""

from __future__ import annotations

import doctest
import re

import pytest

from process_gallery.sphinxext import shows
from process_gallery.sphinxext.shows import PatternError, Shows

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
