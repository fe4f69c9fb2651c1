"""Run one example under watch, and say what happened.

This file runs as a program of its own, with the builder's Python and nothing of the site in it
(``python -I -S``; but see ``in_example/warm_start.py``), for three reasons. It becomes the *subreaper* of everything the example starts,
so that no process escapes by double forking, a new session or an empty environment. It outlives the
build: if the build is killed, its standard input ends, and it takes the example with it. And it is
single-threaded, so that it may fork.

It imports the standard library only, no more of it than it must, and that while the example's
interpreter starts. :mod:`.supervised` starts it and reads the JSON that it prints.
"""

from __future__ import annotations

import _signal
import _socket
import marshal
import os
import sys
import time

from .account import CRASHES, REPORT_ERRORS, Account, SeenProcess
from .folders import let_others_report, make_folders
from .messages import Request, Result
from .proc import (
    Stat,
    catches,
    command_of,
    descendants,
    descends_from_here,
    position_in,
    runs,
    stat,
)
from .stacks import (
    CLOSED,
    OTHER_HANDLER,
    SILENT,
    STACK_SIGNAL,
    WITHOUT_RECORDER,
    StackPlace,
    is_in_own_code,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import select
    from collections.abc import Iterable
    from typing import ClassVar

READ = 1 << 18  # bytes read at once; the kernel's default buffer for a socket is a little smaller
# Seconds between looks for processes that do not report themselves; four of each kind, twelve of the
# first: they follow each command that an example starts.
LOOK = (0.001, 0.01, 0.02, 0.05)
CREDENTIALS = _socket.CMSG_SPACE(12)  # bytes of a struct ucred with its header
PATIENCE = 0.6  # seconds that stuck processes get to write their stacks
ABRT: int = _signal.SIGABRT
SEGV: int = _signal.SIGSEGV
KILL: int = _signal.SIGKILL
STOP: int = _signal.SIGSTOP
CONT: int = _signal.SIGCONT
# An example may send signals to its parent, which is this program. The build says by closing
# standard input that it is over.
IGNORED = [
    number
    for number in _signal.valid_signals()
    if number not in (KILL, STOP, _signal.SIGCHLD, *CRASHES)
]


class LinuxWatcher:
    """One run: ``run()`` does it all and returns what is to be recorded."""

    own_files: ClassVar[tuple[int, int] | None] = None
    """This program's own limits of open files, as they were at its start; None until an earlier run
    has raised them.
    """

    def __init__(self, request: Request, *, warm: bool = False) -> None:
        self.request = request
        self.warm = warm  # this process goes on as the example, in a fork of it
        self.account = Account(request, names_writers=True)
        self.watched: dict[int, SeenProcess] = {}  # pidfd -> the living process
        self.fifo_rest = b""
        self.buffer = memoryview(bytearray(READ))
        self.cancelled = False
        self.looks = 4  # so many have been taken, see LOOK
        self.next_look = 0.0  # time.monotonic()
        self.poll: select.poll

    # -- the example's start

    def start(self) -> list[str]:
        """Start the interpreter, everything set up but its permission to begin; return nothing, or,
        in a fork that is to go on as the example, what it is to run.
        """
        request = self.request
        os.mkfifo(request.events, 0o600)
        let_others_report(request.events, 0o622)
        self.fifo = os.open(request.events, os.O_RDWR | os.O_NONBLOCK)
        self.stacks = os.open(request.stacks, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        let_others_report(request.stacks, 0o622)
        self.socket, send = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_PASSCRED, 1)
        self.socket.setblocking(False)
        self.output, write = self.socket.fileno(), send.detach()
        # Where no pid has its place. If the example kills this process, the build ends whatever has
        # the stream open.
        os.pwrite(self.stacks, f"socket:[{os.fstat(write).st_ino}]".encode(), 0)
        if request.launcher:
            self.stream = os.dup(write)
            import socket  # few examples have a launcher

            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(self.stream_address)
            self.listener.listen(128)
            self.listener.setblocking(False)
        go_read, go_write = os.pipe()
        self.account.zero = time.monotonic()
        pid = os.fork()
        if pid == 0:
            try:
                return self.become_example(write, go_read)
            except BaseException as error:
                os.write(2, f"{request.python}: {error}\n".encode())
                os._exit(127)
        os.close(write)
        os.close(go_read)
        become_subreaper()
        self.import_the_rest()
        main = self.account.add_main(pid)
        if request.launcher:
            main.name = os.path.basename(request.launcher[0])
            self.poll.register(self.listener.fileno(), self.readable)
        self.watch(main, open_pidfd(pid))
        if not request.whole:
            try:
                os.write(go_write, b"g")
            except OSError:  # the interpreter did not start
                pass
        os.close(go_write)
        return []

    def become_example(self, write: int, go: int) -> list[str]:
        """In the forked child: become the example's interpreter; return only if this process is to
        go on as such.
        """
        request = self.request
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.chdir(request.cwd)
        os.umask(0o022)
        for number in IGNORED:
            _signal.signal(number, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        if self.own_files:
            resource.setrlimit(resource.RLIMIT_NOFILE, self.own_files)
        if request.memory:
            limit = request.memory << 20
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        environment = dict(request.environment)
        environment["PROCESS_GALLERY"] = f"{request.events}:{os.fstat(1).st_ino}"
        if request.launcher:
            # It hands on no descriptor, and not before its watcher is ready.
            environment["PROCESS_GALLERY_STREAM"] = self.stream_address
            if not request.whole and not os.read(go, 1):
                os._exit(1)
            os.close(go)
            go = -1
        words = [request.python]
        if request.whole:
            words += [request.script]
        else:
            if go >= 0:
                os.set_inheritable(go, True)
            words += [request.runner, request.script, request.cells]
            words += [
                self.account.nonce,
                str(go),
                request.events,
                request.figures,
                request.deferred,
                request.mode,
                request.settings,
            ]
        words += request.arguments
        if request.launcher:
            os.execvpe(request.launcher[0], [*request.launcher, *words], environment)
        if not self.warm:
            os.execve(request.python, words, environment)
        os.closerange(3, go)
        os.closerange(go + 1, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(environment)
        return [request.hook, *words[1:]]

    def import_the_rest(self) -> None:
        """Import what is not needed before the example's interpreter has been started; set up what
        needs it.
        """
        import fcntl
        import resource
        import select

        if not self.own_files:  # each of the example's living processes takes a descriptor here
            own = resource.getrlimit(resource.RLIMIT_NOFILE)
            type(self).own_files = own
            resource.setrlimit(resource.RLIMIT_NOFILE, (own[1], own[1]))
        try:
            fcntl.fcntl(
                self.fifo, 1031, 1 << 20
            )  # F_SETPIPE_SZ: room for the reports of thousands of processes
        except OSError:
            pass
        self.poll = select.poll()
        self.readable: int = select.POLLIN
        for fd in (0, self.output, self.fifo):
            self.poll.register(fd, self.readable)

    # -- processes

    def watch(self, process: SeenProcess, fd: int | None) -> Stat | None:
        """Learn of its end by a pidfd, if there is one; return what /proc says of it."""
        about = stat(process.pid)
        process.start_ticks = about.start_ticks if about else None
        if fd is not None:
            process.pidfd = fd
            self.watched[fd] = process
            self.poll.register(fd, self.readable)
        elif about is None:
            process.end = self.account.elapsed()
        return about

    def look_up(self, pid: int, beginning: str = "") -> SeenProcess:
        """Return the process of a pid; look at it in /proc if it is new. ``beginning`` is as for
        :meth:`Account.known`.
        """
        account = self.account
        process = account.known(pid, beginning)
        if process is not None:
            about = stat(pid) if process.end is not None else None
            if about is None or about.start_ticks == process.start_ticks:
                return process
            # the process that we know has ended, and its pid is used again
        fd = open_pidfd(pid)
        process = account.add_process(pid)
        about = self.watch(process, fd)
        if about:
            seconds = int(about.start_ticks) / os.sysconf("SC_CLK_TCK")
            process.start = min(max(0.0, seconds - account.zero), account.elapsed())
            parent = account.by_pid.get(about.parent)
            if parent:
                process.note_parent(parent)
            self.look_again(process)
        return process

    def find(self, pid: int, beginning: str = "") -> SeenProcess:
        """Return the process that is said to have a pid; ValueError if it is none of the example's."""
        if self.account.known(pid, beginning) is None and not descends_from_here(pid):
            raise ValueError(pid)
        return self.look_up(pid)

    def look_again(self, process: SeenProcess) -> None:
        """Name a process that has not said its name: it may have become another program since it
        was last looked at.
        """
        if process is self.account.main or process.name_from == "example":
            return
        command = command_of(process.pid)
        try:
            other = os.readlink(f"/proc/{process.pid}/exe") != self.account.program
        except OSError:  # it has ended
            python = os.path.basename(self.request.python)[:15]
            other = not command.startswith(("python", python))
        process.see_command(command, other_program=other)

    def note_end(self, process: SeenProcess) -> None:
        """Note the end of a process; find its exit status out while it can be found out."""
        if process.end is None:
            process.end = self.account.elapsed()
        self.look_again(process)
        try:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                self.account.peak = max(self.account.peak, usage.ru_maxrss)
                process.note_exit(status)
        except ChildProcessError:  # it is another one's child
            about = stat(process.pid)
            if about and about.state == b"Z" and about.start_ticks == process.start_ticks:
                process.note_exit(about.exit_status)
            elif process.pidfd is not None and self.request.pidfd_info:
                told = exit_status_of(process.pidfd)
                if told is not None:
                    process.note_exit(told)
        self.forget(process)

    def forget(self, process: SeenProcess) -> None:
        """Close its pidfd."""
        fd, process.pidfd = process.pidfd, None
        if fd is not None:
            if self.watched.pop(fd, None):
                self.poll.unregister(fd)
            os.close(fd)

    def look_around(self) -> None:
        """Find processes that have not reported themselves; note the end of those that no pidfd
        watches.
        """
        for pid in descendants():
            self.look_up(pid)
        for process in self.account.processes:
            if process.end is None and process.pidfd is None and not alive(process):
                self.note_end(process)
        self.reap()

    # -- what comes in

    def read_output(self) -> bool:
        """Read what is there; return False when there is no more for now."""
        try:
            # Into one buffer: a new one of this size each time costs ten times what reading does.
            # There is room for the credentials only: descriptors that the example sends through its
            # output are closed by the kernel, as a terminal cannot have them, either.
            length, ancillary, _, _ = self.socket.recvmsg_into((self.buffer,), CREDENTIALS)
        except (BlockingIOError, InterruptedError):
            return False
        data = bytes(self.buffer[:length])
        if not data:
            try:
                self.poll.unregister(self.output)
            except KeyError:
                pass
            return False
        when = self.account.elapsed()
        process = None
        for level, kind, content in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_CREDENTIALS:
                pid = int.from_bytes(content[:4], sys.byteorder)
                process = self.account.by_pid.get(pid)
                try:
                    if process is None or process.end is not None:
                        process = self.find(pid)
                except ValueError:  # of a PID namespace that we do not see into, or handed our socket by the example
                    break
                if not process.wrote:
                    process.wrote = True
                    self.look_again(process)
        self.account.take_output(when, process, data)
        return True

    @property
    def stream_address(self) -> str:
        """The address of what hands the stream of the output to who asks for it."""
        return os.path.join(os.path.dirname(self.request.events), "stream")

    def hand_stream(self) -> None:
        """Give the stream of the output to a rank: what started it reads its output through a pipe."""
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, self.stream.to_bytes(4, sys.byteorder))]
        try:
            connection.sendmsg([b"s"], rights)
        except OSError:
            pass
        connection.close()

    def read_reports(self) -> None:
        """Read what processes report."""
        try:
            data = os.read(self.fifo, 1 << 20)
        except BlockingIOError:
            return
        *lines, rest = (self.fifo_rest + data).split(b"\n")
        self.fifo_rest = rest[: 1 << 12]
        for line in lines:
            try:
                self.take_report(line)
            except REPORT_ERRORS:
                continue

    def take_report(self, line: bytes) -> None:
        """Take a line; one of ``REPORT_ERRORS`` if it is no report of the example's."""
        account = self.account
        report = account.read_report(line)
        if account.is_new_cell(report):
            while self.read_output():
                pass
            account.begin_cell(report)
            return
        processes = [self.find(pid, beginning) for pid, beginning in report.pids()]
        unnamed = report.kind == "exec" and not report.words[0] and report.pid != account.main.pid
        account.take_report(report, processes, command_of(report.pid) if unnamed else "")
        if report.kind == "command":  # what it starts in turn may live for a millisecond only
            self.looks, self.next_look = -8, 0.0

    # -- the run

    def turn(self, seconds: float) -> None:
        """Wait for something to happen, at most some seconds; take note of it."""
        ready = self.poll.poll(max(0, seconds * 1000))
        self.read_reports()  # first: who is new says so before it writes anything else
        # What ended before the main process shall not seem to end after it.
        main = self.account.main
        for fd in sorted((fd for fd, _ in ready), key=lambda fd: self.watched.get(fd) is main):
            if fd == self.output:
                for _ in range(16):
                    if not self.read_output():
                        break
            elif self.request.launcher and fd == self.listener.fileno():
                self.hand_stream()
            elif fd == 0:
                if not os.read(0, 1):
                    self.cancelled = True
                    self.poll.unregister(0)
            elif fd in self.watched:
                self.read_reports()
                if self.watched[fd] is main:
                    # Who has been heard of only now is not in what was ready, and may have ended, too.
                    for other, _ in self.poll.poll(0):
                        if other != fd and other in self.watched:
                            self.note_end(self.watched[other])
                self.note_end(self.watched[fd])

    def drain(self, seconds: float = 0.3) -> None:
        """Read what has been written; what is still being written, for a moment."""
        limit = time.monotonic() + seconds
        self.read_reports()
        while self.read_output() and time.monotonic() < limit:
            pass
        self.read_reports()

    def run(self) -> Result | None:
        """Let the example that has been started run; return what is to be recorded, None if the
        build has gone.
        """
        account, request = self.account, self.request
        deadline = account.zero + request.timeout if request.timeout else float("inf")
        progress = Progress(request.idle)
        self.next_look = time.monotonic() + LOOK[1]
        timed_out = idle = False
        while account.main.end is None and not self.cancelled:
            now = time.monotonic()
            if now >= deadline:
                timed_out = True
                break
            if now >= self.next_look:
                self.look_around()
                self.next_look = now + LOOK[max(0, min(self.looks // 4, len(LOOK) - 1))]
                self.looks += 1
                if request.idle and progress.none(account, now):
                    timed_out = idle = True
                    break
            self.turn(min(deadline, self.next_look) - now)
        left: set[int] = set()
        if timed_out:
            self.abort()
        elif not self.cancelled:
            self.drain()
            left = self.let_end()
            self.drain()
        self.kill()
        if self.cancelled:
            return None
        self.drain()
        self.read_stacks_of_crashed()
        return account.result(timed_out=timed_out, idle=idle, left=left)

    def living(self) -> list[SeenProcess]:
        """Return all of the example's processes that live, parents first."""
        return [self.look_up(pid) for pid in descendants()]

    def let_end(self) -> set[int]:
        """Give what runs by itself a moment to end, and multiprocessing's helpers some more; return
        the ids of those that have not.
        """
        until = time.monotonic() + self.request.grace
        helpers_until = until + 3
        pause = 0.001
        while not self.cancelled:
            living = self.living()
            others = without_helpers(living)
            if not living or time.monotonic() >= (until if others else helpers_until):
                return {process.id for process in others + self.hung_helpers()}
            self.turn(pause)
            self.look_around()
            pause = min(pause * 1.5, 0.02)
        return set()

    def abort(self) -> None:
        """Have every stuck Python write its stack.

        All are frozen first and told to end before any goes on, so that none sees another one end.
        """
        self.drain(0.1)
        self.account.closing = True
        frozen: dict[int, SeenProcess] = {}
        for _ in range(20):
            new = [
                process for process in without_helpers(self.living()) if process.id not in frozen
            ]
            if not new:
                break
            for process in new:
                process.stuck = True
                send(process, STOP)
                self.look_again(process)
                frozen[process.id] = process
        self.drain()
        self.account.time_is_up = True
        for helper in self.hung_helpers():
            helper.stuck = True
        waiting = self.ask_for_stacks(list(frozen.values()))
        for number in (ABRT, SEGV):  # a program that is no Python, or has its own idea of stacks
            for process in waiting:
                process.told_to_abort = True
            self.let_die(waiting, number, PATIENCE / 3)
            waiting = [process for process in waiting if not process.stack and alive(process)]
        self.drain(0.1)

    def ask_for_stacks(self, processes: list[SeenProcess]) -> list[SeenProcess]:
        """Have frozen processes write their stacks, and end; return those that cannot be asked."""
        assert STACK_SIGNAL is not None
        asked: list[tuple[SeenProcess, StackPlace]] = []
        others = []
        for process in processes:
            if not catches(process.pid, STACK_SIGNAL):
                others.append(process)
                if is_python(process.pid):
                    process.note = OTHER_HANDLER if process.stack_file else WITHOUT_RECORDER
            elif (place := self.stack_place(process)) is None:
                process.note = CLOSED
            else:
                asked.append((process, place))
        limit = time.monotonic() + 2 * PATIENCE
        while asked:
            # One after the other where several have the same place: a parent, and a child that could
            # not open its own.
            now: list[tuple[SeenProcess, StackPlace]] = []
            later: list[tuple[SeenProcess, StackPlace]] = []
            for one in asked:
                same = any(one[1].position == place.position for _, place in now)
                (later if same else now).append(one)
            for _, place in asked:
                place.begin()
            patience = min(PATIENCE, max(0.0, limit - time.monotonic()))
            self.let_die([process for process, _ in now], STACK_SIGNAL, patience)
            for process, place in now:
                process.stack = place.read()
                if not process.stack:
                    process.note = SILENT
                    others.append(process)
            asked = later
        return others

    def let_die(self, frozen: list[SeenProcess], number: int, patience: float) -> None:
        """Let frozen processes go on, with a signal; freeze those again that do not end by it."""
        for process in frozen:
            send(process, number)
        for process in frozen:
            send(process, CONT)
        until = time.monotonic() + patience
        while time.monotonic() < until and any(map(alive, frozen)):
            self.turn(0.01)
        for process in frozen:
            if alive(process):
                send(process, STOP)

    def stack_place(self, process: SeenProcess) -> StackPlace | None:
        """Return where a living process writes its stack to; None if it has closed that."""
        try:
            position = position_in(process.pid, self.request.stacks)
        except OSError:  # of another user
            return StackPlace.of_pid(self.stacks, process.pid)
        return None if position is None else StackPlace(self.stacks, position)

    def hung_helpers(self) -> list[SeenProcess]:
        """Return those of multiprocessing's processes that hang in the example's own code: a fork
        server imports modules. They write their stacks, and live on.
        """
        assert STACK_SIGNAL is not None
        asked = []
        for process in self.living():
            if process.is_helper and catches(process.pid, STACK_SIGNAL):
                place = self.stack_place(process)
                if place is not None:
                    asked.append((process, place))
                    send(process, STACK_SIGNAL)
        until = time.monotonic() + PATIENCE
        for process, place in asked:
            stack, before = b"", None
            while time.monotonic() < until and (not stack or stack != before or runs(process.pid)):
                self.turn(0.01)
                before, stack = stack, place.read()
            if is_in_own_code(stack, self.request.script):
                process.stack, process.in_own_code = stack, True
                send(process, STOP)
        return [process for process, _ in asked if process.in_own_code]

    def read_stacks_of_crashed(self) -> None:
        """Read what those have written that were ended by a fault of theirs."""
        for process in self.account.processes:
            if not process.stack and process.signal in CRASHES and process.stack_file:
                process.stack = StackPlace.of_pid(self.stacks, process.pid).read()
            if process.stack:
                process.note = ""

    def kill(self) -> None:
        """Kill whatever lives, freezing it first so that nothing starts another process meanwhile;
        helpers last.

        Helpers get time to end by themselves: the resource tracker removes the semaphores and the
        shared memory of those that had no chance to.
        """
        self.account.closing = True
        until = time.monotonic() + 3
        patience = None
        # As the subreaper of all, this process has no children exactly when nothing is left.
        while self.reap() and time.monotonic() < until:
            living = self.living()
            others = without_helpers(living)
            if others:
                for process in others:
                    send(process, STOP)
                for process in without_helpers(self.living()):
                    send(process, KILL)
            elif living:
                patience = patience or time.monotonic() + 0.4
                if time.monotonic() > patience:
                    for process in living:
                        send(process, KILL)
            self.turn(0.002)
        self.turn(0)
        self.look_around()

    def reap(self) -> bool:
        """Collect the children that have ended; return whether there are others."""
        account = self.account
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            account.peak = max(account.peak, usage.ru_maxrss)
            process = account.by_pid.get(pid)
            if process is not None:
                if process.end is None and process.pidfd is None:
                    process.end = account.elapsed()
                process.note_exit(status)

    def close(self) -> None:
        """Close what this run has opened."""
        for process in self.account.processes:
            self.forget(process)
        os.close(self.fifo)
        os.close(self.stacks)
        self.socket.close()
        if self.request.launcher:
            self.listener.close()
            os.close(self.stream)


class Progress:
    """Whether the example does anything."""

    PAUSE = 1.0
    """Seconds between two questions."""

    def __init__(self, idle: float) -> None:
        self.idle = idle  # seconds, see Limits
        self.since = self.asked = time.monotonic()
        self.seen = (0, 0)  # bytes written, processes
        self.used = 0  # ticks of a processor
        # What only waits wakes up now and then; what computes has more, on the busiest machine.
        self.least = max(1.0, idle * os.sysconf("SC_CLK_TCK") / 100)

    def none(self, account: Account, now: float) -> bool:
        """Return whether nothing has been done for so long."""
        if now - self.asked < self.PAUSE:
            return False
        self.asked = now
        living = (stat(process.pid) for process in account.processes if process.end is None)
        used = sum(about.used_ticks for about in living if about)
        seen = (account.written, len(account.processes))
        if seen != self.seen or abs(used - self.used) >= self.least:
            self.seen, self.used, self.since = seen, used, now
        return now - self.since >= self.idle


# -- processes


def become_subreaper() -> None:
    """Have every orphan of the example handed to this process (man 2 PR_SET_CHILD_SUBREAPER)."""
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor of a process; None if it has ended and been reaped, or the kernel is
    older than 5.3.
    """
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def exit_status_of(pidfd: int) -> int | None:
    """Ask the kernel for the exit status of a process that another one has reaped (PIDFD_GET_INFO,
    Linux 6.15 and newer); None if it does not tell.
    """
    import fcntl
    import struct

    # struct pidfd_info, mask = PIDFD_INFO_EXIT
    info = bytearray(struct.pack("=Q", 8) + bytes(56))
    try:
        fcntl.ioctl(pidfd, 0xC000FF0B | len(info) << 16, info)
    except OSError:
        return None
    if not struct.unpack_from("=Q", info)[0] & 8:
        return None
    status: int = struct.unpack_from("=i", info, 60)[0]
    return status


def without_helpers(processes: Iterable[SeenProcess]) -> list[SeenProcess]:
    """Return the processes that are the example's own, not multiprocessing's."""
    return [process for process in processes if not process.is_helper]


def is_python(pid: int) -> bool:
    """Return whether a process runs a Python."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")).startswith(("python", "pypy"))
    except OSError:
        return False


def alive(process: SeenProcess) -> bool:
    """Return whether a process has not ended."""
    about = stat(process.pid)
    return about is not None and not about.dead and about.start_ticks == process.start_ticks


def send(process: SeenProcess, number: int) -> None:
    """Send a signal, if the process is still there."""
    try:
        if process.pidfd is not None:
            _signal.pidfd_send_signal(process.pidfd, number)
        elif process.end is None:
            os.kill(process.pid, number)
    except OSError:
        pass


# -- the program


def remove(folder: str) -> None:
    """Remove the example's own folder, whatever it has done to the permissions in it, and however
    deep it is.

    It goes through the tree as the current directory: a path may become longer than the kernel
    takes.
    """
    names: list[str] = []  # the folders that are gone through, from the outermost
    left = [[folder]]  # what is left to do in and above them
    while left:
        if left[-1]:
            name = left[-1].pop()
            try:
                os.unlink(name)
                continue
            except OSError:
                pass
            try:
                os.chmod(name, 0o700)
                os.chdir(name)
            except OSError:
                continue
            names.append(name)
            left.append(os.listdir("."))
        else:
            left.pop()
            if left:
                os.chdir("/" if len(left) == 1 else "..")
                try:
                    os.rmdir(names.pop())
                except OSError:
                    pass


def send_all(data: memoryview) -> None:
    """Write to the build."""
    while data:
        data = data[os.write(1, data) :]


def read_request() -> Request:
    """Read a request; end if the build has gone."""
    length = int.from_bytes(os.read(0, 4), "little")
    data = b""
    while len(data) < length:
        data += os.read(0, length - len(data)) or os._exit(1)
    if not data:
        os._exit(0)
    return Request(**marshal.loads(data))  # noqa: S302, from who started this program


def serve(*, warm: bool = False) -> list[str]:
    """Take requests from standard input, one after the other: 4 bytes of length, then a marshalled
    dictionary of what a :class:`Request` takes.

    Each is answered by a line of JSON. The request is none: it is read before the example can start,
    and importing json takes as long as starting this program. It is marshalled by the same Python.
    The end of the input, at any moment, means that the build has gone: then the example goes, too.

    Where the example is a fork of this process, the fork returns what it is to run.
    """
    for number in IGNORED:
        _signal.signal(number, _signal.SIG_IGN)
    while True:
        request = read_request()
        make_folders(request)
        watcher = LinuxWatcher(request, warm=warm)
        try:
            words = watcher.start()
        except BaseException:
            remove(os.path.dirname(request.events))
            raise
        if words:
            return words
        try:
            result = watcher.run()
        except BaseException:  # a fault in here must not set the example free
            watcher.kill()
            raise
        finally:
            remove(os.path.dirname(request.events))
        if result is None:
            os._exit(0)
        send_all(memoryview(result.to_json()))
        del result
        if watcher.reap():
            # Something that even SIGKILL does not end; it must not meet another example.
            os._exit(0)
        watcher.close()
