"""Records in the formats of other programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from process_gallery.cli import main
from process_gallery.drawing.exports import asciicast, chrome_trace
from process_gallery.model import Cell, Interpreter, Piece, Process, Record

PYTHON = Interpreter("3.14.1", "CPython", "linux", "x86_64", "forkserver")


def record() -> Record:
    return Record(
        script="two.py",
        sha256="0" * 64,
        interpreter=PYTHON,
        expected="ok",
        outcome="ok",
        exit_code=0,
        duration=2.5,
        peak_memory=1,
        cells=[
            Cell(1, 4, 0.1, 0.5, [Piece(0.2, 0, "begin\n")]),
            Cell(6, 9, 0.5, None, [Piece(1.0, 1, "né\r\n"), Piece(1.5, 1, "", 70_000), Piece(1.6, None, "?")]),
            Cell(10, 12),
        ],
        processes=[
            Process(0, 100, "MainProcess", "main", start=0.0, end=2.5, exit_code=0, asked=0.0),
            Process(1, 101, "Process-1", "fork", parent=0, asked_by=0, asked=0.6, start=0.7, signal="SIGKILL"),
        ],
    )  # fmt: skip


def test_a_trace_has_a_track_for_each_process() -> None:
    events = json.loads(chrome_trace(record()))["traceEvents"]
    names = {e["pid"]: e["args"]["name"] for e in events if e["name"] == "process_name"}
    assert names == {0: "MainProcess", 1: "Process-1"}
    spans = {
        (e["cat"], e["name"]): (e["ts"], e["dur"], e["pid"])
        for e in events
        if e["ph"] == "X" and e["pid"] == 0
    }
    assert spans == {
        ("process", "runs"): (0, 2_500_000, 0),
        ("cell", "cell 1, lines 1 to 4"): (100_000, 400_000, 0),
        ("cell", "cell 2, lines 6 to 9"): (500_000, 2_000_000, 0),
    }  # fmt: skip
    [child] = [e for e in events if e["ph"] == "X" and e["pid"] == 1]
    assert (child["ts"], child["dur"]) == (700_000, 1_800_000)  # its end is not known: the run's
    assert child["args"] == {"pid": 101, "start method": "fork", "signal": "SIGKILL"}
    begin, end = (next(e for e in events if e["ph"] == kind) for kind in "sf")
    assert (begin["pid"], begin["ts"]) == (0, 600_000)
    assert (end["pid"], end["ts"]) == (1, 700_000)
    assert begin["id"] == end["id"]
    assert [(e["pid"], e["name"]) for e in events if e["ph"] == "i"] == [(0, "begin"), (1, "né")]


def test_a_cast_has_what_the_terminal_got() -> None:
    header, *lines = map(json.loads, asciicast(record()).splitlines())
    assert header["version"] == 2
    assert (header["width"], header["height"]) == (80, 24)
    assert lines == [
        [0.2, "o", "begin\r\n"],
        [1.0, "o", "né\r\n"],
        [1.5, "o", "\r\n[70,000 bytes left out]\r\n"],
        [1.6, "o", "?"],
    ]


def test_the_command_line_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "two.json", tmp_path / "two.trace"
    source.write_text(record().to_json())
    assert main(["export", str(source), "chrome", str(target)]) == 0
    assert json.loads(target.read_text())["otherData"]["script"] == "two.py"
    assert main(["export", str(source), "asciicast", "-"]) == 0
    assert '"version": 2' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "cannot be read"), ("[]", "record --json"), ("{", "not JSON")],
)
def test_what_is_no_record_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, words: str
) -> None:
    source = tmp_path / "no.json"
    if text is not None:
        source.write_text(text)
    assert main(["export", str(source), "chrome", "-"]) == 2
    assert words in capsys.readouterr().err
