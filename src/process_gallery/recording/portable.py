"""Watch one example with what every platform has: a pipe, reports in files, and psutil. For macOS,
Windows, and others than Linux.

Cells, output, exit codes, the names and the times of Python's processes, stacks of those that hang:
all that is recorded, too. What is not: who wrote which line. The end of a program that is no Python
is known to a tenth of a second. A process that does not report itself is missed if it has lost its
parent and emptied its environment before it was first seen. There is no limit of memory.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
import time

import psutil

from .account import REPORT_ERRORS, Account, SeenProcess, command_label
from .folders import let_others_report
from .messages import Request, Result
from .stacks import SILENT, STACK_SIGNAL, is_in_own_code, written_to

READ = 1 << 16
LOOK = 0.1
"""Seconds between looks for processes that do not report themselves."""
PATIENCE = 0.6
"""Seconds that a stuck process gets to write its stacks."""
NEWLINE = os.linesep.encode()
SIGNALS = os.name == "posix"
"""Whether a signal can have a process write its stacks. Elsewhere faulthandler's own clock does it.
"""
NEW_GROUP = 0
WINE = False
if sys.platform == "win32":
    import _winapi

    NEW_GROUP = subprocess.CREATE_NEW_PROCESS_GROUP
    WINE = hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")
    ASK = 0x101000  # SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION
GONE = (psutil.Error, OSError)
"""What psutil raises where a process has ended, or is another user's. What it does not know it lets
through as the system has it.
"""
STARTING = 3.0
"""Seconds more that a child gets to end which has not found its task yet when the example has ended:
on Windows it is there before its parent pickles what it is to do, and that may fail.
"""
# psutil.process_iter() keeps a list of its own, which is one for all threads.
_LISTING = threading.Lock()


class PortableWatcher:
    """One run: ``run()`` does it all and returns what is to be recorded."""

    def __init__(self, request: Request, stop: threading.Event) -> None:
        """Take a run.

        Parameters
        ----------
        request
            What is to be run.
        stop
            Set when the build is over.
        """
        self.request = request
        self.stop = stop
        self.account = Account(request, names_writers=False)
        # When, and what was written; None: the example has ended.
        self.output: queue.Queue[tuple[float, bytes | None]] = queue.Queue(64)
        self.eof = False
        self.read_until: dict[str, int] = {}  # name of a file of reports -> how far it was read
        self.looked: set[tuple[int, float]] = set()  # what was looked at: pid, and when it began
        self.living: dict[psutil.Process, SeenProcess] = {}
        self.handles: dict[
            int, int
        ] = {}  # Windows: id of a process -> handle, by which its end is known
        self.began_at = 0.0  # time.time() of the example's start
        self.next_look = 0.0
        self.over = False  # a look has been taken after the example's end
        self.reported: set[int] = set()  # pids that have
        self.reported_end: set[int] = set()  # pids of which somebody knows the exit code
        # The files of the Pythons that have reported: one is started through another, and the like.
        self.programs: set[str] = set()

    # -- the example's start

    def start(self) -> None:
        """Start the interpreter, and the two threads that wait for its output and its end."""
        request = self.request
        os.mkdir(request.events, 0o700)
        os.mkdir(request.stacks, 0o700)
        for folder in (request.events, request.stacks):
            let_others_report(folder, 0o1733)
        events = request.events.replace(os.sep, "/") + "/"
        reading, writing = os.pipe()
        environment = request.environment | {
            "PROCESS_GALLERY": f"{events}:{os.fstat(writing).st_ino}"
        }
        if not SIGNALS and request.timeout:
            environment["PROCESS_GALLERY_STACKS"] = str(time.monotonic() + request.timeout)
        if sys.platform == "win32":
            environment["PYTHONIOENCODING"] = "utf-8"  # as a console takes it (PEP 528)
        command = [request.python, request.script]
        if not request.whole:
            command[1:1] = [request.runner]
            command += [
                request.cells,
                self.account.nonce,
                "-1",
                events,
                request.figures,
                request.deferred,
                request.mode,
                request.settings,
            ]
        command += request.arguments
        self.account.zero = time.monotonic()
        threading.Thread(target=self.read, args=(reading,), daemon=True).start()
        try:
            self.program_run = subprocess.Popen(
                command,
                cwd=request.cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                # A session or group of its own: Ctrl-C at the terminal reaches the build, which
                # then ends the example.
                start_new_session=os.name == "posix",
                creationflags=NEW_GROUP,
                umask=0o022 if os.name == "posix" else -1,
            )
        finally:
            os.close(writing)  # where nothing has started, the thread ends by it
        main = self.account.add_main(self.program_run.pid)
        with contextlib.suppress(*GONE):
            process = psutil.Process(self.program_run.pid)
            self.began_at = process.create_time()
            self.looked.add((process.pid, self.began_at))
            self.living[process] = main
            self.hold(main)
        threading.Thread(target=self.wait, daemon=True).start()

    def read(self, fd: int) -> None:
        """In a thread: read the output until nobody can write any more."""
        rest = b""
        while data := os.read(fd, READ):
            if NEWLINE == b"\r\n":  # as a console shows it; the line's end may come in two pieces
                data = rest + data
                rest = data[-1:] if data.endswith(b"\r") else b""
                data = data[: len(data) - len(rest)].replace(NEWLINE, b"\n")
            if not self.account.closing:
                self.output.put((self.account.elapsed(), data))
        self.output.put((self.account.elapsed(), rest))
        os.close(fd)
        self.eof = True

    def wait(self) -> None:
        """In a thread: wait for the example's end."""
        if sys.platform == "win32":
            self.program_run.wait()
        else:
            _, status, usage = os.wait4(self.program_run.pid, 0)
            self.program_run.returncode = os.waitstatus_to_exitcode(status)
            self.account.peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
        self.output.put((self.account.elapsed(), None))

    # -- processes

    def find(self, pid: int, beginning: str = "") -> SeenProcess:
        """Return the process that is said to have a pid; ValueError if it is none of the example's.
        ``beginning`` is as for :meth:`Account.known`.
        """
        process = self.account.known(pid, beginning)
        if process is not None:
            return process
        try:
            there = psutil.Process(pid)
            if not self.is_ours(there):
                raise ValueError(pid)
            return self.meet(there)
        except GONE:  # it has ended; the folder of reports is known to the example only
            return self.account.add_process(pid)

    def is_ours(self, process: psutil.Process) -> bool:
        """Return whether a process is one of the example's: its parent is, or its environment says
        so.
        """
        parent = process.parent()  # not what has its pid now: Windows gives pids again at once
        # Windows keeps the pid of a parent that has ended.
        noted = self.account.by_pid.get(process.ppid()) if parent is None else None
        if parent in self.living or (
            noted and process.create_time() - self.began_at <= (noted.end or 0.0) + LOOK
        ):
            return True
        try:
            mark = process.environ().get("PROCESS_GALLERY", "")
        except GONE:  # another user's, or macOS keeps it from us
            return False
        return bool(mark.startswith(self.request.events.replace(os.sep, "/") + "/:"))

    def meet(self, there: psutil.Process) -> SeenProcess:
        """Note a process that was found, or has reported itself."""
        account = self.account
        created, ppid = there.create_time(), there.ppid()
        process = account.add_process(there.pid)
        self.looked.add((there.pid, created))
        self.living[there] = process
        process.start = min(max(0.0, created - self.began_at), account.elapsed())
        parent = account.by_pid.get(ppid)
        if parent is not None and parent is not process:
            process.note_parent(parent)
        self.look_again(process, there)
        return process

    def hold(self, process: SeenProcess) -> None:
        """Windows: keep a process's handle, to ask it how the process has ended. Not that of each one:
        what a child learns of a parent that has ended is another error where somebody has kept it.
        """
        if sys.platform == "win32" and process.id not in self.handles:
            with contextlib.suppress(OSError):
                self.handles[process.id] = _winapi.OpenProcess(ASK, False, process.pid)

    def let_go(self, process: SeenProcess) -> None:
        """Windows: ask the handle of a process that has ended how it did, and how large it was."""
        if sys.platform == "win32" and (handle := self.handles.pop(process.id, 0)):
            with contextlib.suppress(OSError):
                code = _winapi.GetExitCodeProcess(handle)
                self.account.peak = max(self.account.peak, peak_of(handle))
                # Else it is the recorder who has ended it.
                ended = code != _winapi.STILL_ACTIVE and not process.stuck
                if ended and process is not self.account.main and not self.account.closing:
                    process.note_code(code)
            _winapi.CloseHandle(handle)

    def look_again(self, process: SeenProcess, there: psutil.Process) -> None:
        """Name a process that has not said its name."""
        if process is self.account.main or process.name_from == "example":
            return
        with contextlib.suppress(*GONE):
            command = command_of(there.pid)
            if command:
                other = there.exe() not in self.programs
                process.see_command(command, other_program=other)

    def look(self) -> None:
        """Find processes that have not reported themselves; note the end of those that have ended."""
        with _LISTING:
            found = list(psutil.process_iter())
        for process in found:
            with contextlib.suppress(*GONE):
                created = process.create_time()
                if (process.pid, created) in self.looked:
                    continue
                self.looked.add((process.pid, created))
                if created >= self.began_at and self.is_ours(process):
                    known = self.account.by_pid.get(process.pid)
                    if known is None or known.end is not None:
                        self.meet(process)
                    else:
                        self.living[process] = known
        ended, main = self.account.elapsed(), self.account.main
        if main.end is not None and not self.over:
            # What has ended since the last look did so before the example, for all we know.
            ended, self.over = main.end, True
        for process, noted in list(self.living.items()):
            if alive(process):
                self.look_again(noted, process)
                if handle := self.handles.get(noted.id):
                    self.account.peak = max(self.account.peak, peak_of(handle))
                continue
            del self.living[process]
            if noted in self.living.values():
                continue
            if now := self.again(process):
                self.living[now] = noted
                self.looked.add((now.pid, now.create_time()))
                continue
            self.let_go(noted)
            if noted is not main and noted.end is None:
                noted.end = ended

    def again(self, process: psutil.Process) -> psutil.Process | None:
        """Wine tells when a process began only a moment after it is there: return what psutil takes
        for another one by then. (Wine does not give a pid again at once.)
        """
        if not WINE or process.pid in self.reported_end:
            return None
        try:
            now = psutil.Process(process.pid)
            return now if alive(now) else None
        except GONE:
            return None

    def take_report(self, line: bytes) -> None:
        """Take a line; one of ``REPORT_ERRORS`` if it is no report of the example's. What says that
        a process ends is all that tells it to the hundredth.
        """
        account = self.account
        report = account.read_report(line)
        if account.is_new_cell(report):
            while self.read_output():
                pass
            account.begin_cell(report)
            return
        kind, pid = report.kind, report.pid
        if (
            kind == "exec"
            and account.main.pid not in self.reported
            and report.parent_pid == account.main.pid
        ):
            # The launcher of a virtual environment (Windows) has started the interpreter proper.
            account.give_main_pid(pid)
        if kind == "fork" and pid not in account.by_pid:
            # It may have lost its parent and emptied its environment since. What has its pid and
            # began before it reported is the same.
            with contextlib.suppress(*GONE):
                there = psutil.Process(pid)
                if there.create_time() - self.began_at <= report.when + 0.05:
                    self.meet(there)
        self.reported.add(pid)
        processes = [self.find(pid, beginning) for pid, beginning in report.pids()]
        unnamed = kind == "exec" and not report.words[0] and pid != account.main.pid
        account.take_report(report, processes, command_of(pid) if unnamed else "")
        if kind in ("ended", "code"):  # it may have gone before anyone could look
            self.reported_end.add(int(report.words[0]))
            ended = account.by_pid.get(int(report.words[0]))
            if ended is not None and ended is not account.main and ended.end is None:
                ended.end = report.when
        process = account.by_pid.get(pid)
        if kind == "exec" and report.words[0] == "spawn":  # of one whose start() fails nobody asks
            self.hold(processes[0])
        if kind == "exec":
            with contextlib.suppress(*GONE):
                self.programs.add(psutil.Process(pid).exe())
        if (
            kind == "exit"
            and process is not None
            and process is not account.main
            and process.end is None
        ):
            process.end = report.when

    # -- what comes in

    def take(self, when: float, data: bytes | None) -> None:
        """Take what one of the threads has."""
        if data is None:
            main, code = self.account.main, self.program_run.returncode
            main.end = when
            main.exit_code, main.signal = (code, None) if code >= 0 else (None, -code)
        elif not self.account.closing:  # else what the resource tracker says of those killed
            self.account.take_output(when, None, data)

    def read_output(self, seconds: float = 0.05) -> bool:
        """Take one piece of output, or the end; wait for it if need be; return False when there is
        no more for now.
        """
        try:
            self.take(*self.output.get(timeout=seconds))
        except queue.Empty:
            return False
        return True

    def read_reports(self) -> None:
        """Take the reports that are new, in the order of their times."""
        lines: list[tuple[int, bytes]] = []
        for entry in os.scandir(self.request.events):
            done = self.read_until.get(entry.name, 0)
            if not entry.name.isdigit() or entry.stat().st_size == done:
                continue
            with open(entry.path, "rb") as file:
                file.seek(done)
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self.read_until[entry.name] = done + len(whole)
            for line in whole.split(b"\n"):
                with contextlib.suppress(ValueError, IndexError):
                    lines.append((int(line.split(b"\t")[3]), line))
        for _, line in sorted(lines):
            with contextlib.suppress(*REPORT_ERRORS):
                self.take_report(line)

    def turn(self, seconds: float) -> None:
        """Wait for something to happen, at most some seconds; take note of it."""
        self.read_output(max(0.001, seconds))
        with contextlib.suppress(queue.Empty):
            for _ in range(self.output.maxsize):  # there may be more for ever
                self.take(*self.output.get_nowait())
        with contextlib.suppress(OSError):  # the example may remove what it finds
            self.read_reports()
        if time.monotonic() >= self.next_look:
            self.look()
            self.next_look = time.monotonic() + LOOK

    def drain(self, seconds: float = 0.3) -> None:
        """Take what has been written; what is still being written, for a moment."""
        limit = time.monotonic() + seconds
        while not (self.eof and self.output.empty()) and time.monotonic() < limit:
            self.turn(0.01)
        self.turn(0)

    # -- the run

    def run(self) -> Result | None:
        """Run the example; return what is to be recorded, None if the build has been stopped.

        Raises
        ------
        OSError
            If the interpreter does not start.
        """
        self.start()
        account = self.account
        deadline = account.zero + self.request.timeout if self.request.timeout else float("inf")
        timed_out = False
        left: set[int] = set()
        try:
            while account.main.end is None and not self.stop.is_set() and not timed_out:
                self.turn(min(0.02, deadline - time.monotonic()))
                timed_out = account.main.end is None and time.monotonic() >= deadline
            limit = account.elapsed()
            if timed_out:
                self.abort()
            elif not self.stop.is_set():
                left = self.let_end()
                self.drain()
        finally:
            self.kill()
            for process in account.processes:
                self.let_go(process)
        if self.stop.is_set():
            return None
        for process in account.processes:
            if process.stuck:  # how long each took to write its stack is not of the example
                process.end = max(process.start or 0.0, min(process.end or limit, limit))
        self.read_stacks_of_crashed()
        return account.result(timed_out=timed_out, left=left)

    def others(self) -> list[tuple[SeenProcess, psutil.Process]]:
        """Return the living processes but multiprocessing's helpers."""
        return [(noted, process) for process, noted in self.living.items() if not noted.is_helper]

    def let_end(self) -> set[int]:
        """Give what runs by itself a moment to end, and multiprocessing's helpers some more; return
        the ids of those that have not.
        """
        self.turn(0)
        self.look()
        until = time.monotonic() + self.request.grace
        helpers_until, starting_until = until + 3, until + STARTING
        while not self.stop.is_set():
            others = self.others()
            limit = until if others else helpers_until
            if all(self.is_starting(noted) for noted, _ in others):
                limit = max(limit, starting_until)
            if not self.living or time.monotonic() >= limit:
                return {noted.id for noted, _ in others + self.hung_helpers()}
            self.turn(0.01)
            self.look()
        return set()

    def is_starting(self, process: SeenProcess) -> bool:
        """Return whether a process is a child of multiprocessing's that has no task yet."""
        return process.how == "exec" and process.name == "spawn" and process.exit_code is None

    def abort(self) -> None:
        """Have every stuck Python write its stack: all are frozen, then ended by a signal."""
        self.drain(0.1)
        if not SIGNALS:
            self.await_stacks()
        self.look()
        stuck = self.others()
        for noted, process in stuck:
            noted.stuck = True
            with contextlib.suppress(*GONE):
                process.suspend()
        self.drain(0.05)
        self.account.time_is_up = True
        for noted, process in self.hung_helpers():
            noted.stuck = True
            stuck.append((noted, process))
        if not SIGNALS:
            for noted, _ in stuck:
                if noted.stack_file:
                    noted.stack = written_to(self.request.stacks, noted.stack_file)
            return
        number = STACK_SIGNAL or signal.SIGABRT
        self.let_die([one for one in stuck if one[0].stack_file], number)
        for noted, process in stuck[1:] + stuck[:1]:
            # One that is no Python, or has faulthandler write to its output: each alone, so that
            # it is known who writes.
            self.account.only_writer, noted.told_to_abort = noted, True
            for other in (signal.SIGABRT, signal.SIGSEGV):
                if noted.stack or not alive(process):
                    break
                self.let_die([(noted, process)], other)
            if noted.stack_file and not noted.stack:
                noted.note = SILENT
        self.account.only_writer = None

    def await_stacks(self) -> None:
        """Where there are no signals: each Python's clock has run out just now, and it writes."""
        until = time.monotonic() + 10 * PATIENCE
        names = [noted.stack_file for noted, _ in self.others() if noted.stack_file]
        before = None
        while time.monotonic() < until:
            stacks = [written_to(self.request.stacks, name) for name in names]
            if all(stacks) and stacks == before:
                break
            before = stacks
            self.turn(0.1)

    def let_die(self, frozen: list[tuple[SeenProcess, psutil.Process]], number: int) -> None:
        """Let frozen processes go on, with a signal at which they write their stacks and end; freeze
        those again that do not.
        """
        for action, *arguments in (("send_signal", number), ("resume",)):
            for _, process in frozen:
                with contextlib.suppress(*GONE):
                    getattr(process, action)(*arguments)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and any(alive(process) for _, process in frozen):
            self.turn(0.01)
        self.drain(0.05)
        for noted, process in frozen:
            if noted.stack_file and not noted.stack:
                noted.stack = written_to(self.request.stacks, noted.stack_file)
            if not alive(process) and noted is not self.account.main:
                noted.signal = int(number)
            with contextlib.suppress(*GONE):
                process.suspend()

    def hung_helpers(self) -> list[tuple[SeenProcess, psutil.Process]]:
        """Return those of multiprocessing's processes that hang in the example's own code: a fork
        server imports modules. They write their stacks, and live on.
        """
        if not (SIGNALS and STACK_SIGNAL):
            return []
        helpers = [
            (noted, process)
            for process, noted in self.living.items()
            if noted.is_helper and noted.stack_file
        ]
        for _, process in helpers:
            with contextlib.suppress(*GONE):
                process.send_signal(STACK_SIGNAL)
        until = time.monotonic() + PATIENCE
        for noted, process in helpers:
            before = b""
            while time.monotonic() < until:
                self.turn(0.02)
                stack = written_to(self.request.stacks, noted.stack_file)
                if stack and stack == before:
                    break
                before = stack
            if is_in_own_code(before, self.request.script):
                noted.stack, noted.in_own_code = before, True
                with contextlib.suppress(*GONE):
                    process.suspend()
        return [(noted, process) for noted, process in helpers if noted.in_own_code]

    def read_stacks_of_crashed(self) -> None:
        """Read what those have written that were ended by a fault of theirs; of some it is not
        known what ended them.
        """
        for process in self.account.processes:
            crashed = process.exit_code is None or process.exit_code > 255  # as Windows has it
            if not process.stack and process.stack_file and crashed:
                process.stack = written_to(self.request.stacks, process.stack_file)

    def kill(self) -> None:
        """Kill whatever lives, freezing it first so that nothing starts another process meanwhile;
        helpers last.
        """
        self.account.closing = True
        until, patience = time.monotonic() + 3, time.monotonic() + 0.4
        while time.monotonic() < until:
            self.look()
            others = [process for _, process in self.others()]
            if not others and time.monotonic() > patience:
                others = list(self.living)
            if not self.living:
                break
            for action in ("suspend", "kill"):
                for process in others:
                    with contextlib.suppress(*GONE):
                        getattr(process, action)()
            self.turn(0.01)
        if os.name == "posix":
            with contextlib.suppress(OSError):
                os.killpg(self.program_run.pid, signal.SIGKILL)
        while self.account.main.end is None and time.monotonic() < until:
            self.turn(0.01)


