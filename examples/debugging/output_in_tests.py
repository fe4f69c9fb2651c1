# /// script
# requires-python = ">=3.11"
# dependencies = ["pytest"]
# ///
"""
What a child prints, in a test
==============================

pytest's ``capsys`` does not see what a child process prints; ``capfd`` does. The first
replaces :data:`sys.stdout` in the process of the test, the second the file descriptor,
which children inherit.
"""

# sphinx_gallery_needs = ["pytest"]
# sphinx_gallery_tags = ["pytest", "fork", "spawn", "forkserver"]
# sphinx_gallery_files = {"TEST": "test_output.py"}
# sphinx_gallery_timeout = 60

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

TEST = """\
import multiprocessing

import pytest

def hello():
    print("hello")

def exit_code_and_output(method, capture):
    process = multiprocessing.get_context(method).Process(target=hello)
    process.start()
    process.join()
    return process.exitcode, capture.readouterr().out

@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_capfd(method, capfd):
    assert exit_code_and_output(method, capfd) == (0, "hello\\n")

@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_capsys(method, capsys):
    assert exit_code_and_output(method, capsys) == (0, "hello\\n")
"""

if __name__ == "__main__":
    if importlib.util.find_spec("pytest") is None:
        print("pytest is missing: nothing to run")
        sys.exit()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_output.py").write_text(TEST)
        command = [sys.executable, "-m", "pytest", "-v", "--tb=line"]
        result = subprocess.run(
            [*command, "-p", "no:cacheprovider"],
            cwd=folder,
            capture_output=True,
            text=True,
        )
    lines = re.findall(r"(test_\w+\[\w+\]) (PASSED|FAILED)", result.stdout)
    for test, verdict in sorted(set(lines)):
        print(f"{test:25} {verdict}")

# %%
# What to look at
# ---------------
# The same test passes with one fixture and fails with the other, under every start
# method. With ``capsys`` a spawned child knows nothing of the replaced ``sys.stdout``,
# and a forked one has a copy of it, in which nobody looks. The text was printed all the
# same: pytest captured it at the file descriptor, and shows it for a failed test.
#
# What to do
# ----------
# * Use ``capfd`` where a child prints, and better, test what it returns.
# * ``caplog`` is of no use either: the records of a child stay in the child. Send them
#   to the parent: :doc:`/gallery/debugging/logging_from_workers`.
# * Replaced functions (``monkeypatch``, :mod:`unittest.mock`) reach a forked child
#   only: :doc:`/gallery/start_methods/function_by_name`.
