"""What is known of a run: its cells with their output, its processes, and what these report.

Whoever watches an example has an :class:`Account` of it: :mod:`.linux`, with what Linux has for
that, or :mod:`.portable`. It tells the account what happens; the account calls nobody back. The
supervisor shall start at once, so nothing is imported here that a Python has not loaded anyway.
"""

from __future__ import annotations

import _signal
import os
import time

from process_gallery.helper_processes import HELPERS

from .messages import ProcessResult, Request, Result
from .output import Decoder, Output
from .products import files, put_into, text_of
from .stacks import LONGEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from typing import Literal

    NameFrom = Literal["looks", "report", "example"]

STACK_START = b"Fatal Python error: "
"""What faulthandler writes first when a signal ends a process."""
CRASHES: tuple[int, ...] = tuple(
    getattr(_signal, name)
    for name in ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")
    if hasattr(_signal, name)
)
TERMINATED = 0x10000
"""Exit code on Windows of what multiprocessing has terminated (``popen_spawn_win32.TERMINATE``)."""
REPORT_ERRORS = (ValueError, IndexError, OverflowError, OSError)
"""What a report that is none of ours may lead to: anything may write such lines."""


class SeenProcess:
    """One process of the example, as far as it is known. Moments are seconds of the run."""

    __slots__ = (
        "asked",
        "asked_by",
        "beginnings",
        "end",
        "exit_code",
        "how",
        "id",
        "in_own_code",
        "name",
        "name_from",
        "note",
        "parent",
        "pid",
        "pidfd",
        "signal",
        "stack",
        "stack_file",
        "start",
        "start_ticks",
        "stuck",
        "told_to_abort",
        "wrote",
    )

    def __init__(self, number: int, pid: int, how: str, name: str, start: float | None) -> None:
        self.id = number  # position in Account.processes
        self.pid = pid
        self.name = name
        # "looks": what its command looks like; that changes when it becomes another program.
        # "report": what Python says it is, a fork or a helper of multiprocessing; it may still
        #   become another program, and the example may still name it.
        # "example": what the example named it, as a multiprocessing.Process or by its command.
        self.name_from: NameFrom = "looks"
        self.how = how  # as Process.how in the model
        self.parent: int | None = None  # id
        self.asked_by: int | None = None  # id
        self.asked: float | None = None
        self.start = start
        self.end: float | None = None
        self.exit_code: int | None = None
        self.signal: int | None = None
        self.stuck = False
        self.stack = b""  # what faulthandler wrote
        self.stack_file = ""  # name of the file that it writes it to
        self.note = ""  # as Process.note in the model
        self.in_own_code = False  # though one of multiprocessing's, it hangs in the example's code
        # What begins like a stack, and comes now, is one: the example has faulthandler write to its
        # output.
        self.told_to_abort = False
        self.beginnings: set[str] = set()  # kinds of report that it has begun, each sent once
        # Of the Linux watcher alone:
        self.start_ticks: bytes | None = None  # when it began, as /proc has it: with its pid unique
        self.pidfd: int | None = None
        self.wrote = False

    @property
    def is_helper(self) -> bool:
        """True if it is one of multiprocessing's own processes, which end by themselves when the
        others have ended.
        """
        return self.name in HELPERS and self.name_from == "report" and not self.in_own_code

    @property
    def exit_known(self) -> bool:
        """True if it is known how it ended."""
        return self.exit_code is not None or self.signal is not None

    def note_exit(self, status: int) -> None:
        """Note how it ended, from what waiting for it gave."""
        if os.WIFSIGNALED(status):
            self.exit_code, self.signal = None, os.WTERMSIG(status)
        elif os.WIFEXITED(status):
            self.exit_code, self.signal = os.WEXITSTATUS(status), None

    def note_code(self, code: int) -> None:
        """Note how it ended, from its exit code on Windows; the first that is known stays."""
        if self.exit_known:
            return
        if code == TERMINATED:
            self.signal = int(_signal.SIGTERM)
        else:
            self.exit_code = code

    def note_parent(self, parent: SeenProcess) -> None:
        """Note who started it, as the operating system has it; who asked for it is the same, until
        more is known.
        """
        self.parent = self.asked_by = parent.id

    def note_asked(self, asked: float) -> None:
        """Note when it was asked for; it cannot have begun before: /proc counts in hundredths of a
        second.
        """
        self.asked = asked
        self.start = max(self.start or 0.0, asked)

    def see_command(self, command: str, *, other_program: bool) -> None:
        """Name it by what its command looks like now, unless the example has named it.

        Parameters
        ----------
        command
            What a reader would call it; empty if it has ended.
        other_program
            True if it runs another program than the example's Python.
        """
        if not command or self.name_from == "example":
            return
        if other_program:
            self.name, self.how = command, "exec"
        elif self.name_from == "looks":
            self.name = command