def peak_of(handle: int) -> int:
    """Windows: return the largest resident set of a process in KiB, also of one that has ended; 0 if
    the system does not say.
    """

    class Counters(ctypes.Structure):  # PROCESS_MEMORY_COUNTERS
        _fields_ = (
            [("size", ctypes.c_uint32), ("faults", ctypes.c_uint32)]
            + [("peak", ctypes.c_size_t)]
            + [(f"other_{number}", ctypes.c_size_t) for number in range(7)]
        )

    counters = Counters(ctypes.sizeof(Counters))
    ask = ctypes.windll.kernel32.K32GetProcessMemoryInfo  # type: ignore[attr-defined]
    ask.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32]
    told = ask(handle, ctypes.byref(counters), ctypes.sizeof(counters))
    return counters.peak // 1024 if told else 0


def alive(process: psutil.Process) -> bool:
    """Return whether a process runs, or could."""
    try:
        if not process.is_running():
            return False
        # One whose first thread has ended, and that has others, runs.
        return bool(process.status() != psutil.STATUS_ZOMBIE or process.num_threads() > 1)
    except GONE:
        return False


def command_of(pid: int) -> str:
    """Return a short name for what a process runs; empty if it has ended, or is kept from us."""
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
        return command_label(words) if words and words[0] else str(process.name())
    except GONE:
        return ""
