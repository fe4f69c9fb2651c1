"""What the drawings say, from records built by hand and from real runs."""

from __future__ import annotations

import dataclasses
import html.parser
import itertools
import json
import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from process_gallery import drawing
from process_gallery.drawing.output import KEYS
from process_gallery.drawing.terminal import screen
from process_gallery.drawing.text import failure, terminal
from process_gallery.drawing.timeline import ROWS
from process_gallery.drawing.view import View
from process_gallery.errors import RecordError
from process_gallery.model import Cell, Interpreter, Piece, Process, Record
from process_gallery.recording.recorder import record as run

STATIC = Path(drawing.__file__).parent / "static"
VOID = {"input", "br", "img"}


def made(pieces, processes=None, **fields):
    """Return a record of one cell; pieces are (process, text) or (process, text, time)."""
    output = [
        Piece(p[2] if len(p) > 2 else 0.1 + 0.01 * n, p[0], p[1]) for n, p in enumerate(pieces)
    ]
    if processes is None:
        count = 1 + max((p[0] or 0 for p in pieces), default=0)
        processes = [
            Process(0, 1, "MainProcess", "main", asked=0.0, start=0.0, end=0.9, exit_code=0)
        ]
        processes += [
            Process(
                i, 1 + i, f"Process-{i}", "fork", 0, 0, asked=0.02, start=0.03, end=0.8, exit_code=0
            )
            for i in range(1, count)
        ]
    values = {
        "script": "countdown/made.py",
        "sha256": "0" * 64,
        "interpreter": Interpreter("3.15.2", "CPython", "linux", "x86_64", "forkserver"),
        "expected": "ok",
        "outcome": "ok",
        "exit_code": 0,
        "duration": 0.9,
        "peak_memory": 24_000,
        "cells": [Cell(1, 9, 0.01, 0.9, output)],
        "processes": processes,
    } | fields
    return Record(**values)


