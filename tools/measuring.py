"""Run a command, and measure what it and all that it starts take. Linux only."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# The time of a process counts for the one that waits for it. So what outlives its parent, as the kernels of
# notebooks do, becomes a child of this program (PR_SET_CHILD_SUBREAPER, prctl(2)), which waits for it.
# It says what they took, without what it takes itself to start.
WAITING = """
import ctypes, os, resource, signal, subprocess, sys, time

ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
status = subprocess.call(sys.argv[2:])
until = time.monotonic() + 10
while True:
    try:
        if os.waitpid(-1, os.WNOHANG)[0]:
            continue
    except ChildProcessError:
        break
    if time.monotonic() > until:
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            for pid in file.read().split():
                os.kill(int(pid), signal.SIGKILL)
    time.sleep(0.01)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(int(sys.argv[1]), str(used.ru_utime + used.ru_stime).encode())
if status < 0:
    os.kill(os.getpid(), -status)
sys.exit(status)
"""

EVERY = 0.1
"""Seconds from one look at the memory to the next."""


@dataclass
class Measured:
    """What a command has taken."""

    status: int = 0
    """Its exit code; below zero the signal that ended it."""
    seconds: float = 0.0
    """Processor time, with that of all descendants."""
    wall: float = 0.0
    """Seconds by the clock."""
    megabytes: float = 0.0
    """The most memory that it and its descendants had at once, a shared page counted once
    (``smaps_rollup`` of proc(5), Pss), as far as was seen.
    """


def run(
    command: Sequence[str],
    folder: Path,
    output: int = subprocess.DEVNULL,
    *,
    environment: Mapping[str, str] | None = None,
    longest: float | None = None,
    memory: bool = False,
) -> Measured:
    """Run a command to its end.

    Parameters
    ----------
    command
        What is run. The folder of its program is the first on the ``PATH``, as in an activated
        environment.
    folder
        Where it runs.
    output
        A file descriptor for all that it prints.
    environment
        More variables.
    longest
        Seconds until it and its descendants are ended; None: it may take its time. What it leaves behind is
        ended after ten seconds in any case.
    memory
        Whether to look at the memory, which takes some processor time of its own.
    """
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ['PATH']}"
    began = time.perf_counter()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", WAITING, str(writer), *command], cwd=folder, stdout=output, stderr=output, start_new_session=True,
        env=kept | {"PATH": path} | dict(environment or {}), pass_fds=[writer],
    )  # fmt: skip
    os.close(writer)
    measured, ended = Measured(), threading.Event()

    def watch() -> None:
        while not ended.wait(EVERY):
            if memory:
                measured.megabytes = max(measured.megabytes, _megabytes(process.pid))
            if longest is not None and time.perf_counter() - began > longest:
                for one in _descendants(process.pid)[1:]:
                    with contextlib.suppress(psutil.Error):
                        one.kill()

    watching = threading.Thread(target=watch)
    watching.start()
    measured.status = process.wait()
    ended.set()
    watching.join()
    with open(reader, encoding="ascii") as file:
        measured.seconds = float(file.read())
    measured.wall = time.perf_counter() - began
    return measured


_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def _megabytes(pid: int) -> float:
    """Return the memory of a process and its descendants."""
    total = 0
    for one in _descendants(pid):
        try:
            found = _PSS.search(Path(f"/proc/{one.pid}/smaps_rollup").read_text())
        except OSError:  # it has just ended
            continue
        total += int(found[1]) if found else 0
    return total / 1024


def _descendants(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants, none if it has ended."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.Error:
        return []