class Report:
    """A line of ``sitecustomize`` or of the cell runner; anything else may write such lines, too."""

    __slots__ = ("kind", "moment", "parent_pid", "pid", "when", "words")

    def __init__(
        self, kind: str, pid: int, parent_pid: int, moment: int, when: float, words: list[str]
    ) -> None:
        self.kind = kind
        self.pid = pid  # of who reports
        self.parent_pid = parent_pid
        self.moment = moment  # nanoseconds, as the process has it
        self.when = when  # second of the run
        self.words = words

    def pids(self) -> list[tuple[int, str]]:
        """Return the pids that are to be looked up before the report is taken: of who reports and,
        for a command, of the child that was started; each with the kind of beginning that this
        is of it, empty if it is none.
        """
        if self.kind == "raised":
            return []
        if self.kind == "command":
            return [(self.pid, ""), (int(self.words[0]), self.kind)]
        if self.kind == "started":
            return [(self.pid, ""), (int(self.words[0]), self.kind)]
        return [(self.pid, self.kind if self.kind in ("fork", "exec") else "")]


class Account:
    """One run, as far as it is known."""

    def __init__(self, request: Request, *, names_writers: bool) -> None:
        """Begin with nothing known.

        Parameters
        ----------
        request
            What is run.
        names_writers
            Whether the kernel tells who wrote what.
        """
        self.figures = request.figures
        self.names_writers = names_writers
        self.zero = time.monotonic()
        self.outputs = [
            Output(request.head, request.tail) for _ in range(max(1, request.cells.count("-")))
        ]
        self.cell = 0  # the index of the one that runs
        self.nonce = os.urandom(16).hex()
        self.marker = b"\x1e" + self.nonce.encode()
        self.held = b""  # the start of what may be a marker
        self.processes: list[SeenProcess] = []
        self.by_pid: dict[int, SeenProcess] = {}
        self.start_calls: dict[tuple[int, str], float] = {}  # (pid, name) of Process.start(): when
        self.raised: tuple[str, str] | None = None
        self.program = os.path.realpath(request.python)
        self.closing = (
            False  # what multiprocessing's helpers say from now on is about what the recorder does
        )
        # What stuck processes write from now on is about the signals that the recorder sends them.
        self.time_is_up = False
        self.only_writer: SeenProcess | None = None  # all others are stopped, so output is its
        self.written = 0  # bytes
        self.peak = 0  # KiB of the largest process
        self.main: SeenProcess
        self.runner: (
            SeenProcess  # what runs the cells: the main process, or a launcher's first rank
        )
        self.ranks: set[int] = set()  # pids of what a launcher has started

    def elapsed(self) -> float:
        """Return the seconds that the run has taken so far."""
        return time.monotonic() - self.zero

    def since(self, monotonic_ns: str | bytes) -> float:
        """Return the second of the run that a process names; now, where its clock is another (time
        namespaces, man 7 time_namespaces).
        """
        second, now = int(monotonic_ns) / 1e9 - self.zero, self.elapsed()
        return second if 0 <= second <= now else now

    # -- processes

    def add_process(
        self, pid: int, how: str = "unknown", name: str = "", start: float | None = None
    ) -> SeenProcess:
        """Note a new process."""
        process = SeenProcess(len(self.processes), pid, how, name, start)
        self.processes.append(process)
        self.by_pid[pid] = process
        return process

    def add_main(self, pid: int) -> SeenProcess:
        """Note the example's own process."""
        self.main = self.add_process(pid, "main", "MainProcess", 0.0)
        self.main.name_from = "report"
        self.main.asked = 0.0
        self.runner = self.main
        return self.main

    def known(self, pid: int, beginning: str = "") -> SeenProcess | None:
        """Return the process of a pid; None if there is none that is known.

        Parameters
        ----------
        pid
            What is looked up.
        beginning
            The kind of report that the process has begun, if this is such a one. One that has ended
            and was reported to begin in the same way before is another: the pid is used again.
        """
        process = self.by_pid.get(pid)
        if (
            beginning
            and process is not None
            and process.end is not None
            and beginning in process.beginnings
        ):
            del self.by_pid[pid]
            return None
        return process

    def give_main_pid(self, pid: int) -> None:
        """Note that the example's own process has another pid than the one that was started."""
        self.main.pid = pid
        self.by_pid[pid] = self.main

    # -- output

    def take_output(self, when: float, process: SeenProcess | None, data: bytes) -> None:
        """Take what was written: output, and the main process's markers in it.

        Parameters
        ----------
        when
            Second of the run.
        process
            Who wrote it; None if that is not known.
        data
            The bytes.
        """
        self.written += len(data)
        if process is not None and process is not self.runner:
            if self.held:  # what the main process wrote was no marker, then
                held, self.held = self.held, b""
                self.store(when, self.runner, held)
            self.store(when, process, data)
        elif self.held or b"\x1e" in data:
            held, self.held = self.held, b""
            self._take_marked(when, process, held + data)
        else:
            self.store(when, process, data)

    def _take_marked(self, when: float, process: SeenProcess | None, data: bytes) -> None:
        """Store output of the main process up to each marker, and turn to the marker's cell."""
        length = len(self.marker) + 6 + 20 + 1
        while data:
            at = data.find(self.marker)
            if at < 0:
                at = data.rfind(b"\x1e")  # may be the beginning of a marker
                if at < 0 or not self.marker.startswith(data[at : at + len(self.marker)]):
                    at = len(data)
            elif len(data) >= at + length:
                digits = data[at + len(self.marker) : at + length - 1]
                if digits.isdigit():
                    self.store(when, process, data[:at])
                    self.turn_to(int(digits[:6]), self.since(digits[6:]))
                    data = data[at + length :]
                    continue
                at += len(self.marker)  # the example has found the secret out, and plays with it
                self.store(when, process, data[:at])
                data = data[at:]
                continue
            self.store(when, process, data[:at])
            self.held = data[at:]
            return

    def turn_to(self, index: int, moment: float) -> None:
        """Note that a cell has ended, and that the next has begun."""
        output = self.outputs[self.cell]
        if output.start is not None:
            if index <= self.cell:  # no marker of ours
                return
            if output.end is None:
                output.close(moment)
        if index < len(self.outputs):
            self.cell = index
            self.outputs[index].start = moment

    def store(self, when: float, process: SeenProcess | None, data: bytes) -> None:
        """Keep output in the cell."""
        process = process or self.only_writer
        if not data or (self.closing and process is not None and process.is_helper):
            return
        if process is not None and process.told_to_abort:
            at = 0 if process.stack else data.find(STACK_START)
            if at >= 0:
                process.stack += data[at:]
        if self.time_is_up and (process is None or process.stuck):
            return
        writer = process.id if process and self.names_writers else None
        self.outputs[self.cell].add(when, writer, data)

    # -- what processes report

    def read_report(self, line: bytes) -> Report:
        """Read a line; one of ``REPORT_ERRORS`` if it is no report."""
        words = line.decode("utf-8", "replace").split("\t")
        pid, parent_pid, moment = map(int, words[1:4])
        return Report(
            words[0], pid, parent_pid, moment, self.since(words[3]), list(map(unescaped, words[4:]))
        )

    def is_new_cell(self, report: Report) -> bool:
        """Return whether a report says that the next cell begins. It comes from a main process that
        has closed every descriptor of its output, and waits; what it wrote before is to be taken
        first.
        """
        return (
            report.kind == "cell"
            and report.pid == self.runner.pid
            and report.words[1] == self.nonce
        )

    def begin_cell(self, report: Report) -> None:
        """Turn to the cell of such a report, and let the main process go on."""
        self.turn_to(int(report.words[0]), report.when)
        os.rmdir(self.figures + ".wait")

    def take_report(
        self, report: Report, processes: Sequence[SeenProcess], command: str = ""
    ) -> None:
        """Take a report.

        Parameters
        ----------
        report
            What ``sitecustomize`` or the cell runner says.
        processes
            The processes of ``report.pids()``.
        command
            What the process runs that reports its beginning, if it was looked up.

        Raises
        ------
        ValueError, IndexError, OverflowError
            If it is no report of ours.
        """
        take = self._TAKE.get(report.kind)
        if take is None:
            return
        for process, (_, beginning) in zip(processes, report.pids(), strict=True):
            if beginning:
                process.beginnings.add(beginning)
        take(self, report, processes, command)

    def _parent_of(self, report: Report, process: SeenProcess) -> SeenProcess | None:
        parent = self.by_pid.get(report.parent_pid)
        return None if parent is process else parent

    def _take_raised(self, report: Report, _: Sequence[SeenProcess], __: str) -> None:
        if report.pid in (self.main.pid, *self.ranks) and self.raised is None:
            self.raised = (report.words[0], "\t".join(report.words[1:]))

    def _take_rank(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        """One of those that a launcher has started has begun."""
        [process] = processes
        if process is not self.main:
            process.name, process.name_from = f"rank {int(report.words[0])}", "example"
            self.ranks.add(process.pid)
            if int(report.words[0]) == 0:
                self.runner = process

    def _take_fork(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        [process] = processes
        # Of the fork itself: the parent may have ended when the child reports.
        parent = self.by_pid.get(int(report.words[1])) or self._parent_of(report, process)
        process.start = report.when
        process.stack_file = f"{report.pid}-{report.moment}"
        if process.name_from == "example":  # its start() has returned, and said what it is
            process.parent = parent.id if parent else process.parent
            return
        process.how, process.asked = "fork", self.since(report.words[0])
        if parent:
            process.note_parent(parent)
        if process.name_from == "looks":
            process.name = f"fork of {parent.name}" if parent else "fork"
        process.name_from = "report"

    def _take_exec(self, report: Report, processes: Sequence[SeenProcess], command: str) -> None:
        [process] = processes
        process.stack_file = f"{report.pid}-{report.moment}"
        if process is self.main:
            self.program = report.words[1]
            return
        parent = self._parent_of(report, process)
        process.start = process.start if process.start is not None else report.when
        if process.how == report.words[0] == "spawn":  # its start() has returned, likewise
            return
        process.how = "exec"
        if process.pid not in self.ranks:
            process.name = report.words[0] or command or process.name
            process.name_from = "report"
        if parent and process.parent is None:
            process.note_parent(parent)

    def _take_command(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        process, child = processes
        if child is self.main:
            return
        if child.how == "unknown":
            child.how = "exec"
        if child.name_from == "looks":
            child.name, child.name_from = command_label(report.words[2].split(" ")), "example"
        child.note_parent(process)
        child.note_asked(self.since(report.words[1]))

    def _take_ended(self, report: Report, _: Sequence[SeenProcess], __: str) -> None:
        ended = self.by_pid.get(int(report.words[0]))
        if ended and ended is not self.main and not ended.exit_known:
            ended.note_exit(int(report.words[1]))

    def _take_code(self, report: Report, _: Sequence[SeenProcess], __: str) -> None:
        """Windows: who has waited for a process has its exit code."""
        ended = self.by_pid.get(int(report.words[0]))
        if ended and ended is not self.main:
            ended.note_code(int(report.words[1]))

    def _take_start(self, report: Report, _: Sequence[SeenProcess], __: str) -> None:
        self.start_calls[report.pid, report.words[0]] = report.when

    def _take_started(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        """A start() has returned. The child may have said the same, or have ended before it could."""
        starter, child = processes
        method, name = report.words[1], report.words[2]
        if child is self.main or child is starter:
            return
        child.name, child.name_from = name, "example"
        child.asked_by = starter.id
        asked = self.start_calls.pop((starter.pid, name), None)
        if asked is not None:
            child.note_asked(asked)
        if method in ("fork", "spawn", "forkserver"):
            child.how = method
        if child.parent is None:
            servers = [
                process.id
                for process in self.processes
                if process.name == "forkserver" and process.name_from == "report"
            ]
            if method != "forkserver":
                child.parent = starter.id
            elif servers:
                child.parent = servers[-1]

    def _take_exit(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        [process] = processes
        if process is not self.main and not process.exit_known:
            process.exit_code = int(report.words[0]) & 0xFF

    def _take_process(self, report: Report, processes: Sequence[SeenProcess], _: str) -> None:
        [process] = processes
        method, parent_pid, name = report.words
        if process is self.main:
            return
        process.name, process.name_from = name, "example"
        asker = self.by_pid.get(int(parent_pid)) if parent_pid else None
        if asker and asker is not process:
            process.asked_by = asker.id
            process.asked = self.start_calls.pop((asker.pid, name), process.asked)
            if process.asked is not None and process.start is not None:
                process.note_asked(process.asked)
        parent = self._parent_of(report, process)
        if method in ("fork", "spawn", "forkserver"):
            process.how = method
        elif parent and parent.name == "forkserver":
            process.how = "forkserver"
        elif process.how == "exec":
            process.how = "spawn"

    _TAKE = {  # noqa: RUF012, never changed
        "raised": _take_raised,
        "rank": _take_rank,
        "fork": _take_fork,
        "exec": _take_exec,
        "command": _take_command,
        "ended": _take_ended,
        "code": _take_code,
        "start": _take_start,
        "started": _take_started,
        "exit": _take_exit,
        "process": _take_process,
    }

    # -- the result

    def _name_those_that_ended_early(self) -> None:
        """Name the children that neither said their name nor were named when start() returned: by a
        call of start() that has not returned.
        """
        for process in self.processes:
            parent = self.processes[process.parent] if process.parent is not None else self.main
            calls = sorted((when, pid, name) for (pid, name), when in self.start_calls.items())
            if process.how == "exec" and process.name == "spawn":
                own = [call for call in calls if call[1] == parent.pid]
                method = "spawn"
            elif process.how == "fork" and parent.name == "forkserver" and parent.is_helper:
                own = [call for call in calls if call[0] <= (process.start or 0.0)][-1:]
                method = "forkserver"
            else:
                continue
            if own:
                when, pid, name = own[0]
                asker = self.by_pid.get(pid)
                process.name, process.how, process.asked = name, method, when
                process.asked_by = asker.id if asker else process.asked_by
                del self.start_calls[pid, name]

    def _let_none_begin_before_its_parent(self) -> None:
        """Mend the starts that are known from /proc only, which counts in hundredths of a second."""
        changed = True
        while changed:
            changed = False
            for process in self.processes:
                first = self.processes[process.parent].start if process.parent is not None else None
                if first is not None and process.start is not None and process.start < first:
                    process.start, changed = first, True

    def _of_scrapers(self) -> set[int | None]:
        """Return the ids of the programs that a gallery's scrapers have started: they are none of the
        example's.
        """
        pauses = []
        for line in (text_of(self.figures, "pauses") or "").split("\n"):
            began, _, ended = line.partition(" ")
            if began.isdigit() and ended.isdigit():
                pauses.append((self.since(began), self.since(ended)))
        gone: set[int | None] = set()
        for process in self.processes:
            begun = process.start if process.asked is None else process.asked
            if process is not self.main and (
                process.parent in gone
                or (begun is not None and any(first <= begun <= last for first, last in pauses))
            ):
                gone.add(process.id)
        return gone

    def _in_order(self) -> tuple[list[SeenProcess], dict[int | None, int | None]]:
        """Return the processes in the order in which they began, the example first, and the new
        number of each.
        """
        gone = self._of_scrapers()
        order = [
            self.main,
            *sorted(
                (process for process in self.processes[1:] if process.id not in gone),
                key=lambda process: process.start or 0 if process.asked is None else process.asked,
            ),
        ]
        number: dict[int | None, int | None] = {
            process.id: index for index, process in enumerate(order)
        }
        number |= dict.fromkeys(gone | {None})
        return order, number

    def result(self, *, timed_out: bool, left: Collection[int], idle: bool = False) -> Result:
        """Return what is to be recorded; the account is used up then.

        Parameters
        ----------
        timed_out
            Whether the example was ended by the watchdog.
        idle
            Whether that was because it did nothing.
        left
            Ids of the processes that it left behind.
        """
        if self.held:  # no marker after all
            self.store(self.elapsed(), self.runner if self.names_writers else None, self.held)
        self._name_those_that_ended_early()
        self._let_none_begin_before_its_parent()
        order, number = self._in_order()
        cells = Decoder().cells(self.outputs, number)
        put_into(cells, self.figures)
        return Result(
            timed_out=timed_out,
            idle=idle,
            raised=self.raised,
            duration=self.main.end if self.main.end is not None else self.elapsed(),
            peak_memory=self.peak,
            cells=cells,
            processes=[
                ProcessResult(
                    id=index,
                    pid=process.pid,
                    name=process.name,
                    how=process.how,
                    parent=number[process.parent],
                    asked_by=number[process.asked_by],
                    asked=process.asked,
                    start=process.start,
                    end=process.end,
                    exit_code=process.exit_code,
                    signal=process.signal,
                    stuck=process.stuck,
                    stack=process.stack[:LONGEST].decode("utf-8", "backslashreplace"),
                    note=process.note,
                )
                for index, process in enumerate(order)
            ],
            left_behind=sorted(index for index, process in enumerate(order) if process.id in left),
            files=list(files(self.figures)),
            images=text_of(self.figures, "images.json") or "0",
            names=text_of(self.figures, "names.json") or "[]",
            reads=text_of(self.figures, "reads.json") or "[]",
        )


def unescaped(word: str) -> str:
    r"""Return a word of a report as it was.

    >>> unescaped(r"a\tb\\tc")
    'a\tb\\tc'
    """
    if "\\" not in word:
        return word
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in word.split("\\\\"))


def command_label(words: list[str]) -> str:
    """Return what a reader would call a command.

    >>> command_label(["/usr/bin/python3.13", "-W", "error", "/tmp/worker.py"])
    'python worker.py'
    >>> command_label(["/usr/bin/python3", "-m", "http.server", "8000"])
    'python -m http.server'
    """
    name = os.path.basename(words[0])
    if name.startswith("python"):
        name = "python"
        for number, word in enumerate(words[1:], 1):
            if word == "-m":
                name = f"python {word} {' '.join(words[number + 1 : number + 2])}"
            elif word == "-c" or word.endswith(".py"):
                name = f"python {os.path.basename(word)}"
            else:
                continue
            break
    return name.strip()[:40]