class Parsed(html.parser.HTMLParser):
    """Check that tags are balanced and attributes harmless; keep what a test wants to know."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.pre, self.text, self.elements = [], "", "", []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), (tag, attrs)
        assert not any(name == "style" or name.startswith("on") for name in names), (tag, attrs)
        assert tag not in ("script", "style", "iframe", "object", "img")
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        if "pre" in self.open:
            self.pre += data

    def having(self, name):
        return [
            attributes
            for _, attributes in self.elements
            if name in (attributes.get("class") or "").split()
        ]


def shown(*texts):
    """Return what a terminal shows in the end."""
    return "\n".join(line.text for line in screen(Piece(0.1, 0, text) for text in texts))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a\nb\n"], "a\nb"),
        (["a\r\nb\n"], "a\nb"),
        (["  0%\r 50%\r100%\n"], "100%"),
        (["long line\rX\n"], "Xong line"),
        (["long line\r\x1b[KX\n"], "X"),
        (["abc\b\bX\n"], "aXc"),
        (["\x1b[1;31mred\x1b[0m\n"], "red"),
        (["\x1b[1;3", "1mred\x1b", "[0m\n"], "red"),
        (["one\ntwo\n\x1b[2Auno\n\n"], "uno\ntwo"),
        (["\x1b]0;title\x07text \x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n"], "text link"),
        (["nul \0 escape \x1b\x01 bell \a del \x7f\n"], "nul ^@ escape ^[^A bell  del ^?"),
        (["\x85 \ufffe \ud800\n"], "\ufffd \ufffd \ufffd"),
        (["a\tb\n"], "a\tb"),
        (["\n\n"], "\n"),
        ([""], ""),
        (["no end"], "no end"),
        (["\x1b[999999999C.\x1b[99999A\n"], " " * 1_000 + "."),
    ],
)
def test_a_terminal(texts, expected):
    assert shown(*texts) == expected


def test_every_line_has_its_writer():
    parsed = Parsed(
        drawing.output_html(
            made([(0, "one\n"), (1, "two\n"), (1, "\n"), (2, "three\n")]), [0], uid="u"
        )
    )
    assert [line["data-n"] for line in parsed.having("pg-l")] == [
        "MainProcess",
        "Process-1",
        "Process-1",
        "Process-2",
    ]
    assert parsed.pre == "one\ntwo\n\nthree\n"
    assert len(parsed.having("pg-key")) == 3
    assert [bool("pg-new" in line["class"]) for line in parsed.having("pg-l")] == [
        True,
        True,
        False,
        True,
    ]


def test_the_example_alone_is_plain():
    page = drawing.output_html(made([(0, "a < b\n")]), [0], uid="u")
    assert "<pre>a &lt; b\n</pre>" in page
    assert "pg-l" not in page
    # children that print nothing change nothing about it, but a replay needs to know the times
    silent = made([(0, "a\n")], made([(1, "")]).processes)
    parsed = Parsed(drawing.output_html(silent, [0], uid="u"))
    assert parsed.having("pg-l") == [{"class": "pg-l", "data-t": "100"}]
    assert not parsed.having("pg-key")
    page = drawing.output_html(silent, [0], uid="u", timeline=False)  # where there is one
    assert "<pre>a\n</pre>" in page
    assert "data-" not in page


def test_platforms_that_cannot_tell_the_writer_show_no_names():
    page = drawing.output_html(
        made([(None, "a\n"), (None, "b\n")], made([(1, "")]).processes, named=False), [0], uid="u"
    )
    assert "data-n" not in page
    assert Parsed(page).pre == "a\nb\n"
    assert drawing.output_text(made([(None, "a\n")], named=False), [0]) == "a\n"


def test_lines_of_two_writers():
    record = made([(1, "Hello"), (2, "Hello"), (1, " world\n"), (2, " world\n")])
    parsed = Parsed(drawing.output_html(record, [0], uid="u"))
    assert parsed.pre == "HelloHello world\n world\n"
    parts = parsed.having("pg-part")
    assert [part["data-p"] for part in parts] == ["1", "2", "1"]
    assert ["pg-other" in part["class"] for part in parts] == [False, True, True]
    assert (
        drawing.output_text(record, [0])
        == "Process-1 | Hello <Process-2> Hello <Process-1>  world\nProcess-2 |  world\n"
    )


def test_omitted_bytes_are_a_line():
    record = made([(0, "a"), (0, ""), (1, "b\n")])
    record.cells[0].output[1].omitted = 12_345
    parsed = Parsed(drawing.output_html(record, [0], uid="u"))
    assert parsed.pre == "a\n[12,345 bytes of MainProcess left out]\nb\n"
    assert len(parsed.having("pg-gap")) == 1
    assert " | [12,345 bytes of MainProcess left out]\n" in drawing.output_text(record, [0])
    record.cells[0].output[1].process = None  # as an older recorder, or another platform has it
    assert (
        Parsed(drawing.output_html(record, [0], uid="u")).pre == "a\n[12,345 bytes left out]\nb\n"
    )


def test_omitted_bytes_of_many_are_few_lines():
    processes = [Process(n, n + 1, f"P{n}", "fork") for n in range(30)]
    record = made([(0, "a\n"), *((n, "") for n in range(30)), (1, "b\n")], processes)
    for piece in record.cells[0].output[1:-1]:
        piece.omitted = 1000
    lines = Parsed(drawing.output_html(record, [0], uid="u")).pre.splitlines()
    assert lines == [
        "a",
        *(f"[1,000 bytes of P{n} left out]" for n in range(9)),
        "[21,000 bytes left out]",
        "b",
    ]
    assert record.text() == "a\n\n[30,000 bytes left out]\nb\n"


def test_a_stuck_process_without_a_stack_says_why():
    processes = [
        Process(0, 1, "MainProcess", "main", stuck=True, stack='Current thread 0x1 (most recent call first):\n  File "x.py", line 1 in f\n'),
        Process(1, 2, "Odd", "fork", stuck=True, note="no stack: <because>"),
        Process(2, 3, "forkserver", "exec", stuck=True),
        Process(3, 4, "forkserver", "exec", stuck=True, stack='Current thread 0x1 (most recent call first):\n  File "x.py", line 2 in g\n'),
    ]  # fmt: skip
    record = made([(0, "a\n")], processes, outcome="timeout", timeout=1.0)
    page = drawing.stacks_html(record, uid="u")
    assert "<p>no stack: &lt;because&gt;</p>" in page
    assert page.count("<li data-p=") == 3, "a server that waited for the others hung nowhere"
    assert "Odd, stuck:\nno stack: <because>\n" in drawing.stacks_text(record)
    assert "Odd: no stack: <because>" in terminal(record)
    assert "Odd: no stack: <because>" in failure(record, "x.py")


def test_no_output_is_nothing():
    assert drawing.output_html(made([]), [0], uid="u") == ""
    assert drawing.output_text(made([]), [0]) == ""


def test_names_are_the_same_everywhere():
    names = ["MainProcess", "worker", "worker", "<b>&\"'", "a\nb"]
    processes = [
        Process(i, i, name, "fork" if i else "main", asked=0.0, start=0.0, end=0.5)
        for i, name in enumerate(names)
    ]
    record = made([(i, "x\n") for i in range(5)], processes)
    pages = drawing.output_html(record, [0], uid="a") + drawing.timeline_html(record, uid="b")
    parsed = Parsed(pages)
    assert {line["data-n"] for line in parsed.having("pg-l")} == {
        "MainProcess",
        "worker",
        "worker #2",
        "<b>&\"'",
        "a b",
    }
    colors = {}
    for attributes in (*parsed.having("pg-key"), *parsed.having("pg-l")):
        color = re.search(r"pg-c\w", attributes["class"])[0]
        assert colors.setdefault(attributes["data-p"], color) == color
    assert len(set(colors.values())) == 5
    runs = {attributes["data-pg"] for attributes in parsed.having("pg")}
    assert len(runs) == 1, "the script finds the drawings of one run by it"


def test_numbers_of_any_length_in_an_output_are_drawn():
    digits = "9" * 5000
    texts = [f"\x1b[{digits}{final}x\n" for final in "ABCDGKJHm"]
    texts.append(f'  File "made.py", line {digits}, in f\n')
    record = made([(0, text) for text in texts] + [(1, "y\n")])
    record.processes[
        1
    ].stack = f'Thread 1 (most recent call first):\n  File "made.py", line {digits} in f\n'
    draw_all(record)


def test_movements_of_the_cursor_do_not_make_a_page_of_any_size():
    """64 KB of output that leave 10,000 blank columns on each line."""
    for bomb in ("\x1b[9999Cx\n", "\x1b[9999Gx\n", "\x1b[999Cx\x1b[99D\n", "x\x1b[999C\x1b[Bx\n"):
        record = made([(0, bomb * (65_536 // len(bomb))), (1, "y\n")])
        page = drawing.output_html(record, [0], uid="u")
        assert len(page) < 3_000_000
        if "999" in bomb:
            assert "blank columns are not shown" in page
            assert "blank columns are not shown" in drawing.output_text(record, [0])


def draw_all(record):
    """Draw a record in every way; check each page and picture."""
    cells = range(len(record.cells))
    Parsed(
        drawing.output_html(record, cells, uid="a", code_anchor=lambda line: f"line-{line}")
        + drawing.timeline_html(record, uid="b")
        + drawing.stacks_html(record, uid="c", code_anchor=lambda line: f"line-{line}")
        + drawing.facts_html(record)
    )
    ET.fromstring(drawing.thumbnail_svg(record))
    for cell in record.cells:
        for figure in cell.figures:
            for variant in drawing.figure_variants(figure):
                ET.fromstring(variant.encode("utf-8", "replace"))
    written = drawing.output_text(record, cells) + drawing.timeline_text(record)
    written += terminal(record) + (failure(record, "made.py") or "")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", written)


HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onload='alert(1)",
        "\x1b[31m\x1b]0;t\x07",
        "]]>",
        "&#0;",
        "\ud800\x00\ufffe",
        "main",
        "",
    ]
) | st.text(max_size=20)


def places(value, path=()):
    """Yield the path of every value in a record's data."""
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


