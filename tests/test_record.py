"""A record is data: it comes back as it was written, and nothing else is taken for one."""

import copy
import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from process_gallery import store
from process_gallery.errors import RecordError
from process_gallery.model import SCHEMA, Cell, Interpreter, Piece, Process, Record
from process_gallery.recording.messages import CellResult, Result
from process_gallery.recording.output import Output


def example():
    return Record(
        script="x.py",
        sha256="0" * 64,
        interpreter=Interpreter("3.15.2", "CPython", "linux", "x86_64", "forkserver"),
        expected="ok",
        outcome="ok",
        exit_code=0,
        duration=1.5,
        peak_memory=1000,
        cells=[
            Cell(
                1,
                3,
                0.1,
                0.2,
                [Piece(0.1, 0, "a\n"), Piece(0.1, None, "", 7), Piece(0.2, 1, "b\n")],
                ["<svg/>"],
            ),
            Cell(4, 9),
        ],
        processes=[
            Process(0, 10, "MainProcess", "main"),
            Process(1, 11, "Process-1", "fork", 0, 0, 0.1, 0.2, 0.3, None, "SIGKILL"),
        ],
        left_behind=[1],
    )


def test_round_trip():
    record = example()
    assert Record.from_json(record.to_json()) == record
    assert Record.from_json(record.to_json(indent=2).encode()) == record


@given(st.text(), st.floats(0, 1e6), st.none() | st.integers(0, 1), st.integers(0, 1 << 40))
@settings(max_examples=50, deadline=None)
def test_round_trip_of_any_piece(text, time, process, omitted):
    record = example()
    record.cells[0].output.append(
        Piece(time, process, text.encode("utf-8", "replace").decode(), omitted)
    )
    assert Record.from_json(record.to_json()) == record


def test_text_names_what_is_left_out():
    assert example().text() == "a\n\n[7 bytes left out]\nb\n"


def test_cell_at():
    record = example()
    assert [record.cell_at(line) for line in (1, 3, 4, 9, 10)] == [0, 0, 1, 1, None]


@pytest.mark.parametrize(
    ("expected", "outcome", "good"),
    [
        ("ok", "ok", True),
        ("ok", "timeout", False),
        ("exception", "exception ValueError", True),
        ("exception", "exit 1", False),
        ("exception KeyError", "exception ValueError", False),
        ("exit 3", "exit 3", True),
        ("exit 3", "exit 33", False),
        ("signal SIGKILL", "signal SIGKILL", True),
    ],
)
def test_as_expected(expected, outcome, good):
    assert dataclasses.replace(example(), expected=expected, outcome=outcome).as_expected is good


def test_undeclared():
    assert [process.name for process in example().undeclared] == ["Process-1"]
    assert dataclasses.replace(example(), leaves=["Process-1"]).undeclared == []


