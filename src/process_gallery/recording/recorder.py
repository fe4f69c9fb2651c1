r"""Record examples: run each as a reader would, in a fresh interpreter, and return what happened.

>>> from pathlib import Path
>>> import tempfile
>>> with tempfile.TemporaryDirectory() as folder:
...     script = Path(folder, "hello.py")
...     _ = script.write_text("print('hello')")
...     record(script).text()
'hello\n'
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import marshal
import os
import re
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from process_gallery.errors import RecorderError
from process_gallery.interpreters import HOOKS, RUNNER, Probe, probe
from process_gallery.model import Cell, Piece, Process, Record
from process_gallery.script import Script, read_script

PACKAGES = Path(__file__).parents[2]
HEAD = TAIL = 32 * 1024
"""Bytes of a cell's output that are kept from its beginning, and from its end."""
GRACE = 0.5
"""Seconds that processes get to end by themselves after the example has ended."""
PATIENCE = 15.0
"""Seconds after an example's timeout at which its supervisor is taken for dead: it has been
stopped, or the machine sleeps.
"""
PORTABLE = sys.platform != "linux"
"""Record with what every platform has; True forces on Linux what others do."""
ASK_THE_KERNEL = True
"""Use PIDFD_GET_INFO where the kernel has it; False forces what older kernels do."""

# Imported, not run as a script: so its byte code is cached, which saves a third of what recording
# costs.
_START = "import sys; sys.path.append(sys.argv[1]); from process_gallery.recording import linux; linux.serve()"
_SIGNALS = {int(number): number.name for number in signal.Signals}
_LAST_LINE = re.compile(
    r"^Traceback \(most recent call last\):\n(?:  .*\n)+(?:\w+\.)*(\w+)(?:: (.*))?\n?\Z",
    re.MULTILINE,
)
_REMOVED = ("DISPLAY", "WAYLAND_DISPLAY", "FORCE_COLOR", "CLICOLOR_FORCE", "PROCESS_GALLERY")


@dataclass(frozen=True)
class Job:
    """One example to record."""

    script: Script
    python: str = sys.executable
    timeout: float | None = None
    """Seconds; None means what the example declares."""
    memory: int | None = None
    """MiB of address space for each process; None means what the example declares."""
    name: str = ""
    """What the record calls the script; its file name by default."""
    whole: bool = False
    """Run the script as a whole, without cells: for interpreters too old for the cell runner."""
    beside: bool = False
    """Run it in the script's own folder, beside its data, instead of an empty one."""
    portable: bool = field(default_factory=lambda: PORTABLE)
    """Use nothing that Linux alone has: lines are then without their writers, and ``memory`` has no
    effect.
    """


def record(
    path: str | os.PathLike[str], *, python: str = sys.executable, timeout: float | None = None
) -> Record:
    """Run one example and return its record.

    Parameters
    ----------
    path
        The script.
    python
        The interpreter that runs it.
    timeout
        Seconds until the watchdog ends it; by default what the example declares.

    Raises
    ------
    ExampleError
        If the script cannot be read or declares something that is not understood.
    RecorderError
        If the interpreter does not start, or the recorder fails.
    """
    job = Job(read_script(Path(path)), python=python, timeout=timeout)
    [(_, result)] = record_all([job])
    if isinstance(result, RecorderError):
        raise result
    return result


def record_all(
    jobs: Iterable[Job], *, at_once: int = 1
) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples, some at a time, and yield each with its record as it ends.

    Those that declare ``sphinx_gallery_parallel = False`` run alone, after the others. When the
    caller stops early, by an exception or Ctrl-C, everything that was started is ended before this
    generator is.

    Raises
    ------
    InterpreterError
        If an interpreter cannot be used; nothing has been run then.
    """
    waiting = sorted(jobs, key=lambda job: job.script.declared.alone)
    idle: list[_Supervisor] = []
    try:
        if any(not job.portable for job in waiting):
            with contextlib.suppress(OSError):  # said of the first job, when it is tried again
                idle.append(_Supervisor())  # it starts while the interpreters are asked
        for job in waiting:
            probe(job.python)
    except BaseException:
        for supervisor in idle:
            supervisor.end()
        raise
    yield from _supervised(deque(job for job in waiting if not job.portable), at_once, idle)
    yield from _threaded([job for job in waiting if job.portable], at_once)


def _supervised(
    waiting: deque[Job], at_once: int, idle: list[_Supervisor]
) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples under supervisors: programs, each of which takes one example after the other."""
    active: list[_Supervised] = []
    selector = selectors.DefaultSelector()
    try:
        while waiting or active:
            while (
                waiting
                and len(active) < at_once
                and not (active and (waiting[0].script.declared.alone or active[0].alone))
            ):
                job = waiting.popleft()
                try:
                    run = _Supervised(job, idle)
                except RecorderError as error:
                    yield job, error
                    continue
                active.append(run)
                selector.register(run.supervisor.output, selectors.EVENT_READ, run)
            if not active:
                continue
            ready = [
                key.data
                for key, _ in selector.select(
                    max(0.0, min(run.limit for run in active) - time.monotonic())
                )
            ]
            for run in list(active):
                late = run not in ready and time.monotonic() > run.limit
                if not late and (run not in ready or not run.supervisor.read()):
                    continue
                selector.unregister(run.supervisor.output)
                active.remove(run)
                result: Record | RecorderError
                try:
                    result = run.result(late=late)
                    idle.append(run.supervisor)
                except RecorderError as error:
                    result = error
                yield run.job, result
    finally:
        for run in active:
            run.cancel()
        for supervisor in idle:
            supervisor.end()
        selector.close()