def a_full_record():
    record = made(
        [(0, "a\n"), (1, "b"), (2, TRACEBACK)], memory_limit=64, error="ValueError: x", outcome="exit 1",
        exit_code=1, date="2026-01-01", left_behind=[2], leaves=["x"], shortened=["script"], timeout=8.0,
    )  # fmt: skip
    record.cells[0].figures = ['<svg xmlns="http://www.w3.org/2000/svg"/>']
    record.processes[1].stack, record.processes[1].stuck = STACK, True
    record.processes[1].signal = "SIGKILL"
    return record


@hypothesis.given(st.data())
@hypothesis.settings(deadline=None, max_examples=150)
def test_a_record_with_any_text_in_any_field_is_drawn_without_harm(data):
    """Whoever makes a record without reading it from a file has not had its fields checked."""
    record = a_full_record()
    texts = [
        (owner, field.name)
        for owner in (
            record,
            record.interpreter,
            *record.cells,
            *record.processes,
            *record.pieces(),
        )
        for field in dataclasses.fields(owner)
        if isinstance(getattr(owner, field.name), str)
    ]
    for owner, name in data.draw(st.lists(st.sampled_from(texts), min_size=1, max_size=4)):
        setattr(owner, name, data.draw(HOSTILE))
    record.cells[0].figures = [data.draw(HOSTILE)]
    draw_all(record)


@hypothesis.given(st.data())
@hypothesis.settings(deadline=None, max_examples=300)
def test_a_file_with_anything_in_any_field_is_refused_or_drawn(data):
    whole = json.loads(a_full_record().to_json())
    *path, last = data.draw(st.sampled_from(list(places(whole))))
    owner = whole
    for key in path:
        owner = owner[key]
    owner[last] = data.draw(
        HOSTILE
        | st.integers()
        | st.sampled_from(
            [10**30, -1, -0.5, 1e308, float("nan"), float("inf"), 10**5000, None, True]
        )
        | st.floats()
    )
    try:
        old = sys.get_int_max_str_digits()
        sys.set_int_max_str_digits(0)
        try:
            text = json.dumps(whole)
        finally:
            sys.set_int_max_str_digits(old)
        record = Record.from_json(text)
    except RecordError:
        return
    draw_all(record)


