# /// script
# requires-python = ">=3.11"
# dependencies = ["pytest>=9"]
# ///
"""
Testing under every start method
================================

A test that starts processes passes or fails with the start method, so it should run
once with each. In pytest that is one fixture.

The module below has a bug that fork hides: it keeps its factor in a global.
"""

# sphinx_gallery_needs = ["pytest"]
# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["pytest", "fork", "spawn", "forkserver"]
# sphinx_gallery_files = {"SCALING": "scaling.py", "CONFTEST": "conftest.py", "TEST": "test_scaling.py", "MENDED": "scaling.py", "HANG": "test_it.py", "OWN_CALL": "conftest.py"}

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SCALING = """\
factor = 1

def scale(n):
    return n * factor

def scale_all(numbers, context):
    with context.Pool(1) as pool:
        return pool.map(scale, numbers)
"""

CONFTEST = """\
import multiprocessing

import pytest

@pytest.fixture(params=multiprocessing.get_all_start_methods())
def context(request):
    yield multiprocessing.get_context(request.param)
    assert not multiprocessing.active_children()
"""

TEST = """\
import scaling

def test_default_factor(context):
    assert scaling.scale_all([1, 2, 3], context) == [1, 2, 3]

def test_other_factor(context, monkeypatch):
    monkeypatch.setattr(scaling, "factor", 10)
    assert scaling.scale_all([1, 2, 3], context) == [10, 20, 30]
"""


def pytest_result(files, *options):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text)
        command = [sys.executable, "-m", "pytest", "-v", "--tb=line", *options]
        return subprocess.run(
            [*command, "-p", "no:cacheprovider"],
            cwd=folder,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
            timeout=25,
        )


def run_pytest(files):
    result = pytest_result(files)
    print(*re.findall(r"::(test_\w+\[\w+\] [A-Z]+)", result.stdout), sep="\n")
    for reason in sorted(set(re.findall(r"assert \[.*\] == \[.*\]", result.stdout))):
        print(reason)
    print("exit code of pytest:", result.returncode)


if __name__ == "__main__":
    if importlib.util.find_spec("pytest") is None:
        print("pytest is missing: nothing to run")
        sys.exit()
    files = {"scaling.py": SCALING, "conftest.py": CONFTEST, "test_scaling.py": TEST}
    run_pytest(files)

# %%
# One test, one line of code under test, as many results as there are methods. Only
# fork carried the changed global into the workers.
#
# The mend
# --------
# The factor becomes an argument.

MENDED = """\
import functools

factor = 1

def scale(n, factor):
    return n * factor

def scale_all(numbers, context):
    with context.Pool(1) as pool:
        return pool.map(functools.partial(scale, factor=factor), numbers)
"""

if __name__ == "__main__":
    run_pytest(files | {"scaling.py": MENDED})

# %%
# A test that hangs
# -----------------
# Two lines in the configuration of pytest 9 make it end the run, with a stack. To call
# :func:`faulthandler.dump_traceback_later` yourself is not the same: pytest has
# redirected the error output into a file of its own, and the stack ends there.

HANG = """\
import multiprocessing

def test_hang():
    lock = multiprocessing.Lock()
    lock.acquire()
    lock.acquire()
"""

OWN_CALL = """\
import faulthandler
import pytest

@pytest.fixture(autouse=True)
def limit():
    faulthandler.dump_traceback_later(1, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()
"""

OPTIONS = "faulthandler_timeout=1", "faulthandler_exit_on_timeout=true"


def run_hang(title, files, *options):
    result = pytest_result(files, *options)
    stack = re.findall(r"line \d+ in test_\w+", result.stdout + result.stderr)
    print(f"{title}: exit code {result.returncode}, stack:", *stack or ["nothing"])


if __name__ == "__main__":
    hang = {"test_it.py": HANG}
    run_hang("pytest's own", hang, *(f"--override-ini={option}" for option in OPTIONS))
    run_hang("a call of ours", hang | {"conftest.py": OWN_CALL})

# %%
# What to look at
# ---------------
# The fixture hands out a context, and the code under test accepts one. Code that calls
# :func:`multiprocessing.set_start_method` cannot be tested like this: it works once in
# a process, and all tests share the process of pytest.
#
# A child that still lives after the test is an error of that test, not of the next: the
# fixture sees to it. And a deadlock cannot keep a build server busy for hours. In the
# last cell both ways ended the run, but only pytest's own said where it stood.
#
# What the workers run stands in a module, ``scaling``, that a spawned child can import.
# A function inside a test could not be pickled.