def _threaded(waiting: list[Job], at_once: int) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples where there is no supervisor, each in the hands of a thread."""
    if not waiting:
        return
    # Not above: with logging, which it loads, it took two fifths of the time to import this module.
    from concurrent.futures import ThreadPoolExecutor, as_completed

    stop = threading.Event()
    with ThreadPoolExecutor(max(1, at_once)) as threads:
        try:
            for alone, group in itertools.groupby(
                waiting, key=lambda job: job.script.declared.alone
            ):
                for some in ([job] for job in group) if alone else [list(group)]:
                    runs = {threads.submit(_watched, job, stop): job for job in some}
                    for run in as_completed(runs):
                        yield runs[run], run.result()
        finally:
            stop.set()
            threads.shutdown(cancel_futures=True)


def _watched(job: Job, stop: threading.Event) -> Record | RecorderError:
    """Run one example, with what every platform has."""
    try:
        from .portable import Watch
    except ImportError as error:
        return RecorderError(
            f"{job.script.path}: to record on {sys.platform}, psutil is needed ({error}); install it: pip install psutil"
        )
    try:
        run = _Run(job)
    except RecorderError as error:
        return error
    try:
        for name in ("cwd", "figures", "tmp"):
            (run.folder / name).mkdir()
        result = Watch(run.request(), stop).run()
        return (
            run.record(result) if result else RecorderError(f"{run.script}: the build was stopped")
        )
    except OSError as error:
        return RecorderError(f"{run.script}: cannot be run: {error}")
    finally:
        shutil.rmtree(run.folder, ignore_errors=True)


class _Supervisor:
    """A supervisor program: it takes one example after the other."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C at the terminal reaches the build, and the build tells the
        # supervisor by closing its standard input, which also happens when the build is killed.
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, str(PACKAGES), "supervisor"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout
        self.output = self.process.stdout
        self.data = bytearray()

    def send(self, request: dict[str, Any]) -> None:
        data = marshal.dumps(request)
        assert self.process.stdin
        self.data.clear()
        with contextlib.suppress(OSError):  # it has ended: then there is no answer, either
            self.process.stdin.write(len(data).to_bytes(4, "little") + data)
            self.process.stdin.flush()

    def read(self) -> bool:
        """Read some of the answer; return True when it is complete, or will never be."""
        data = os.read(self.output.fileno(), 1 << 20)
        self.data += data
        return not data or data.endswith(b"\n")

    def end(self) -> str:
        """End it, and with it the example that it watches; return what it complained about."""
        assert self.process.stdin
        with contextlib.suppress(OSError):  # it has gone, with a request unread
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        assert self.process.stderr
        text = self.process.stderr.read().decode("utf-8", "replace").strip()
        code = self.process.wait()
        self.output.close()
        self.process.stderr.close()
        return text or (
            f"ended by {_SIGNALS.get(-code, -code)}" if code < 0 else f"exit code {code}"
        )