@hypothesis.given(st.lists(st.tuples(st.integers(0, 12), st.text(max_size=40)), max_size=12))
@hypothesis.settings(deadline=None)
def test_any_output_is_text(pieces):
    record = made(pieces)
    page = drawing.output_html(record, [0], uid="u")
    if page:
        assert Parsed(page).pre == "".join(
            line.text + "\n" for line in screen(record.cells[0].output)
        )
    page.encode("utf-8")
    assert not re.search(r"[^\t\n -~\xa0-\U0010ffff]", page)
    drawing.output_text(record, [0])


TRACEBACK = """Traceback (most recent call last):
  File "lib/python3.15/multiprocessing/process.py", line 320, in _bootstrap
    self.run()
    ~~~~~~~~^^
  File "lib/python3.15/multiprocessing/pool.py", line 108, in run
    self._target()
  File "made.py", line 7, in boom
    return 1 / 0
           ~~^~~
ZeroDivisionError: division by zero
"""


def test_a_traceback_is_folded_to_the_frames_of_the_example():
    page = drawing.output_html(
        made([(0, "first\n"), (1, TRACEBACK)]),
        [0],
        uid="u",
        code_anchor=lambda line: f"line-{line}",
    )
    parsed = Parsed(page)
    assert parsed.pre == "first\n" + TRACEBACK
    assert [fold["data-n"] for fold in parsed.having("pg-fold")] == [
        "2 frames in multiprocessing/process.py, multiprocessing/pool.py"
    ]
    assert page.count("\n</span></span>") == 1, (
        "the folded lines end before the frame of the example"
    )
    assert page.index("_target()\n</span></span>") < page.index("made.py")
    assert 'line <a href="#line-7">7</a>, in boom' in page
    assert page.count("<a ") == 1


def test_the_frames_in_which_a_stack_of_3_15_ends_are_folded_with_the_others():
    stack = """Timeout (0:00:01)!
  File "made.py", line 7 in child
  File "lib/python3.15/multiprocessing/process.py", line 320 in _bootstrap
  File "lib/python3.15/multiprocessing/popen_fork.py", line 20 in __init__
  File "__init__", line ??? in __init__
  <invalid frame>
"""
    page = drawing.output_html(made([(1, stack), (0, "exit code 1\n")]), [0], uid="u")
    parsed = Parsed(page)
    assert parsed.pre == stack + "exit code 1\n"
    assert [fold["data-n"] for fold in parsed.having("pg-fold")] == [
        "4 frames in multiprocessing/process.py, multiprocessing/popen_fork.py ..."
    ]
    assert "&lt;invalid frame&gt;\n</span></span>" in page, "nothing of it is left below the fold"


def test_a_traceback_between_other_lines_is_folded_only_where_it_is_whole():
    lines = TRACEBACK.splitlines(keepends=True)
    pieces = [piece for line in lines for piece in ((1, line), (0, "tick\n"))]
    parsed = Parsed(drawing.output_html(made(pieces), [0], uid="u"))
    assert not parsed.having("pg-fold")
    assert parsed.pre == "".join(text for _, text in pieces)


def test_the_timeline_says_how_each_process_lived():
    processes = [
        Process(0, 1, "MainProcess", "main", asked=0.0, start=0.0, end=2.0, exit_code=3),
        Process(1, 2, "Process-1", "spawn", 0, 0, asked=0.1, start=0.12, end=1.0, exit_code=0),
        Process(2, 3, "resource_tracker", "exec", 0, 0, start=0.11, end=2.1, exit_code=0),
        Process(3, 4, "forkserver", "exec", 0, 0, start=0.2, end=2.1, stuck=True, signal="SIGABRT"),
        Process(
            4, 5, "Process-2", "forkserver", 3, 0, asked=0.2, start=0.3, signal="SIGKILL", end=1.5
        ),
        Process(
            5,
            6,
            "Process-3",
            "forkserver",
            3,
            0,
            asked=0.3,
            start=0.31,
            stuck=True,
            signal="SIGABRT",
        ),
        Process(6, 7, "sh", "exec", 1, 1, asked=0.4, start=0.4),
    ]
    record = made(
        [(1, "a\nb\n", 0.2), (0, "c\n", 0.5)], processes, left_behind=[6], duration=2.0, timeout=1.9
    )
    page = drawing.timeline_html(record, uid="u")
    parsed = Parsed(page)
    rows = parsed.having("pg-row")
    assert [row["data-p"] for row in rows] == ["0", "1", "4", "5", "6", "2", "3"], (
        "helpers come last"
    )
    for text in (
        "exit 3",
        "exit 0",
        "SIGKILL",
        "stuck",
        "left behind",
        "spawn",
        "forkserver",
        "helper",
    ):
        assert f">{text}</span>" in page
    bars = ET.fromstring(re.search(r'<svg class="pg-bars".*?</svg>', page)[0])
    spawned = next(group for group in bars.iter("g") if group.get("data-p") == "1")
    paths = {path.get("class"): path.get("d") for path in spawned}
    assert paths["pg-ask"] == "M47.6 1.5H57.1"
    assert paths["pg-pale"] == "M57.1 1.5H95.2", "the wait from start() to the first line"
    assert paths["pg-full"] == "M95.2 1.5H476.2"
    assert paths["pg-tick"] == "M95 1.22v.56"
    text = drawing.timeline_text(record)
    assert "7 processes in 2 s" in text
    assert (
        "start() called at 100 ms, began to run 20 ms later, printed 2 lines, the first at 200 ms, 100 ms after the start"
        in text
    )
    assert (
        "Process-3 (forkserver): start() called at 300 ms, began to run 10 ms later, printed nothing, was stuck at the time limit"
        in text
    )
    assert (
        "sh (another program, asked for by Process-1): started at 400 ms, printed nothing, was left behind"
        in text
    )
    assert (
        "forkserver (a helper of multiprocessing): ran from 200 ms, printed nothing, still ran at the time limit of 1.9 s."
        in text
    )
    for line in text.splitlines()[1:]:
        assert line.removeprefix("- ") in parsed.text, "the page has the same words"


