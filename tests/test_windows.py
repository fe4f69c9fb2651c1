"""Recording on Windows. These tests run by CPython for Windows: Windows' own, or, on Linux, one that Wine runs, where there is one
(``WINDOWS_PYTHON``, or ``~/.cache/pythons/windows/*/python``).
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from process_gallery.model import Record

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "src"

WAITS = """
import multiprocessing, os, subprocess, sys, time

def returns(): pass
def raises(): raise ValueError("no")
def leaves(): os._exit(7)
def sleeps(): time.sleep(600)

if __name__ == "__main__":
    for task in (returns, raises, leaves):
        process = multiprocessing.Process(target=task, name=task.__name__)
        process.start()
        process.join()
    at_once = multiprocessing.Process(target=sleeps, name="at once")
    at_once.start()
    at_once.terminate()
    at_once.join()
    later = multiprocessing.Process(target=sleeps, name="later")
    later.start()
    time.sleep(1)
    later.kill()
    later.join()
    print([process.exitcode for process in (at_once, later)])
    subprocess.run([sys.executable, "-c", "import sys; sys.exit(5)"])
    print(subprocess.call("exit 3", shell=True))
"""
FAILS = """
import multiprocessing, threading

def task(lock): pass

if __name__ == "__main__":
    try:
        multiprocessing.Process(target=task, args=(threading.Lock(),)).start()
    except TypeError as error:
        print(error)
"""
HANGS = """
import multiprocessing, time

def waits_long(): time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.Process(target=waits_long)
    process.start()
    print("begun", flush=True)
    process.join()
"""
PRINTS = """
import multiprocessing
print("first cell")

# %%

if __name__ == "__main__":
    print(multiprocessing.get_all_start_methods())
"""


@functools.cache
def windows_python() -> str:
    """Return a CPython for Windows."""
    if sys.platform == "win32":
        return sys.executable
    named = os.environ.get("WINDOWS_PYTHON")
    found = (
        [named] if named else sorted(map(str, Path.home().glob(".cache/pythons/windows/*/python")))
    )
    if not found:
        pytest.skip(
            "there is no CPython for Windows here: neither WINDOWS_PYTHON nor ~/.cache/pythons/windows/*/python"
        )
    return found[-1]


def run(tmp_path: Path, source: str, *options: str) -> Record:
    """Record a script by the recorder on Windows."""
    script = tmp_path / "example.py"
    script.write_text(source, encoding="utf-8")
    command = [
        windows_python(),
        "-B",
        "-m",
        "process_gallery",
        "record",
        script.name,
        "--json",
        "record.json",
    ]
    done = subprocess.run(
        [*command, *(options or ("--timeout", "120"))], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(SOURCES)}, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    target = tmp_path / "record.json"
    assert target.exists(), done.stdout + done.stderr
    record = Record.from_json(target.read_bytes())
    assert record.interpreter.platform == "win32"
    assert not record.named
    if sys.platform != "win32":
        assert record.interpreter.run_by.startswith("Wine ")
    return record


def test_the_end_of_each_child_is_known(tmp_path):
    record = run(tmp_path, WAITS)
    assert record.outcome == "ok", record.text()
    assert record.text().endswith("[-15, -15]\n3\n")
    ends = {process.name: (process.exit_code, process.signal) for process in record.processes}
    shell = next(name for name in ends if name.startswith("cmd"))
    assert ends == {
        "MainProcess": (0, None), "returns": (0, None), "raises": (1, None), "leaves": (7, None),
        "at once": (None, "SIGTERM"), "later": (None, "SIGTERM"), "python -c": (5, None), shell: (3, None),
    }  # fmt: skip
    for process in record.processes:
        assert process.end is not None, process.name
        assert process.how != "unknown", process.name
    assert record.peak_memory > 0


def test_the_child_of_a_start_that_failed_is_not_left_behind(tmp_path):
    record = run(tmp_path, FAILS)
    assert record.outcome == "ok", record.text()
    assert record.text().startswith("cannot pickle '_thread.lock' object\n")
    assert record.left_behind == []
    [child] = record.processes[1:]
    assert (child.name, child.how, child.exit_code) == ("Process-1", "spawn", 1)


def test_stacks_of_what_hangs(tmp_path):
    record = run(
        tmp_path, HANGS, "--timeout", "40"
    )  # under Wine, on a busy machine, a start takes long
    assert (record.outcome, record.text()) == ("timeout", "begun\n")
    stacks = {process.name: process.stack for process in record.processes if process.stuck}
    assert "in waits_long" in stacks["Process-1"]
    assert "line 10 in <module>" in stacks["MainProcess"]


def test_cells_and_the_ends_of_lines(tmp_path):
    record = run(tmp_path, PRINTS)
    assert ["".join(piece.text for piece in cell.output) for cell in record.cells] == [
        "first cell\n",
        "['spawn']\n",
    ]


def test_the_matrix_is_recorded_there(tmp_path):
    script = tmp_path / "matrix" / "method.py"
    script.parent.mkdir()
    script.write_text(
        "import multiprocessing\nprint('default:', multiprocessing.get_start_method())\n"
    )
    ask = [windows_python(), "-c", "import sys; print(sys.executable)"]
    name = subprocess.run(
        ask, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True
    ).stdout.strip()
    subprocess.run(
        [windows_python(), "-B", "-m", "process_gallery", "matrix", "matrix/method.py", "--records", "records", "--pythons", name],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(SOURCES)}, stdin=subprocess.DEVNULL, capture_output=True, timeout=240, check=False,
    )  # fmt: skip
    [path] = (tmp_path / "records").rglob("*.json")
    assert path.name.endswith("-win32.json")
    assert b"\r" not in path.read_bytes()
    assert Record.from_json(path.read_bytes()).text() == "default: spawn\n"