class _Run:
    """One example and the folder of its run."""

    def __init__(self, job: Job) -> None:
        self.job = job
        declared = job.script.declared
        self.alone = declared.alone
        self.probe: Probe = probe(job.python)
        self.timeout = job.timeout if job.timeout is not None else declared.timeout
        self.memory = job.memory if job.memory is not None else declared.memory
        self.whole = job.whole or self.probe.version_info < (3, 11)
        self.script = Path(os.path.abspath(job.script.path))
        try:
            self.folder = _folder()
        except OSError as error:
            raise RecorderError(
                f"{self.script}: no folder for its run can be made in {tempfile.gettempdir()}: {error.strerror}; "
                "free some space, or set TMPDIR"
            ) from error

    def request(self) -> dict[str, Any]:
        """Return what whoever runs it is to know."""
        return {
            "python": self.probe.path,
            "script": str(self.script),
            "runner": self.probe.runner,
            "cells": ""
            if self.whole
            else ",".join(f"{first}-{last}" for first, last in self.job.script.cells),
            "deferred": ",".join(map(str, self.job.script.deferred)),
            "cwd": str(self.script.parent if self.job.beside else self.folder / "cwd"),
            "events": str(self.folder / "events"),
            "figures": str(self.folder / "figures"),
            "environment": environment(os.environ, self.folder),
            "memory": self.memory or 0,
            "ask": ASK_THE_KERNEL,
            "whole": self.whole,
            "head": HEAD,
            "tail": TAIL,
            "timeout": self.timeout,
            "grace": GRACE,
        }

    def record(self, result: dict[str, Any]) -> Record:
        """Return the record of what has happened."""
        shorten = _Shortener(self.script.parent, self.folder, self.probe)
        job, source = self.job, self.job.script
        everything = (1, max(1, len(source.source.splitlines())))
        ranges = source.cells if source.cells and not self.whole else (everything,)
        cells = [
            Cell(
                first, last, _rounded(cell["start"]), _rounded(cell["end"]),
                [
                    Piece(when, writer, shorten(text)) if isinstance(text, str) else Piece(when, None, "", text)
                    for when, writer, text in zip(cell["times"], cell["writers"], cell["texts"], strict=True)
                ],
                cell["figures"],
            )
            for (first, last), cell in zip(ranges, result["cells"], strict=False)
        ]  # fmt: skip
        processes = []
        for data in result["processes"]:
            number = data["signal"]
            checked = {
                "name": shorten(data["name"]) or "subprocess",
                "stack": python_stack(shorten(data["stack"])),
                "signal": None if number is None else _SIGNALS.get(number, str(number)),
            }
            processes.append(
                Process(
                    **data
                    | checked
                    | {moment: _rounded(data[moment]) for moment in ("asked", "start", "end")}
                )
            )
        main = processes[0]
        raised = result["raised"] or (
            _raised_in("".join(piece.text for cell in cells for piece in cell.output))
            if self.whole
            else None
        )
        if result["timed_out"]:
            outcome = "timeout"
        elif main.signal:
            outcome = f"signal {main.signal}"
        elif raised and main.exit_code == 1:
            outcome = f"exception {raised[0]}"
        else:
            outcome = f"exit {main.exit_code}" if main.exit_code else "ok"
        return Record(
            script=job.name or self.script.name,
            sha256=hashlib.sha256(source.source).hexdigest(),
            interpreter=self.probe.interpreter,
            expected=source.declared.expected,
            outcome=outcome,
            exit_code=None if result["timed_out"] else main.exit_code,
            duration=round(result["duration"], 4),
            peak_memory=result["peak_memory"],
            cells=cells,
            processes=processes,
            left_behind=result["left_behind"],
            timeout=self.timeout,
            memory_limit=self.memory,
            error=shorten(f"{raised[0]}: {raised[1]}" if raised[1] else raised[0])
            if raised and outcome.startswith("exception")
            else "",
            whole=self.whole,
            named=not job.portable,
            date=time.strftime("%Y-%m-%d", time.gmtime()),
            shortened=shorten.kinds,
            cores=len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count() or 0,
            leaves=list(source.declared.leaves),
        )