def altered(*path, value=None, delete=False):
    data = json.loads(example().to_json())
    place = data
    for key in path[:-1]:
        place = place[key]
    if delete:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "schema is None"),
        ("null", "schema is None"),
        (altered("schema", value=SCHEMA + 1), f"schema is {SCHEMA + 1}"),
        (altered("schema", delete=True), "schema is None"),
        (altered("outcome", delete=True), "'outcome' is missing"),
        (altered("extra", value=1), "unknown field 'extra'"),
        (altered("duration", value="1"), "record.duration"),
        (altered("exit_code", value=True), "record.exit_code"),
        (altered("exit_code", value=1.5), "record.exit_code"),
        (altered("cells", value={}), "a list is expected"),
        (altered("cells", 0, "output", 0, "text", value=7), r"record.cells\[0\].output\[0\].text"),
        (altered("cells", 0, "output", 0, "process", value=9), "a process is referred to"),
        (altered("cells", 0, "output", 0, "process", value=-1), "a process is referred to"),
        (altered("left_behind", value=[7]), "a process is referred to"),
        (altered("processes", 1, "id", value=5), "a process is referred to"),
        (altered("processes", 0, value=[]), "an object is expected"),
        (altered("processes", value=[]), "a process is referred to"),
        (altered("interpreter", value=None), "an object is expected"),
        (
            altered("processes", 1, "how", value="<img src=x onerror=alert(1)>"),
            r"record.processes\[1\].how",
        ),
        (altered("processes", 1, "signal", value="<b>"), r"record.processes\[1\].signal"),
        (
            altered("processes", 1, "name", value="\ud800"),
            r"record.processes\[1\].name: .*surrogate",
        ),
        (altered("processes", 1, "end", value=10**30), r"record.processes\[1\].end"),
        (altered("processes", 1, "end", value=-1), r"record.processes\[1\].end"),
        (altered("duration", value=-0.5), "record.duration"),
        (altered("duration", value=float("nan")), "record.duration"),
        (altered("peak_memory", value=-1), "record.peak_memory"),
        (altered("cores", value=1 << 60), "record.cores"),
        (altered("outcome", value="<b>"), "record.outcome"),
        (altered("outcome", value="exit many"), "record.outcome"),
        (altered("expected", value="perhaps"), "record.expected"),
        (altered("interpreter", "platform", value="../x"), "record.interpreter.platform"),
        (altered("interpreter", "version", value="3/../.."), "record.interpreter.version"),
        (altered("interpreter", "default_start_method", value="magic"), "default_start_method"),
        (altered("sha256", value="x"), "record.sha256"),
        (altered("date", value="yesterday"), "record.date"),
        (altered("error", value="x" * 3_000_000), "record.error: a text of 3,000,000 characters"),
        ('{"schema": ' + "9" * 5000 + "}", "not JSON"),
    ],
)
def test_nothing_else_is_a_record(text, says):
    with pytest.raises(RecordError, match=says):
        Record.from_json(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3)
    ),
    max_leaves=8,
)


@given(json_values, st.data())
@settings(max_examples=200, deadline=None)
def test_hostile_data_never_does_more_than_be_refused(value, data):
    """Any field replaced by anything: either it is refused, or it is a record that can be written again."""
    whole = json.loads(example().to_json())
    root = place = copy.deepcopy(whole)
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    try:
        record = Record.from_json(json.dumps(root))
    except RecordError:
        return
    assert Record.from_json(record.to_json()) == record or "NaN" in record.to_json()


def test_output_byte_by_byte_keeps_its_ends_and_counts_what_is_left_out():
    cell = Output(head=10, tail=100)
    written = [(n % 2, bytes([65 + n % 26])) for n in range(5000)]
    for n, (writer, data) in enumerate(written):
        cell.add(n / 10, writer, data)
    pieces = [(item.writer, item.omitted or item.data) for item in cell.take_all()]
    assert pieces == [*written[:10], (0, 2445), (1, 2445), *written[-100:]]
    assert list(cell.take_all()) == []  # taken, so that nothing is held twice


@given(st.text(), st.floats(0, 1e6), st.none() | st.integers(0, 1), st.integers(0, 1 << 40))
@settings(max_examples=50, deadline=None)
def test_what_a_watcher_answers_is_json(text, time, process, omitted):
    cell = CellResult(
        start=time, end=None, times=[time, 0.0], writers=[process, 0], texts=[text, omitted], figures=[text]
    )  # fmt: skip
    result = Result(
        timed_out=omitted > 9, idle=omitted > 99, raised=(text, "m\ud800"), duration=time, peak_memory=omitted,
        cells=[cell, cell], processes=[], left_behind=[], files=[(text, "AA==")], images="1", names=text, reads="[]",
    )  # fmt: skip
    assert (
        result.to_json() == json.dumps(result, default=vars, separators=(",", ":")).encode() + b"\n"
    )
    again = Result.from_json(result.to_json())
    assert vars(again.cells[0]) == vars(cell)
    assert (again.raised, again.duration) == (result.raised, time)


def test_another_recorder_makes_other_records(tmp_path, monkeypatch):
    here = Path(store.__file__).parent
    shutil.copytree(here, tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(store, "__file__", str(tmp_path / "copy" / "store.py"))
    digest = store._recorder.__wrapped__
    seen = {digest()}
    files = sorted((tmp_path / "copy" / "recording").rglob("*.py"))
    names = {path.name for path in files}
    assert names > {"linux.py", "account.py", "output.py", "messages.py", "cell_runner.py"}
    for path in (*files, tmp_path / "copy/model.py", tmp_path / "copy/helper_processes.py"):
        path.write_text(path.read_text() + "# another\n")
        assert digest() not in seen, path
        seen.add(digest())
