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
import os
import selectors
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from process_gallery.errors import RecorderError
from process_gallery.interpreters import probe
from process_gallery.script import read_script

from .job import Job
from .request import is_portable
from .supervised import SupervisedRun
from .supervisor_process import SupervisorProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from process_gallery.model import Record
    from process_gallery.script import Cwd


def record(
    script: str | os.PathLike[str],
    *,
    python: str | None = None,
    timeout: float | None = None,
    memory: int | None = None,
    cwd: Cwd = "empty",
    portable: bool = sys.platform != "linux",
    arguments: Sequence[str] = (),
) -> Record:
    """Run one example and return its record.

    Parameters
    ----------
    script
        Path of the script.
    python
        The interpreter that runs it: a path, or a name that is found on the ``PATH``; by default
        what it declares, or else this one.
    timeout
        Seconds until the watchdog ends it, 0 for never; by default what the example declares, or
        else 30.
    memory
        Limit of the address space of each of its processes, in MiB; by default what the example
        declares, or else none.
    cwd
        Where it runs: ``"empty"``, an empty folder, or ``"script"``, the script's own.
    portable
        Use nothing that Linux alone has, as is done on other platforms: lines are then without
        their writers, and ``memory`` has no effect.
    arguments
        What it is called with.

    Raises
    ------
    ExampleError
        If the script cannot be read or declares something that is not understood.
    InterpreterError
        If the interpreter is not there or does not start.
    RecorderError
        If the recorder itself fails.
    ValueError
        If ``cwd`` is neither of the two.
    """
    example = read_script(Path(script))
    job = Job(
        example,
        python=python or example.python or sys.executable,
        timeout=timeout,
        memory=memory,
        cwd=cwd,
        portable=portable,
        arguments=tuple(arguments),
    )
    [(_, result)] = record_all([job])
    if isinstance(result, RecorderError):
        raise result
    return result


def record_all(
    jobs: Iterable[Job],
    *,
    at_once: int = 1,
    supervisors: Sequence[SupervisorProcess] = (),
    meanwhile: Callable[[], object] | None = None,
) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples, some at a time, and yield each with its record as it ends.

    Those that declare ``sphinx_gallery_parallel = False`` run alone, after the others. When the
    caller stops early, by an exception or Ctrl-C, everything that was started is ended before this
    generator is.

    Parameters
    ----------
    jobs
        The examples.
    at_once
        How many run at the same time.
    supervisors
        Supervisors that have been started already; they are ended with the others.
    meanwhile
        Called once, when the first example has been started: a command imports then what it needs
        to show the record.

    Raises
    ------
    InterpreterError
        If an interpreter cannot be used; nothing has been run then.
    """
    idle = list(supervisors)
    try:
        waiting = sorted(jobs, key=lambda job: job.script.declared.alone)
        if not idle and any(
            not job.portable and not (job.gallery and job.gallery.warm) for job in waiting
        ):
            with contextlib.suppress(OSError):  # said of the first job, when it is tried again
                idle.append(SupervisorProcess())  # it starts while the interpreters are asked
        for job in waiting:
            probe(job.python)
    except BaseException:
        for supervisor in idle:
            supervisor.end()
        raise
    supervised = deque(job for job in waiting if not is_portable(job))
    yield from _supervised(supervised, at_once, idle, meanwhile)
    portable = [job for job in waiting if is_portable(job)]
    if portable:
        # Not above: with logging, which it loads, it took two fifths of the time to import this module.
        from .threaded import record_in_threads

        yield from record_in_threads(portable, at_once)


def _supervised(
    waiting: deque[Job],
    at_once: int,
    idle: list[SupervisorProcess],
    meanwhile: Callable[[], object] | None,
) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples under supervisors: programs, each of which takes one example after the other."""
    active: list[SupervisedRun] = []
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
                    run = SupervisedRun(job, idle)
                except RecorderError as error:
                    yield job, error
                    continue
                active.append(run)
                selector.register(run.supervisor.output, selectors.EVENT_READ, run)
            if not active:
                continue
            if meanwhile:
                meanwhile()
                meanwhile = None
            soonest = min(run.limit for run in active)
            seconds = None if soonest == float("inf") else max(0.0, soonest - time.monotonic())
            ready = [key.data for key, _ in selector.select(seconds)]
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
