"""What conftest.py promises: which tests run when, and what collecting them does not do."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NO_PROCESS = """
import sys
import pytest


def stop(event, arguments):
    if event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"):
        raise SystemExit(f"collecting starts {arguments}")


sys.addaudithook(stop)
sys.exit(pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider"]))
"""


@pytest.fixture
def pytest_in(tmp_path):
    """Return a function that runs pytest on files in a folder with a copy of conftest.py, and returns what it prints."""
    shutil.copy(HERE / "conftest.py", tmp_path)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n" + "".join(f"    {name}\n" for name in MARKERS)
    )

    def run(*arguments, **files):
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
        return done.stdout + done.stderr

    return run


MARKERS = ("quick", "process", "alone", "torture", "browser", "site", "hosting", "downloads")
STARTS = (
    "import subprocess, sys\n\ndef test_it():\n    subprocess.run([sys.executable, '-c', ''])\n"
)
EACH = "import pytest\n\n" + "".join(
    f"@pytest.mark.{name}\ndef test_{name}():\n    pass\n\n" for name in MARKERS
)


def test_a_test_without_processes_that_starts_one_fails(pytest_in):
    said = pytest_in(test_record=STARTS, test_other=STARTS)
    assert "1 failed, 1 passed" in said
    assert "test_record.py::test_it starts a process" in said
    said = pytest_in(test_record=STARTS.replace("def", "import pytest\n@pytest.mark.process\ndef"))
    assert "2 passed" in said


def test_what_is_slow_is_left_out_until_it_is_asked_for(pytest_in):
    assert "3 passed, 5 deselected" in pytest_in(test_each=EACH)
    assert "6 passed, 2 deselected" in pytest_in("--everything")
    assert "1 passed, 7 deselected" in pytest_in("-m", "torture")
    assert "1 passed, 7 deselected" in pytest_in("-m", "hosting")
    assert "8 passed" in pytest_in("test_each.py")
    assert "1 passed" in pytest_in("test_each.py::test_browser")


def test_collecting_starts_no_interpreter():
    done = subprocess.run(
        [sys.executable, "-c", NO_PROCESS],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "tests/test_recorder.py::" in done.stdout
