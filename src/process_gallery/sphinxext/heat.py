"""A table of counts such as ``3 of 10`` as a heat map: how much of each cell is filled says how many of
all they are, and its link leads to the output that says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from docutils import nodes

from .comparison import VersionRun

STEPS = 10
"""Steps of the fill: empty only for none, and full only for all."""


def address(key: str, version: str) -> str:
    """Return the id of what one version printed for a key.

    >>> address("threading.Lock", "PyPy 3.11")
    'threading-lock-pypy-3.11'
    """
    words = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")
    return f"{words}-{version.lower().replace(' ', '-')}"


def step(count: int, of: int) -> int:
    """Return how much of a cell is filled, in steps.

    >>> [step(count, 20) for count in (0, 1, 10, 19, 20)]
    [0, 1, 5, 9, 10]
    """
    if count in (0, of):
        return STEPS if count else 0
    return min(STEPS - 1, max(1, STEPS * count // of))


def usual_first(run: VersionRun) -> tuple[object, ...]:
    """Sort key: CPython with its lock first, then other builds and implementations, each by version."""
    interpreter = run.record.interpreter
    return (interpreter.implementation != "CPython", not interpreter.gil, *run.order)


def cell(key: str, version: str, value: str) -> list[nodes.Node]:
    """Return what stands in a cell: a link, of which a style sheet makes the whole cell. The words
    are for those who do not see the row's head.
    """
    match = re.fullmatch(r"(\d+) of (\d+)", value)
    if not match:
        return [nodes.paragraph("", value, classes=["pg-doc"])]
    filled = f"pg-heat-{step(int(match[1]), int(match[2]))}"
    link = nodes.reference("", "", refid=address(key, version), internal=True, classes=[filled])
    link += [nodes.Text(match[1]), nodes.inline("", f" of {match[2]}", classes=["pg-of"])]
    return [nodes.paragraph("", "", link)]


def row_head(key: str, values: Sequence[str]) -> list[nodes.Node]:
    """Name a row, and what its counts are of if that is the same everywhere."""
    totals = {match[1] for value in values if (match := re.fullmatch(r"\d+ of (\d+)", value))}
    head = nodes.paragraph("", key)
    if len(totals) == 1:
        head += [nodes.Text(" "), nodes.inline("", f"of {min(totals)}", classes=["pg-doc"])]
    return [head]


def legend() -> nodes.Node:
    """Say what the fill means."""
    paragraph = nodes.paragraph(classes=["pg-heat-legend"])
    for filled, words in ((0, "none"), (STEPS // 2, "some"), (STEPS, "all")):
        paragraph += [nodes.inline("", words, classes=[f"pg-heat-{filled}"]), nodes.Text(" ")]
    return paragraph