def test_a_long_time_without_an_event_is_cut_short():
    record = made([(0, "a\n", 0.1)], made([(1, "")]).processes, duration=8.0)
    record.processes[0].end = 8.0
    view = View(record)
    assert view.x(0) == 0
    assert view.x(8.0) == 1000
    assert view.x(0.9) > 400, "the first second has most of the place"
    moments = [moment / 100 for moment in range(801)]
    assert all(view.x(a) <= view.x(b) for a, b in itertools.pairwise(moments))
    page = drawing.timeline_html(record, uid="u")
    assert "\u2026 6.9" in page
    even = made([(0, "a\n", 0.1)], made([(1, "")]).processes)
    assert View(even).scale == [(0, 0), (0.9, 1000)]


def test_many_processes_share_a_row_but_for_the_remarkable():
    processes = [Process(0, 1, "MainProcess", "main", asked=0.0, start=0.0, end=0.9, exit_code=0)]
    processes += [
        # no two neighbours are alike
        Process(i, i, f"{'ab'[i % 2]}-{i}", "fork", 0, 0, 0.01, 0.02, 0.8, exit_code=0)
        for i in range(1, 201)
    ]
    processes[150].signal, processes[150].exit_code = "SIGSEGV", None
    record = made([(199, "printed\n")], processes)
    page = drawing.timeline_html(record, uid="u")
    parsed = Parsed(page)
    rows = [row.get("data-p") for row in parsed.having("pg-row")]
    assert len(rows) == ROWS
    assert {"0", "150", "199", None} <= set(rows)
    assert "178 more" in page
    assert "178 more processes (b-21 to a-200)" in drawing.timeline_text(record)
    assert len(page) < 20_000
    output = made([(i, "x\n") for i in range(1, 201)], processes)
    assert len(Parsed(drawing.output_html(output, [0], uid="u")).having("pg-key")) == KEYS


def alike(children, **end):
    processes = [Process(0, 1, "MainProcess", "main", asked=0.0, start=0.0, end=0.9, exit_code=0)]
    processes += [
        Process(i, i, f"ForkProcess-{i}", "fork", 0, 0, 0.01 * i, 0.02 * i, 0.8, **end)
        for i in range(1, children + 1)
    ]
    return processes


def test_neighbours_that_are_alike_share_a_row_until_it_is_opened():
    processes = alike(21, signal="SIGKILL")
    processes[1].signal, processes[1].exit_code = None, 0
    record = made([(1, "ready\n", 0.1)], processes)
    page = drawing.timeline_html(record, uid="u")
    folded, each = page.split('<div class="pg-each">')
    assert folded.count('<li class="pg-row') == 3
    assert "ForkProcess-2 to -21</span>" in folded
    assert '<label class="pg-how" for="u-all">20 alike</label>' in folded
    assert '<span class="pg-end pg-odd">SIGKILL</span>' in folded
    assert each.count('<li class="pg-row') == 22, "each has its row when the box is checked"
    assert '<input type="checkbox" class="pg-all" id="u-all"><label for="u-all">' in page
    words = Parsed(page).text
    assert (
        "ForkProcess-2 to ForkProcess-21, 20 alike (fork) from 20 ms to 800 ms: printed nothing; ended with SIGKILL."
        in words
    )
    assert words.count("20 alike (fork)") == 1
    assert "ForkProcess-7 (fork): start() called at 70 ms" in drawing.timeline_text(record), (
        "as text, each is there"
    )


