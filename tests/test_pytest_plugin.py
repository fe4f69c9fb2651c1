"""The fixture for tests of programs that start processes: the tests that its page shows, and others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]


# -- shown on the page
def test_each_worker_says_what_it_does(record_program):
    record = record_program(
        """
        import multiprocessing

        def work(number):
            print("working on", number)

        if __name__ == "__main__":
            workers = [multiprocessing.Process(target=work, args=(n,)) for n in (1, 2)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
            print("done")
        """
    )
    assert record.outcome == "ok"
    assert record.text("Process-1") == "working on 1\n"
    assert record.text("MainProcess") == "done\n"
    assert [process.exit_code for process in record.processes] == [0, 0, 0]
    assert record.left_behind == []


def test_a_deadlock_is_found_with_its_stack(record_program):
    record = record_program(
        """
        import multiprocessing

        queue = multiprocessing.Queue()
        queue.get()
        """,
        timeout=3,
    )
    assert record.outcome == "timeout"
    assert "queue.get()" not in record.text()
    assert "in get" in record.process("MainProcess").stack


# -- the end


def test_what_is_left_behind_is_listed_and_ended(record_program):
    record = record_program(
        """
        import subprocess

        print(subprocess.Popen(["sleep", "60"]).pid)
        """
    )
    assert [record.processes[number].name for number in record.left_behind] == ["sleep"]
    assert not Path(f"/proc/{record.text().strip()}").exists()


def test_a_script_of_a_file_is_run(record_program, tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "import os\nprint(os.getcwd() == os.path.dirname(os.path.abspath(__file__)))\n"
    )
    assert record_program(script, cwd="script").text() == "True\n"
    with pytest.raises(KeyError, match="no process is called 'Worker'; there are MainProcess"):
        record_program(script).process("Worker")


def test_pytest_loads_it_where_the_package_is_installed(pytester):
    """And it costs those nothing who do not use it: the recorder is imported by the fixture."""
    path = pytester.makepyfile(
        """
        import sys

        def test_not_loaded():
            assert "process_gallery.pytest_plugin" in sys.modules
            assert "process_gallery.recording.recorder" not in sys.modules
        """
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "process_gallery.pytest_plugin", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
