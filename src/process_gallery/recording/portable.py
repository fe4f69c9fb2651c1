"""Watch one example with what every platform has: a pipe, reports in files, and psutil. For macOS,
Windows, and others than Linux.

Cells, output, exit codes, the names and the times of Python's processes, stacks of those that hang:
all that is recorded, too. What is not: who wrote which line. The end of a program that is no Python
is known to a tenth of a second. A process that does not report itself is missed if it has lost its
parent and emptied its environment before it was first seen. There is no limit of memory.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
from typing import Any

import psutil

from .account import Account, helper, short

READ = 1 << 16
LOOK = 0.1
"""Seconds between looks for processes that do not report themselves."""
PATIENCE = 0.6
"""Seconds that a stuck process gets to write its stacks."""
NEWLINE = os.linesep.encode()
SIGNALS = os.name == "posix"
"""Whether a signal can have a process write its stacks. Elsewhere faulthandler's own clock does it.
"""
GONE = (psutil.Error, OSError)
"""What psutil raises where a process has ended, or is another user's. What it does not know it lets
through as the system has it.
"""
_LISTING = (
    threading.Lock()
)  # psutil.process_iter() keeps a list of its own, which is one for all threads


class Watch(Account):
    """One run: ``run()`` does it all and returns what is to be recorded."""

    named = False

    def __init__(self, request: dict[str, Any], stop: threading.Event) -> None:
        super().__init__(request)
        self.stop = stop
        self.output: queue.Queue[tuple[float, bytes | None]] = queue.Queue(
            64
        )  # None: the example has ended
        self.eof = False
        self.read_until: dict[
            str, int
        ] = {}  # name of a file of reports -> how far it has been read
        self.looked: set[tuple[int, float]] = (
            set()
        )  # what has been looked at: pid, and when it began
        self.living: dict[psutil.Process, dict[str, Any]] = {}  # the process -> what is noted of it
        self.next_look = 0.0
        self.over = False  # a look has been taken after the example's end
        self.reported: set[int] = set()  # pids that have
        self.aborting: dict[str, Any] | None = None  # alone not frozen, so what is written is of it
        self.programs: set[str] = (
            set()
        )  # the files of the Pythons that have reported: one is started through another, and the like

    # -- the example's start

    def start(self) -> None:
        """Start the interpreter, and the two threads that wait for its output and its end."""
        request = self.request
        os.mkdir(request["events"])
        events = request["events"].replace(os.sep, "/") + "/"
        reading, writing = os.pipe()
        environment = request["environment"] | {
            "PROCESS_GALLERY": f"{events}:{os.fstat(writing).st_ino}"
        }
        if not SIGNALS:
            environment["PROCESS_GALLERY_STACKS"] = str(self.now() + request["timeout"])
        if sys.platform == "win32":
            environment["PYTHONIOENCODING"] = "utf-8"  # as a console takes it (PEP 528)
        command = [request["python"], request["script"]]
        if not request["whole"]:
            command[1:1] = [request["runner"]]
            command += [
                request["cells"],
                self.nonce,
                "-1",
                events,
                request["figures"],
                request["deferred"],
            ]
        # A session or group of its own: Ctrl-C at the terminal reaches the build, which then ends
        # the example.
        own: dict[str, Any] = {"start_new_session": True, "umask": 0o022}
        if sys.platform == "win32":
            own = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        self.zero = self.now()
        threading.Thread(target=self.read, args=(reading,), daemon=True).start()
        try:
            self.program_run = subprocess.Popen(
                command,
                cwd=request["cwd"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                **own,
            )
        finally:
            os.close(writing)  # where nothing has started, the thread ends by it
        self.start_main(self.program_run.pid)
        self.begun_at = 0.0
        with contextlib.suppress(*GONE):
            process = psutil.Process(self.program_run.pid)
            self.begun_at = process.create_time()
            self.looked.add((process.pid, self.begun_at))
            self.living[process] = self.main
        threading.Thread(target=self.wait, daemon=True).start()

    def read(self, fd: int) -> None:
        """In a thread: read the output until nobody can write any more."""
        rest = b""
        while data := os.read(fd, READ):
            if NEWLINE == b"\r\n":  # as a console shows it; the line's end may come in two pieces
                data = rest + data
                rest = data[-1:] if data.endswith(b"\r") else b""
                data = data[: len(data) - len(rest)].replace(NEWLINE, b"\n")
            if not self.closing:
                self.output.put((self.now() - self.zero, data))
        self.output.put((self.now() - self.zero, rest))
        os.close(fd)
        self.eof = True

    def wait(self) -> None:
        """In a thread: wait for the example's end."""
        if sys.platform == "win32":
            self.program_run.wait()
        else:
            _, status, usage = os.wait4(self.program_run.pid, 0)
            self.program_run.returncode = os.waitstatus_to_exitcode(status)
            self.peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)
        self.output.put((self.now() - self.zero, None))

    # -- processes

    def claimed(self, pid: int) -> dict[str, Any]:
        """Return the process that is said to have a pid."""
        process = self.by_pid.get(pid)
        if process is not None:
            return process
        try:
            there = psutil.Process(pid)
            if not self.is_ours(there):
                raise ValueError(pid)
            return self.meet(there)
        except GONE:  # it has ended; the folder of reports is known to the example only
            return self.process(pid, "unknown", "")

    def is_ours(self, process: psutil.Process) -> bool:
        """Return whether a process is one of the example's: its parent is, or its environment says
        so.
        """
        parent = (
            process.parent()
        )  # not what has the parent's pid now: Windows gives pids again at once
        noted = (
            self.by_pid.get(process.ppid()) if parent is None else None
        )  # Windows keeps the pid of a parent that has ended
        if parent in self.living or (
            noted and process.create_time() - self.begun_at <= (noted["end"] or 0.0) + LOOK
        ):
            return True
        try:
            mark = process.environ().get("PROCESS_GALLERY", "")
        except GONE:  # another user's, or macOS keeps it from us
            return False
        return bool(mark.startswith(self.request["events"].replace(os.sep, "/") + "/:"))

    def meet(self, there: psutil.Process) -> dict[str, Any]:
        """Note a process that was found, or has reported itself."""
        created, ppid = there.create_time(), there.ppid()
        process = self.process(there.pid, "unknown", "")
        self.looked.add((there.pid, created))
        self.living[there] = process
        process["start"] = min(max(0.0, created - self.begun_at), self.now() - self.zero)
        parent = self.by_pid.get(ppid)
        if parent is not None and parent is not process:
            process["parent"] = process["asked_by"] = parent["id"]
        self.look_again(process, there)
        return process

    def look_again(self, process: dict[str, Any], there: psutil.Process) -> None:
        """Name a process that has not said its name."""
        if process is self.main or process.get("sure") == "name":
            return
        with contextlib.suppress(*GONE):
            name = self.command(there.pid)
            if name and there.exe() not in self.programs:
                process["name"], process["how"] = name, "exec"
            elif name and not process.get("sure"):
                process["name"] = name

    def command(self, pid: int) -> str:
        """Return a short name for what a process runs."""
        try:
            process = psutil.Process(pid)
            words = process.cmdline()
            return short(words) if words and words[0] else process.name()
        except GONE:
            return ""

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
                if created >= self.begun_at and self.is_ours(process):
                    known = self.by_pid.get(process.pid)
                    if known is None or known["end"] is not None:
                        self.meet(process)
                    else:
                        self.living[process] = known
        ended = self.now() - self.zero
        if (
            self.main["end"] is not None and not self.over
        ):  # what has ended since the last look did so before the example, for all we know
            ended, self.over = self.main["end"], True
        for process, noted in list(self.living.items()):
            if alive(process):
                self.look_again(noted, process)
                continue
            del self.living[process]
            if noted is not self.main and noted["end"] is None:
                noted["end"] = ended

    def event(self, kind: str, pid: int, ppid: int, when: float, words: list[str]) -> None:
        """Take a report; one of its end is all that tells it to the hundredth."""
        if kind == "exec" and self.main["pid"] not in self.reported and ppid == self.main["pid"]:
            # The launcher of a virtual environment (Windows) has started the interpreter proper.
            self.main["pid"] = pid
            self.by_pid[pid] = self.main
        if kind == "fork" and pid not in self.by_pid:
            # It may have lost its parent and emptied its environment since. What has its pid and
            # began before it reported is the same.
            with contextlib.suppress(*GONE):
                there = psutil.Process(pid)
                if there.create_time() - self.begun_at <= when + 0.05:
                    self.meet(there)
        self.reported.add(pid)
        super().event(kind, pid, ppid, when, words)
        process = self.by_pid.get(pid)
        if kind == "exec":
            with contextlib.suppress(*GONE):
                self.programs.add(psutil.Process(pid).exe())
        if (
            kind == "exit"
            and process is not None
            and process is not self.main
            and process["end"] is None
        ):
            process["end"] = when

    # -- what comes in

    def take(self, when: float, data: bytes | None) -> None:
        """Take what one of the threads has."""
        if data is None:
            self.main["end"] = when
            code = self.program_run.returncode
            self.main["exit_code"], self.main["signal"] = (
                (code, None) if code >= 0 else (None, -code)
            )
        elif self.closing:  # what the resource tracker says of those that are killed
            return
        elif self.held or b"\x1e" in data:
            held, self.held = self.held, b""
            self.read_marked(when, None, held + data)
        else:
            self.store(when, None, data)

    def store(self, when: float, process: dict[str, Any] | None, data: bytes) -> None:
        """Keep output."""
        super().store(when, process or self.aborting, data)

    def read_output(self, seconds: float = 0.05) -> bool:
        """Take one piece of output, or the end; wait for it if need be; return False when there is
        no more for now.
        """
        try:
            self.take(*self.output.get(timeout=seconds))
        except queue.Empty:
            return False
        return True

    def read_events(self) -> None:
        """Take the reports that are new, in the order of their times."""
        lines: list[tuple[int, bytes]] = []
        for entry in os.scandir(self.request["events"]):
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
            self.report(line)

    def turn(self, seconds: float) -> None:
        """Wait for something to happen, at most some seconds; take note of it."""
        self.read_output(max(0.001, seconds))
        with contextlib.suppress(queue.Empty):
            for _ in range(self.output.maxsize):  # there may be more for ever
                self.take(*self.output.get_nowait())
        with contextlib.suppress(OSError):  # the example may remove what it finds
            self.read_events()
        if self.now() >= self.next_look:
            self.look()
            self.next_look = self.now() + LOOK

    def drain(self, seconds: float = 0.3) -> None:
        """Take what has been written; what is still being written, for a moment."""
        limit = self.now() + seconds
        while not (self.eof and self.output.empty()) and self.now() < limit:
            self.turn(0.01)
        self.turn(0)

    # -- the run

    def run(self) -> dict[str, Any] | None:
        """Run the example; return what is to be recorded, None if the build has been stopped.

        Raises
        ------
        OSError
            If the interpreter does not start.
        """
        self.start()
        deadline = self.zero + self.request["timeout"]
        timed_out = False
        left: list[int] = []
        try:
            while self.main["end"] is None and not self.stop.is_set() and not timed_out:
                self.turn(min(0.02, deadline - self.now()))
                timed_out = self.main["end"] is None and self.now() >= deadline
            limit = self.now() - self.zero
            if timed_out:
                self.abort()
            elif not self.stop.is_set():
                left = self.let_end()
                self.drain()
        finally:
            self.kill()
        if self.stop.is_set():
            return None
        if self.held:
            self.store(self.now() - self.zero, None, self.held)
        for process in self.processes:
            if process["stuck"]:  # how long each took to write its stack is not of the example
                process["end"] = max(process["start"], min(process["end"] or limit, limit))
        self.sort_out()
        return self.result(timed_out=timed_out, left=left)

    def others(self) -> list[tuple[dict[str, Any], psutil.Process]]:
        """Return the living processes but multiprocessing's helpers."""
        return [(noted, process) for process, noted in self.living.items() if not helper(noted)]

    def let_end(self) -> list[int]:
        """Give what runs by itself a moment to end, and multiprocessing's helpers some more; return
        who has not.
        """
        self.turn(0)
        self.look()
        now = self.now()
        until, helpers_until = now + self.request["grace"], now + self.request["grace"] + 3
        while not self.stop.is_set():
            others = self.others()
            if not self.living or self.now() >= (until if others else helpers_until):
                return [noted["id"] for noted, _ in others]
            self.turn(0.01)
            self.look()
        return []

    def abort(self) -> None:
        """Have every stuck Python write its stack: all are frozen, then each alone may go on, to be
        ended by a signal.
        """
        self.drain(
            0.1 if SIGNALS else PATIENCE
        )  # where there are no signals, each has had its clock run out just now
        self.look()
        stuck = self.others()
        for noted, process in stuck:
            noted["stuck"] = True
            with contextlib.suppress(*GONE):
                process.suspend()
        self.drain(0.05)
        if not SIGNALS:
            for noted, process in stuck:
                with (
                    contextlib.suppress(OSError),
                    open(
                        os.path.join(self.request["events"], f"{process.pid}.stacks"), "rb"
                    ) as file,
                ):
                    noted["stack"] = file.read() or noted["stack"]
            return
        for noted, process in stuck[1:] + stuck[:1]:
            self.aborting = noted
            for number in (
                signal.SIGABRT,
                signal.SIGSEGV,
            ):  # one that ignores the first may not have thought of the second
                if noted["stack"] or not alive(process):
                    break
                with contextlib.suppress(*GONE):
                    process.send_signal(number)
                    process.resume()
                until = self.now() + PATIENCE
                while self.now() < until and alive(process):
                    self.turn(0.01)
                self.drain(0.05)
                if not alive(process) and noted is not self.main:
                    noted["signal"] = int(number)
                with contextlib.suppress(*GONE):
                    process.suspend()
            self.aborting = None

    def kill(self) -> None:
        """Kill whatever lives, freezing it first so that nothing starts another process meanwhile;
        helpers last.
        """
        self.closing = True
        until, patience = self.now() + 3, self.now() + 0.4
        while self.now() < until:
            self.look()
            others = [process for _, process in self.others()]
            if not others and self.now() > patience:
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
        while self.main["end"] is None and self.now() < until:
            self.turn(0.01)


def alive(process: psutil.Process) -> bool:
    """Return whether a process runs, or could."""
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except GONE:
        return False