@pytest.mark.parametrize(
    ("children", "lines", "rows"), [(3, 0, 4), (4, 0, 2), (7, 1, 8), (8, 1, 2)]
)
def test_few_that_are_alike_keep_their_rows(children, lines, rows):
    pieces = [(i, "x\n", 0.5) for i in range(1, children + 1)] if lines else [(0, "x\n", 0.5)]
    page = drawing.timeline_html(made(pieces, alike(children, exit_code=0)), uid="u")
    assert page.split('<div class="pg-each">')[0].count('<li class="pg-row') == rows


def test_a_process_that_prints_nothing_is_not_said_to_have_printed_nothing_yet():
    record = made([(1, "a\n", 0.5)], alike(2, exit_code=0))
    page = drawing.timeline_html(record, uid="u")
    bars = ET.fromstring(re.search(r'<svg class="pg-bars".*?</svg>', page)[0])
    kinds = {group.get("data-p"): [path.get("class") for path in group] for group in bars.iter("g")}
    assert kinds["0"] == ["pg-pale", "pg-hollow", "pg-full"], "it works from its first cell on"
    assert kinds["1"] == ["pg-ask", "pg-pale", "pg-hollow", "pg-full", "pg-tick"]
    assert kinds["2"] == ["pg-ask", "pg-mute"]
    signs = re.findall(r'<span class="pg-sign pg-sign-(\w+)">([^<]+)', page)
    assert ("mute", "runs, prints nothing") in signs
    assert not any("yet" in words for _, words in signs[1:])
    assert "pg-sign-tick" in page
    silent = drawing.timeline_html(made([(0, "", 0.5)], alike(1, exit_code=0)), uid="u")
    assert "pg-sign-mute" in silent
    assert "pg-sign-tick" not in drawing.timeline_html(made([], alike(1, exit_code=0)), uid="u"), (
        "what is not drawn is not explained"
    )


def test_one_process_has_no_timeline():
    record = made([(0, "a\n")])
    assert drawing.timeline_html(record, uid="u") == ""
    assert drawing.timeline_text(record) == ""


STACK = """Thread 0x00007ff7a27ff6c0 [Thread-7] (most recent call first):
  File "lib/python3.15/threading.py", line 1161 in run

Current thread 0x00007ff7bc9a5bc0 [python] (most recent call first):
  File "lib/python3.15/threading.py", line 363 in wait
  File "made.py", line 101 in <module>
  File "made.py", line 12 in <lambda>
"""


def test_stacks_show_the_frames_of_the_example_first():
    record = made([(1, "a\n")], outcome="timeout", timeout=8.0)
    record.processes[0].stack, record.processes[0].stuck = STACK, True
    record.processes[
        1
    ].stack = (
        'Current thread 0x1 (most recent call first):\n  File "<string>", line 1 in <module>\n'
    )
    page = drawing.stacks_html(
        record, uid="u", code_anchor=lambda line: "line-95" if line > 90 else None
    )
    Parsed(page)
    first, folded = page.split("<details>")
    assert 'made.py, <a href="#line-95">line 101</a></li>' in first
    assert "made.py, line 12, in <code>&lt;lambda&gt;</code>" in first
    assert "threading.py" not in first
    assert "All 4 frames of 2 threads" in folded
    assert "Thread 2 of 2 python (got the signal)" in folded
    assert "&lt;string&gt;, line 1" in page, (
        "without a frame of the example, the innermost one is shown"
    )
    assert drawing.stacks_html(made([(1, "a\n")]), uid="u") == ""
    assert "<a " not in drawing.stacks_html(record, uid="u")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {},
            [
                "3.15.2",
                "Linux x86_64",
                "forkserver",
                "900 ms",
                "exit code 0",
                "23 MiB",
            ],
        ),
        (
            {"outcome": "timeout", "expected": "timeout", "exit_code": None, "timeout": 8.0},
            ["stuck, ended after 8 s, as meant"],
        ),
        (
            {"outcome": "exception ValueError", "exit_code": 1, "error": "ValueError: <b>"},
            ["exit code 1 (ValueError)"],
        ),
        ({"outcome": "signal SIGSEGV", "exit_code": None}, ["signal SIGSEGV"]),
        ({"memory_limit": 512, "date": "2026-11-22"}, ["512 MiB", "2026-11-22"]),
        (
            {
                "interpreter": Interpreter(
                    "3.15.2", "CPython", "linux", "x86_64", "spawn", gil=False
                )
            },
            ["3.15.2, free-threaded"],
        ),
    ],
)
def test_facts(fields, words):
    record = made([(0, "a\n")], **fields)
    parsed = Parsed(drawing.facts_html(record))
    for word in words:
        assert word in parsed.text


def test_the_thumbnail_is_a_picture_of_its_own():
    record = made([(1, "a\n"), (2, "b\n")])
    record.processes[2].stuck = True
    tree = ET.fromstring(drawing.thumbnail_svg(record))
    assert tree.get("viewBox") == "0 0 400 280"
    assert not list(tree.iter("{http://www.w3.org/2000/svg}text"))
    assert len(drawing.thumbnail_svg(made([(i, "x\n") for i in range(200)]))) < 8_000
    ET.fromstring(drawing.thumbnail_svg(made([])))