class _Supervised(_Run):
    """One example in the hands of a supervisor."""

    def __init__(self, job: Job, idle: list[_Supervisor]) -> None:
        """Start it, under a supervisor that has nothing to do, or else a new one."""
        super().__init__(job)
        self.limit = time.monotonic() + self.timeout + PATIENCE
        while idle and idle[-1].process.poll() is not None:  # something has killed it meanwhile
            idle.pop().end()
        try:
            self.supervisor = idle.pop() if idle else _Supervisor()
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise RecorderError(
                f"{self.script}: the recorder itself cannot start: {error}"
            ) from error
        self.supervisor.send(self.request())

    def cancel(self) -> str:
        """End the example and everything that it started; return what the supervisor complained
        about.
        """
        complaint = self.supervisor.end()
        _sweep(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        return complaint

    def result(self, *, late: bool) -> Record:
        """Return the record.

        Parameters
        ----------
        late
            True if the supervisor has not answered though it should have.

        Raises
        ------
        RecorderError
            If the supervisor has failed, or the example has stopped or killed it.
        """
        data = self.supervisor.data
        if data.endswith(b"\n"):
            return self.record(json.loads(data))
        if late:
            self.supervisor.process.kill()
        complaint = self.cancel()
        raise RecorderError(
            f"{self.script}: {'the supervisor does not answer' if late else f'the supervisor has failed ({complaint})'}; "
            "has the example stopped or killed its parent process?"
        )


def environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of an example: the builder's, without what would make it behave
    differently from a reader's.

    Every ``PYTHON*`` variable goes (``PYTHONUNBUFFERED`` would hide deadlocks), and so do a display
    and forced colours.
    """
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith("PYTHON") and name not in _REMOVED
    }
    return kept | {
        "PYTHONPATH": str(HOOKS),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder / "tmp"),
        "COLUMNS": "80",
        "LINES": "24",
    }


def _folder() -> Path:
    """Make the folder of one run.

    Its name is short: what multiprocessing makes below it is the address of a socket, for which the
    kernel has 107 bytes.
    """
    parent = tempfile.gettempdir()
    short = "/tmp" if len(parent) > 50 and os.access("/tmp", os.W_OK) else parent  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="pg-", dir=short))


def _sweep(folder: Path) -> None:
    """Kill what an example whose supervisor has been killed has left: processes whose environment
    names the run's folder.
    """
    mark = f"PROCESS_GALLERY={folder}/".encode()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        found = False
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # it has ended, or is another user's
                if mark in environment.read_bytes():
                    os.kill(int(environment.parent.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.01)


def _raised_in(text: str) -> tuple[str, str] | None:
    r"""Return the name and the message of the exception whose traceback ends a text.

    >>> _raised_in("Traceback (most recent call last):\n  File 'x'\nurllib.error.URLError: <no host>\n")
    ('URLError', '<no host>')
    """
    match = _LAST_LINE.search(text)
    return (match[1], match[2] or "") if match else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)


class _Shortener:
    """Take this machine's folders out of a text: what remains is what matters to a reader."""

    def __init__(self, script: Path, folder: Path, python: Probe) -> None:
        self.kinds = ["script", "working", "temporary", "interpreter"]
        real = Path(os.path.realpath(folder))
        replacements: dict[str, str] = {}
        for run in (folder, real):
            for name, word in (("cwd", "."), ("tmp", "/tmp")):  # noqa: S108 - what a reader would see
                replacements[f"{run / name}{os.sep}"] = "" if word == "." else f"{word}/"
                replacements[str(run / name)] = word
        for place in (script, Path(os.path.realpath(script))):
            replacements.setdefault(f"{place}{os.sep}", "")
        for prefix in sorted(python.prefixes, key=len, reverse=True):
            if len(prefix) > 1:
                replacements.setdefault(f"{prefix}{os.sep}", "")
        self.replacements = replacements
        self.pattern = re.compile(
            "|".join(re.escape(old) for old in sorted(replacements, key=len, reverse=True))
        )
        ours = "|".join(re.escape(str(path)) for path in (RUNNER, HOOKS / "sitecustomize.py"))
        self.shortest = min(map(len, (*replacements, str(RUNNER.parent))))
        self.code = str(RUNNER.parent)
        self.runner = re.compile(
            rf'^  File "(?:{ours})", line \d+,? in [^\n]*\n(?:    [^\n]*\n)*',
            re.MULTILINE,
        )

    def __call__(self, text: str) -> str:
        if len(text) < self.shortest:  # most pieces of what is written byte by byte
            return text
        if self.code in text:
            text = self.runner.sub("", text)
        return self.pattern.sub(lambda match: self.replacements[match[0]], text)


def python_stack(text: str) -> str:
    r"""Return the Python stacks in what faulthandler wrote, without its heading, the C stacks
    (3.14) and the list of extension modules.

    >>> python_stack("Fatal Python error: Aborted\n\nCurrent thread 0x1 (most recent call first):\n  File 'a.py', line 3 in f\n")
    "Current thread 0x1 (most recent call first):\n  File 'a.py', line 3 in f\n"
    """
    lines: list[str] = []
    keep = False
    for line in text.splitlines(keepends=True):
        if line.startswith(("Current thread", "Thread ")) and "C stack" not in line:
            keep = True
        elif not line.startswith("  ") and line.strip():
            keep = False
        if keep:
            lines.append(line)
    return "".join(lines).strip("\n") + "\n" if lines else ""


def stop_on_sigterm() -> None:
    """Make SIGTERM raise SystemExit in the main thread, so that a build that is told to end ends
    its examples too.
    """

    def handler(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    if (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    ):
        signal.signal(signal.SIGTERM, handler)
