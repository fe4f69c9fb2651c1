"""Which tests run: those of this interpreter, unless more is asked for. CONTRIBUTING.md says which tier needs what."""

from __future__ import annotations

import functools
import platform
import signal
import sys
import threading
from pathlib import Path

import pytest

# A test run that was started in the background ignores Ctrl-C, and so would the programs that tests start and interrupt.
if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    and threading.current_thread() is threading.main_thread()
):
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Left out unless --everything, the marker's name in -m, or the test's own file asks for them.
SLOW = ("torture", "browser", "site")
# A network, or minutes: not even --everything has them.
NEVER = ("hosting", "downloads")
# Modules whose tests start no process, but for those with the marker `process`; _no_process holds them to it.
WITHOUT_PROCESSES = {
    "test_cells.py",
    "test_messages.py",
    "test_names_used.py",
    "test_pieces.py",
    "test_public_names.py",
    "test_record.py",
    "test_render.py",
    "test_try_example.py",
    "test_shorten.py",
}
# Modules that ask how long something took, or for an order in time: nothing runs beside them.
WATCH_THE_CLOCK = {
    "test_command.py",
    "test_portable.py",
    "test_recorder.py",
    "test_torture.py",
    "test_windows.py",
}
STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}
"""Audit events (https://docs.python.org/3/library/audit_events.html) by which a process starts."""

_running: list[str] = []  # the test without processes that runs now


def _no_process(event: str, arguments: tuple[object, ...]) -> None:
    if _running and event in STARTS:
        raise AssertionError(
            f"{_running[-1]} starts a process ({event}): give it the marker `process`, "
            "or take its module from WITHOUT_PROCESSES in tests/conftest.py"
        )


def pytest_addoption(parser):
    group = parser.getgroup("process_gallery")
    group.addoption(
        "--pythons",
        choices=["this", "all"],
        default="this",
        help="interpreters that examples and the recorder are tested on: this one, or one of every minor version from 3.11 that is found",
    )
    group.addoption(
        "--everything",
        action="store_true",
        help="also what is slow: the torture scripts, the pages in a browser, and what needs the built site",
    )


def pytest_configure(config):
    sys.addaudithook(_no_process)


@functools.cache
def every_python() -> dict[str, str]:
    """Return the version and path of one interpreter of each minor version from 3.11; this one stands for its own."""
    from process_gallery.interpreters import find_pythons, probe

    found = {}
    for python in [*(p.path for p in find_pythons() if p.probe), sys.executable]:
        about = probe(python)
        if about.version_info >= (3, 11):
            found[about.version_info[:2]] = (about.interpreter.version, python)
    return dict(found.values())


def pytest_generate_tests(metafunc):
    """Give a test that takes `python` the interpreters that were asked for: only then are they looked for."""
    if "python" in metafunc.fixturenames:
        pythons = {platform.python_version(): sys.executable}
        if metafunc.config.getoption("pythons") == "all":
            pythons = every_python()
        metafunc.parametrize("python", pythons.values(), ids=list(pythons))


def pytest_collection_modifyitems(config, items):
    for item in items:
        if isinstance(item, pytest.DoctestItem) or (
            item.path.name in WITHOUT_PROCESSES
            and not any(item.get_closest_marker(name) for name in ("process", *SLOW))
        ):
            item.add_marker("quick")
        if item.path.name in WATCH_THE_CLOCK:
            item.add_marker("alone")
    named = {Path(argument.partition("::")[0]).absolute() for argument in config.args}
    asked = config.getoption("markexpr")
    left_out = set(NEVER if config.getoption("everything") else SLOW + NEVER)
    left_out = {name for name in left_out if name not in asked}
    kept, dropped = [], []
    for item in items:
        without = item.path in named or not any(map(item.get_closest_marker, left_out))
        (kept if without else dropped).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if item.get_closest_marker("quick") is None:
        return (yield)
    _running.append(item.nodeid)
    try:
        return (yield)
    finally:
        _running.pop()