def test_a_plot_gets_a_dark_variant():
    svg = (
        '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><style type="text/css">'
        "*{stroke-linejoin: round; fill: #000000}</style></defs>"
        '<path style="fill: none; stroke: #000000"/><path style="fill: #ffffff; stroke:#1f77b4"/><path fill="#fff" stroke="black"/>'
        '<path style="stroke: #b0b0b0"/><text>fill: #000000 is black</text></svg>'
    )
    light, dark = drawing.figure_variants(svg)
    assert ET.canonicalize(light) == ET.canonicalize(svg)
    ET.fromstring(dark.encode())
    assert "<text>fill: #000000 is black</text>" in dark
    assert "stroke: #cfd0d0" in dark
    assert 'fill="#131416" stroke="#cfd0d0"' in dark
    assert "fill: #131416; stroke:#1f77b4" in dark
    assert "fill: #cfd0d0}" in dark
    assert '<svg fill="#cfd0d0"' in dark, "text without a colour of its own"
    assert "#b0b0b0" not in dark


BAD_FIGURES = {
    "script": "<script>alert(1)</script>",
    "script of another prefix": '<s:script xmlns:s="http://www.w3.org/2000/svg">alert(1)</s:script>',
    "handler": '<path onload="alert(1)" d="M0 0"/>',
    "handler of another case": '<path onClick="alert(1)" d="M0 0"/>',
    "foreign": '<foreignObject><b xmlns="http://www.w3.org/1999/xhtml" onclick="alert(1)">b</b></foreignObject>',
    "link": '<a xlink:href="javascript:alert(1)"><text>t</text></a>',
    "link of SVG 2": '<a href="https://alert.example/">t</a>',
    "picture elsewhere": '<image href="https://alert.example/x.png"/>',
    "picture with a script": '<image href="data:image/svg+xml;base64,alert"/>',
    "use of elsewhere": '<use xlink:href="https://alert.example/x.svg#a"/>',
    "animation": '<a><set attributeName="href" to="javascript:alert(1)"/></a>',
    "style sheet": '<style>@import "https://alert.example/x.css";</style>',
    "style": "<path style=\"fill: url( 'https://alert.example/x#a')\"/>",
    "style in other letters": '<path style="fill: \\75rl(https://alert.example/)"/>',
    "script in XHTML": '<h:script xmlns:h="http://www.w3.org/1999/xhtml">alert(1)</h:script>',
    "frame": '<iframe src="https://alert.example/"/>',
}


@pytest.mark.parametrize("bad", BAD_FIGURES.values(), ids=BAD_FIGURES)
def test_a_figure_cannot_run_or_load_anything(bad):
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' onload="alert(0)"><path d="M0 0H9"/>{bad}<use xlink:href="#in"/></svg>'
    )
    for variant in drawing.figure_variants(svg):
        assert "alert" not in variant
        assert 'd="M0 0H9"' in variant
        assert '<use xlink:href="#in"/>' in variant, "what is within the figure stays"
        for element in ET.fromstring(variant.encode()).iter():
            assert element.tag.rpartition("}")[2] not in ("script", "foreignObject", "a", "set")
            assert not any(name.lower().startswith("on") for name in element.attrib)


@pytest.mark.parametrize(
    "svg",
    [
        "",
        "<svg",
        "<svg><script>alert(1)</svg>",
        '<!DOCTYPE svg [<!ENTITY e "<script>alert(1)</script>">]><svg>&e;</svg>',
    ],
)
def test_what_is_no_figure_is_a_picture_that_says_so(svg):
    for variant in drawing.figure_variants(svg):
        assert "not well-formed" in "".join(ET.fromstring(variant).itertext())
        assert "alert" not in variant


def test_a_plot_by_matplotlib():
    matplotlib = pytest.importorskip("matplotlib")
    import io

    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot()
    axes.plot([1, 2], label="line")
    axes.set_title("title")
    axes.legend()
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True)
    _, dark = drawing.figure_variants(file.getvalue())
    ET.fromstring(dark.encode())
    assert "#000000" not in dark
    assert "#ffffff" not in dark
    assert "#1f77b4" in dark


@pytest.mark.process
def test_real_runs(tmp_path):
    script = tmp_path / "real.py"
    script.write_text(
        '"""\nReal\n====\n"""\n'
        "import multiprocessing, sys\n"
        "def child(n):\n    print('child', n, '<i>', flush=True)\n    sys.exit(n)\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('fork')\n"
        "    for n in range(2):\n"
        "        process = context.Process(target=child, args=(n,))\n        process.start()\n        process.join()\n"
        "    print('done')\n"
    )
    record = run(script)
    assert record.outcome == "ok"
    parsed = Parsed(drawing.output_html(record, [0], uid="u"))
    assert parsed.pre == "child 0 <i>\nchild 1 <i>\ndone\n" == record.text()
    text = drawing.output_text(record, [0])
    if record.named:
        assert [line["data-n"] for line in parsed.having("pg-l")] == [
            "ForkProcess-1",
            "ForkProcess-2",
            "MainProcess",
        ]
        assert (
            text
            == "ForkProcess-1 | child 0 <i>\nForkProcess-2 | child 1 <i>\nMainProcess   | done\n"
        )
    timeline = drawing.timeline_html(record, uid="t")
    Parsed(timeline)
    assert ">exit 1</span>" in timeline
    ET.fromstring(drawing.thumbnail_svg(record))
    again = Record.from_json(record.to_json())
    assert drawing.timeline_html(again, uid="t") == timeline, (
        "the same record is drawn the same way"
    )


def test_a_process_has_one_name_on_pages_and_in_terminals():
    processes = [Process(n, n, "w\n" if n else "MainProcess", "fork") for n in range(3)]
    record = made([(n, "x\n") for n in range(3)], processes, left_behind=[2])
    for text in (
        drawing.output_html(record, [0], uid="u"),
        drawing.output_text(record, [0]),
        drawing.timeline_text(record),
        terminal(record),
        failure(record, "made.py"),
    ):
        assert "w #2" in text


def test_a_terminal_shows_a_progress_bar_as_the_page_does():
    record = made([(1, "10 %\r"), (1, "50 %\r"), (1, "\x1b[31m100 %\x1b[0m\n"), (0, "done\n")])
    assert "Process-1   | 100 %\n" in terminal(record)
    assert "Process-1   | 100 %\n" in drawing.output_text(record, [0])


def test_printing_costs_as_much_for_each_process_however_many_there_are():
    def calls(processes):
        count = 0

        def seen(*_):
            nonlocal count
            count += 1

        record = made([(n, "x\n") for n in range(processes)], left_behind=[processes - 1])
        sys.setprofile(seen)
        try:
            terminal(record)
            failure(record, "made.py")
        finally:
            sys.setprofile(None)
        return count

    assert calls(1600) < 5 * calls(400)


def test_no_class_is_without_a_look():
    """Every class that the drawings use is in the style sheet or read by the script, and the other way round."""
    record = made([(i, "x\n") for i in range(3)], outcome="timeout")
    record.processes[1].stack, record.processes[1].stuck = STACK, True
    mixed = made([(1, "a"), (2, "b\n"), (1, TRACEBACK), (0, "")], duration=9.0)
    mixed.cells[0].output[-1].omitted = 3
    mixed.cells[0].output[-1].text = ""
    mixed.processes[0].end = 9.0
    page = "".join(
        drawing.output_html(r, [0], uid="a")
        + drawing.timeline_html(r, uid="b")
        + drawing.stacks_html(r, uid="c")
        + drawing.facts_html(r)
        for r in (record, mixed, made([(1, "x\n")], alike(6, exit_code=0)))
    )
    page += drawing.side_by_side_html(
        {"fork": made([(1, "x\n")], alike(6, exit_code=0)), "spawn": made([])},
        [0],
        uid="d",
        timeline=True,
        output=True,
        essence=str,
    )
    used = set(re.findall(r"\bpg-[a-z]+\b", " ".join(re.findall(r'class="([^"]*)"', page))))
    sheets = "".join(
        (STATIC / name).read_text(encoding="utf-8")
        for name in ("process_gallery.css", "timeline.css", "side_by_side.css")
    )
    styled = set(re.findall(r"\.(pg-[a-z]+)\b", sheets))
    script = set(
        re.findall(r"\bpg-[a-z]+\b", (STATIC / "process_gallery.js").read_text(encoding="utf-8"))
    )
    assert used <= styled | script, used - styled - script
    assert styled <= used | script | {
        "pg-more",
        "pg-long",
        "pg-ch",
        "pg-heads",
        "pg-helper",
        "pg-columns",
        "pg-tall",
        "pg-of",
    }, styled - used - script


def test_a_table_keeps_its_lines_whole_and_can_be_scrolled_by_keyboard():
    table = "way            100     1,000\nlist         0.036     0.060\narray        0.035     0.033 milliseconds\n"
    html = drawing.output_html(made([(0, table)]), [0], uid="x")
    assert 'class="pg pg-out pg-columns"' in html
    assert '<div class="highlight" tabindex="0" role="group"' in html
    html = drawing.output_html(
        made(
            [
                (
                    0,
                    "made:    <Process 1>\nstarted: <Process 1>\na  list  of  one line of words that goes on and on\n",
                )
            ]
        ),
        [0],
        uid="x",
    )
    assert "pg-columns" not in html
    assert "tabindex" not in html
