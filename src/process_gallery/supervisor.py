"""Run one example under watch, and say what happened.

This file runs as a program of its own, with the builder's Python and nothing of the site in it
(``python -I -S``), for three reasons. It becomes the *subreaper* of everything the example starts, so that no
process escapes by double forking, a new session or an empty environment. It outlives the build: if the build is killed, its
standard input ends, and it takes the example with it. And it is single-threaded, so that it may fork.

It imports the standard library only, no more of it than it must, and that while the example's interpreter starts. The recorder
module starts it and reads the literal that it prints.
"""

import _signal
import _socket
import marshal
import os
import sys
import time

LINUX = sys.platform == "linux"
READ = 1 << 18  # bytes read at once; the kernel's default buffer for a socket is a little smaller
TICK = (0.01, 0.02, 0.05)  # seconds between looks for processes that do not report themselves
PATIENCE = 0.6  # seconds that stuck processes get to write their stacks
FIGURE, FIGURES = 4 << 20, 16 << 20  # bytes of one figure, and of all, that are kept
DUMP = 1 << 16  # bytes of a process's stacks that are kept
FATAL = b"Fatal Python error: "
# What faulthandler writes first when a signal ends a process. Python's own fatal errors look alike, but a reader sees those, too.
CAUSES = (b"Aborted", b"Segmentation fault", b"Bus error", b"Floating-point exception", b"Illegal instruction")
DUMPS = [FATAL + cause + b"\n\n" for cause in CAUSES]
ABRT, SEGV, KILL, STOP, CONT = _signal.SIGABRT, _signal.SIGSEGV, _signal.SIGKILL, _signal.SIGSTOP, _signal.SIGCONT
CRASHES = (ABRT, SEGV, _signal.SIGBUS, _signal.SIGFPE, _signal.SIGILL)
FILES = None  # this program's own limits of open files, as they were at its start
HELPERS = ("resource_tracker", "semaphore_tracker", "forkserver")  # multiprocessing's own: they end when the others have ended
# An example may send signals to its parent, which is this program. The build says by closing standard input that it is over.
IGNORED = [number for number in _signal.valid_signals() if number not in (KILL, STOP, _signal.SIGCHLD, *CRASHES)]


class Cell:
    """Output of one cell: all of it up to ``head`` bytes, and the last ``tail`` bytes of what follows."""

    def __init__(self, head, tail):
        self.start = self.end = None
        self.pieces, self.last = [], []
        self.head, self.room, self.tail = head, tail, 0
        self.omitted = 0

    def add(self, when, process, data):
        if not data:
            return
        if self.head > 0 and not self.last:
            part, data = data[: self.head], data[self.head :]
            self.head -= len(part)
            self._append(self.pieces, when, process, part)
        if data:
            if len(data) > self.room:
                self.omitted += len(data) - self.room
                data = data[-self.room :]
            self._append(self.last, when, process, data)
            self.tail += len(data)
            while self.tail > self.room:
                first = self.last[0]
                over = self.tail - self.room
                if len(first[2]) > over:
                    first[2] = first[2][over:]
                else:
                    over = len(first[2])
                    del self.last[0]
                self.tail -= over
                self.omitted += over

    @staticmethod
    def _append(pieces, when, process, data):
        """Join what one process writes without a pause or a line's end, so that a piece is a line or more, not a byte."""
        if pieces and pieces[-1][1] == process and len(pieces[-1][2]) < 1 << 16:
            gap = when - pieces[-1][3]
            if gap < 0.001 or (gap < 0.05 and pieces[-1][2][-1:] not in b"\r\n"):
                pieces[-1][2] += data
                pieces[-1][3] = when
                return
        pieces.append([when, process, data, when])

    def close(self, moment):
        """Note that the cell ended then: what it has was written before, even if it was read a little later."""
        self.end = moment
        for piece in self.pieces + self.last:
            piece[0] = min(piece[0], moment)

    def all(self):
        yield from self.pieces
        if self.omitted:
            yield [self.last[0][0] if self.last else self.pieces[-1][0], None, self.omitted, 0]
        yield from self.last


class Supervisor:
    """One run: ``run()`` does it all and returns what is to be recorded."""

    def __init__(self, request):
        self.request = request
        self.now = time.monotonic
        self.cells = [Cell(request["head"], request["tail"]) for _ in range(max(1, request["cells"].count("-")))]
        self.cell = 0
        self.nonce = os.urandom(16).hex()
        self.mark = b"\x1e" + self.nonce.encode()
        self.held = b""  # the start of what may be a marker
        self.processes = []
        self.by_pid = {}
        self.asked = {}  # (pid, name) of a Process.start() -> when
        self.raised = None
        self.pidfds = {}
        self.fifo_rest = b""
        self.program = os.path.realpath(request["python"])
        self.cancelled = False
        self.closing = False  # what multiprocessing's helpers say from now on is about what the recorder does
        self.rusage = 0

    # -- the example's start

    def start(self):
        """Start the interpreter, everything set up but its permission to begin."""
        request = self.request
        os.mkfifo(request["events"], 0o600)
        self.fifo = os.open(request["events"], os.O_RDWR | os.O_NONBLOCK)
        if request["credentials"]:
            receive, send = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
            receive.setsockopt(_socket.SOL_SOCKET, _socket.SO_PASSCRED, 1)
            receive.setblocking(False)
            self.socket, self.output, write = receive, receive.fileno(), send.detach()
        else:
            self.socket = None
            self.output, write = os.pipe()
            os.set_blocking(self.output, False)
        go_read, go_write = os.pipe()
        self.zero = self.now()
        pid = os.fork()
        if pid == 0:
            try:
                self.become_example(write, go_read)
            except BaseException as error:
                os.write(2, f"{request['python']}: {error}\n".encode())
            finally:
                os._exit(127)
        os.close(write)
        os.close(go_read)
        self.become_subreaper()
        self.import_the_rest()
        self.main = self.process(pid, how="main", name="MainProcess", start=0.0)
        self.main["sure"] = True
        self.main["asked"] = 0.0
        if not request["whole"]:
            try:
                os.write(go_write, b"g")
            except OSError:  # the interpreter did not start
                pass
        os.close(go_write)

    def become_example(self, write, go):
        """In the forked child: become the example's interpreter."""
        request = self.request
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.chdir(request["cwd"])
        os.umask(0o022)
        for number in IGNORED:
            _signal.signal(number, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
        if request["memory"] or LINUX:
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            if FILES:  # an earlier run of this supervisor has raised it
                resource.setrlimit(resource.RLIMIT_NOFILE, FILES)
            if request["memory"]:
                limit = request["memory"] << 20
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        environment = dict(request["environment"])
        environment["PROCESS_GALLERY"] = f"{request['events']}:{os.fstat(1).st_ino}"
        command = [request["python"]]
        if request["whole"]:
            command += [request["script"]]
        else:
            os.set_inheritable(go, True)
            command += [request["runner"], request["script"], request["cells"]]
            command += [self.nonce, str(go), request["events"], request["figures"], request["deferred"]]
        os.execve(request["python"], command, environment)

    def become_subreaper(self):
        """Have every orphan of the example handed to this process (man 2 PR_SET_CHILD_SUBREAPER)."""
        if LINUX:
            import ctypes

            ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)

    def import_the_rest(self):
        """Import what is not needed before the example's interpreter has been started."""
        global FILES, codecs, fcntl, select, struct
        import codecs
        import fcntl
        import resource
        import select
        import struct

        if not FILES:  # each of the example's living processes takes a descriptor here
            FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES[1], FILES[1]))
        if LINUX:
            try:
                fcntl.fcntl(self.fifo, 1031, 1 << 20)  # F_SETPIPE_SZ: room for the reports of thousands of processes
            except OSError:
                pass
        self.poll = select.poll()
        for fd in (0, self.output, self.fifo):
            self.poll.register(fd, select.POLLIN)

    # -- processes

    def process(self, pid, how, name, start=None):
        process = {
            "id": len(self.processes), "pid": pid, "name": name, "how": how, "parent": None, "asked_by": None, "asked": None,
            "start": start, "end": None, "exit_code": None, "signal": None, "stuck": False, "stack": b"", "said": set(),
        }  # fmt: skip
        try:
            fd = os.pidfd_open(pid)
        except (OSError, AttributeError):  # it has ended and been reaped; or no such thing here
            fd = None
        fields = stat(pid)
        process["ticks"] = fields and fields[19]
        self.processes.append(process)
        self.by_pid[pid] = process
        if fd is not None:
            process["pidfd"] = fd
            self.pidfds[fd] = process
            self.poll.register(fd, select.POLLIN)
        elif fields is None:
            process["end"] = self.now() - self.zero
        return process

    def since(self, monotonic_ns):
        """Return the second of the run that a process names; now, where its clock is another (time namespaces, man 7 time_namespaces)."""
        second, now = int(monotonic_ns) / 1e9 - self.zero, self.now() - self.zero
        return second if 0 <= second <= now else now

    def known(self, pid):
        """Return the process of a pid; look it up in /proc if it is new."""
        process = self.by_pid.get(pid)
        if process is not None:
            fields = stat(pid) if process["end"] is not None else None
            if fields is None or fields[19] == process["ticks"]:
                return process
            # the process that we know has ended, and its pid is used again
        process = self.process(pid, "unknown", "")
        fields = stat(pid)
        if fields:
            # The start time is in ticks since boot, as CLOCK_MONOTONIC is here.
            process["start"] = min(max(0.0, int(fields[19]) / os.sysconf("SC_CLK_TCK") - self.zero), self.now() - self.zero)
            parent = self.by_pid.get(fields[1])
            if parent:
                process["parent"] = process["asked_by"] = parent["id"]
            self.look_again(process)
        return process

    def claimed(self, pid):
        """Return the process that is said to have a pid; ValueError if it is none of the example's."""
        if pid not in self.by_pid and not ours(pid):
            raise ValueError(pid)
        return self.known(pid)

    def look_again(self, process):
        """Name a process that has not said its name: it may have become another program since it was last looked at."""
        if process is self.main or process.get("sure") == "name":
            return
        pid = process["pid"]
        name = command(pid)
        try:
            other = os.readlink(f"/proc/{pid}/exe") != self.program
        except OSError:  # it has ended
            other = not name.startswith(("python", os.path.basename(self.request["python"])[:15]))
        if name and other:
            process["name"], process["how"] = name, "exec"
        elif name and not process.get("sure"):
            process["name"] = name

    def ended(self, process):
        """Note the end of a process; find its exit status out while it can be found out."""
        if process["end"] is None:
            process["end"] = self.now() - self.zero
        self.look_again(process)
        try:
            pid, status, usage = os.wait4(process["pid"], os.WNOHANG)
            if pid:
                self.rusage = max(self.rusage, usage.ru_maxrss)
                self.status(process, status)
        except ChildProcessError:  # it is another one's child
            fields = stat(process["pid"])
            if fields and fields[0] == b"Z" and fields[19] == process["ticks"]:
                self.status(process, int(fields[49]))
            elif "pidfd" in process and self.request["ask"]:
                self.ask_the_kernel(process)
        self.forget(process)

    def forget(self, process):
        fd = process.pop("pidfd", None)
        if fd is not None:
            if self.pidfds.pop(fd, None):
                self.poll.unregister(fd)
            os.close(fd)

    def status(self, process, status):
        if os.WIFSIGNALED(status):
            process["exit_code"], process["signal"] = None, os.WTERMSIG(status)
        elif os.WIFEXITED(status):
            process["exit_code"], process["signal"] = os.WEXITSTATUS(status), None

    def ask_the_kernel(self, process):
        """Learn the exit status of a process that another one has reaped (PIDFD_GET_INFO, Linux 6.15 and newer)."""
        info = bytearray(struct.pack("=Q", 8) + bytes(56))  # struct pidfd_info, mask = PIDFD_INFO_EXIT
        try:
            fcntl.ioctl(process["pidfd"], 0xC000FF0B | len(info) << 16, info)
        except OSError:
            return
        if struct.unpack_from("=Q", info)[0] & 8:
            self.status(process, struct.unpack_from("=i", info, 60)[0])

    def descendants(self):
        """Return the pids of everything that the example started and that still lives, parents first."""
        found, queue = [], [os.getpid()]
        while queue:
            for pid in children(queue.pop()):
                fields = stat(pid)
                queue.append(pid)
                if fields and fields[0] not in b"ZX":
                    found.append(pid)
        return found

    def look_around(self):
        """Find processes that have not reported themselves; note the end of those that no pidfd watches."""
        for pid in self.descendants():
            self.known(pid)
        for process in self.processes:
            if process["end"] is None and "pidfd" not in process and not alive(process):
                self.ended(process)
        self.reap()

    # -- what comes in

    def read_output(self):
        """Read what is there; return False when there is no more for now."""
        try:
            if self.socket is None:
                data, ancillary = os.read(self.output, READ), ()
            else:
                data, ancillary, _, _ = self.socket.recvmsg(READ, 64)
        except (BlockingIOError, InterruptedError):
            return False
        if not data:
            try:
                self.poll.unregister(self.output)
            except KeyError:
                pass
            return False
        when = self.now() - self.zero
        process = None
        for level, kind, content in ancillary:
            if level == _socket.SOL_SOCKET and kind == _socket.SCM_CREDENTIALS:
                pid = int.from_bytes(content[:4], sys.byteorder)
                try:
                    process = self.claimed(pid)
                except ValueError:  # of a PID namespace that we do not see into, or handed our socket by the example
                    break
                if not process.get("wrote"):
                    process["wrote"] = True
                    self.look_again(process)
        if process is not None and process is not self.main:
            if self.held:  # what the main process wrote was no marker, then
                held, self.held = self.held, b""
                self.store(when, self.main, held)
            self.store(when, process, data)
        elif self.held or b"\x1e" in data:
            held, self.held = self.held, b""
            self.read_marked(when, process, held + data)
        else:
            self.store(when, process, data)
        return True

    def read_marked(self, when, process, data):
        """Store output of the main process up to each marker, and turn to the marker's cell."""
        length = len(self.mark) + 6 + 20 + 1
        while data:
            at = data.find(self.mark)
            if at < 0:
                at = data.rfind(b"\x1e")  # may be the beginning of a marker
                if at < 0 or not self.mark.startswith(data[at : at + len(self.mark)]):
                    at = len(data)
            elif len(data) >= at + length:
                marker = data[at + len(self.mark) : at + length - 1]
                if marker.isdigit():
                    self.store(when, process, data[:at])
                    self.turn_to(int(marker[:6]), self.since(marker[6:]))
                    data = data[at + length :]
                    continue
                at += len(self.mark)  # the example has found the secret out, and plays with it
                self.store(when, process, data[:at])
                data = data[at:]
                continue
            self.store(when, process, data[:at])
            self.held = data[at:]
            return

    def turn_to(self, index, moment):
        """Note that a cell has ended, and that the next has begun."""
        cell = self.cells[self.cell]
        if cell.start is not None:
            if index <= self.cell:  # no marker of ours
                return
            if cell.end is None:
                cell.close(moment)
        if index < len(self.cells):
            self.cell = index
            self.cells[index].start = moment

    def store(self, when, process, data):
        """Keep output: in the cell, or as the process's stack if it is what faulthandler writes when one crashes.

        Whether it really was that is known when the process has ended (see ``sort_out``); until then everything is stack that
        follows a stack's first words.
        """
        if not data or (self.closing and process is not None and helper(process)):
            return
        owner = self.main if process is None and len(self.processes) == 1 else process
        if owner is not None and not owner.get("plain"):
            at = 0 if owner["stack"] else data.find(FATAL)
            if at >= 0:
                self.cells[self.cell].add(when, process and process["id"], data[:at])
                owner["stack"] += data[at:]
                if len(owner["stack"]) > 1 << 20 or not any(same_start(owner["stack"], dump) for dump in DUMPS):
                    self.no_stack(owner)
                return
        self.cells[self.cell].add(when, process and process["id"], data)

    def no_stack(self, process):
        """It only looked like a stack: the process wrote it itself."""
        process["plain"] = True
        data, process["stack"] = process["stack"], b""
        self.cells[self.cell].add(self.now() - self.zero, process["id"] if self.socket else None, data)

    def sort_out(self):
        """Keep the stacks of the processes that have ended by a signal; the others' were output."""
        for process in self.processes:
            crashed = process["exit_code"] is None and process["signal"] in (*CRASHES, None)
            if process["stack"] and not process["stuck"] and not crashed:
                self.no_stack(process)

    def read_events(self):
        try:
            data = os.read(self.fifo, 1 << 20)
        except BlockingIOError:
            return
        *lines, rest = (self.fifo_rest + data).split(b"\n")
        self.fifo_rest = rest[: 1 << 12]
        for line in lines:
            words = line.decode("utf-8", "replace").split("\t")
            try:
                self.event(words[0], int(words[1]), int(words[2]), self.since(words[3]), words[4:])
            except (ValueError, IndexError, OverflowError, OSError):  # anything may write there
                continue

    def begun(self, kind, pid):
        """Return the process of a pid that tells us, or of which we are told, that it has begun in some way."""
        process = self.by_pid.get(pid)
        if process is not None and process["end"] is not None and kind in process["said"]:
            del self.by_pid[pid]  # that one has ended: the pid is used again
        process = self.claimed(pid)
        process["said"].add(kind)
        return process

    def event(self, kind, pid, ppid, when, words):
        """Take a report of ``sitecustomize`` or of the cell runner."""
        if kind == "raised":
            if pid == self.main["pid"] and self.raised is None:
                self.raised = (words[0], "\t".join(words[1:]))
            return
        if kind == "cell":  # from a main process that has closed every descriptor of its output
            if pid == self.main["pid"] and words[1] == self.nonce:
                while self.read_output():
                    pass
                self.turn_to(int(words[0]), when)
                os.rmdir(self.request["figures"] + ".wait")
            return
        process = self.begun(kind, pid) if kind in ("fork", "exec") else self.claimed(pid)
        parent = self.by_pid.get(ppid)
        if parent is process:
            parent = None
        if kind == "fork":
            process["how"], process["start"] = "fork", when
            process["asked"] = self.since(words[0])
            if parent:
                process["parent"] = process["asked_by"] = parent["id"]
            if not process.get("sure"):
                process["name"] = f"fork of {parent['name']}" if parent else "fork"
            process["sure"] = True
        elif kind == "exec" and process is self.main:
            self.program = words[1]
        elif kind == "exec":
            process["how"] = "exec"
            process["start"] = process["start"] if process["start"] is not None else when
            process["name"] = words[0] or command(pid) or process["name"]
            process["sure"] = True
            if parent and process["parent"] is None:
                process["parent"] = process["asked_by"] = parent["id"]
        elif kind == "command":
            child = self.begun(kind, int(words[0]))
            if child is self.main:
                return
            if child["how"] == "unknown":
                child["how"] = "exec"
            if not child.get("sure"):
                child["name"], child["sure"] = short(words[2].split(" ")), "name"
            child["parent"] = child["asked_by"] = process["id"]
            child["asked"] = self.since(words[1])
            child["start"] = max(child["start"] or 0.0, child["asked"])  # /proc counts in hundredths of a second
        elif kind == "ended":
            child = self.by_pid.get(int(words[0]))
            if child and child is not self.main and child["exit_code"] is None and child["signal"] is None:
                self.status(child, int(words[1]))
        elif kind == "start":
            self.asked[pid, words[0]] = when
        elif kind == "exit":
            if process is not self.main and process["exit_code"] is None and process["signal"] is None:
                process["exit_code"] = int(words[0]) & 0xFF
        elif kind == "process":
            method, parent_pid, name = words
            if process is self.main:
                return
            process["name"], process["sure"] = name, "name"
            asker = self.by_pid.get(int(parent_pid)) if parent_pid else None
            if asker and asker is not process:
                process["asked_by"] = asker["id"]
                process["asked"] = self.asked.pop((asker["pid"], name), process["asked"])
                if process["asked"] is not None and process["start"] is not None:
                    process["start"] = max(process["start"], process["asked"])  # /proc counts in hundredths of a second
            if method in ("fork", "spawn", "forkserver"):
                process["how"] = method
            elif parent and parent["name"] == "forkserver":
                process["how"] = "forkserver"
            elif process["how"] == "exec":
                process["how"] = "spawn"

    # -- the run

    def turn(self, seconds):
        """Wait for something to happen, at most some seconds; take note of it."""
        ready = self.poll.poll(max(0, seconds * 1000))
        self.read_events()  # first: who is new says so before it writes anything else
        # What ended before the main process shall not seem to end after it.
        for fd in sorted((fd for fd, _ in ready), key=lambda fd: self.pidfds.get(fd) is self.main):
            if fd == self.output:
                for _ in range(16):
                    if not self.read_output():
                        break
            elif fd == 0:
                if not os.read(0, 1):
                    self.cancelled = True
                    self.poll.unregister(0)
            elif fd in self.pidfds:
                self.read_events()
                self.ended(self.pidfds[fd])

    def drain(self, seconds=0.3):
        """Read what has been written; what is still being written, for a moment."""
        limit = self.now() + seconds
        self.read_events()
        while self.read_output() and self.now() < limit:
            pass
        self.read_events()

    def run(self):
        self.start()
        request = self.request
        deadline = self.zero + request["timeout"]
        looks = 0
        next_look = self.now() + TICK[0]
        timed_out = False
        while self.main["end"] is None and not self.cancelled:
            now = self.now()
            if now >= deadline:
                timed_out = True
                break
            if now >= next_look:
                self.look_around()
                looks += 1
                next_look = now + TICK[min(looks // 4, len(TICK) - 1)]
            self.turn(min(deadline, next_look) - now)
        left = []
        if timed_out:
            self.abort()
        elif not self.cancelled:
            self.drain()
            left = self.let_end(request["grace"])
            self.drain()
        self.kill()
        if self.cancelled:
            return None
        self.drain()
        if self.held:
            self.store(self.now() - self.zero, self.main, self.held)
        self.sort_out()
        return self.result(timed_out, left)

    def let_end(self, grace):
        """Give what runs by itself a moment to end, and multiprocessing's helpers some more; return who has not."""
        now = self.now()
        until, helpers_until = now + grace, now + grace + 3
        pause = 0.001
        while not self.cancelled:
            living = [self.known(pid) for pid in self.descendants()]
            others = [process for process in living if not helper(process)]
            if not living or self.now() >= (until if others else helpers_until):
                return [process["id"] for process in others]
            self.turn(pause)
            self.look_around()
            pause = min(pause * 1.5, 0.02)
        return []

    def abort(self):
        """Have every stuck Python write its stack.

        All are frozen first and told to end before any goes on, so that none sees another one end. One that ignores SIGABRT
        gets another signal at which faulthandler writes.
        """
        self.drain(0.1)
        self.closing = True
        frozen = {}
        for _ in range(20):
            new = [process for process in map(self.known, self.descendants()) if process["id"] not in frozen and not helper(process)]
            if not new:
                break
            for process in new:
                process["stuck"] = True
                send(process, STOP)
                frozen[process["id"]] = process
        self.drain()
        for number, patience in ((ABRT, PATIENCE), (SEGV, PATIENCE / 2)):
            waiting = [process for process in frozen.values() if not process["stack"] and alive(process)]
            for process in waiting:
                send(process, number)
            for process in waiting:
                send(process, CONT)
            until = self.now() + patience
            while self.now() < until and any(map(alive, frozen.values())):
                self.turn(0.01)
        self.drain(0.1)

    def kill(self):
        """Kill whatever lives, freezing it first so that nothing starts another process meanwhile; helpers last.

        Helpers get time to end by themselves: the resource tracker removes the semaphores and the shared memory of those that
        had no chance to.
        """
        self.closing = True
        until = self.now() + 3
        patience = None
        # As the subreaper of all, this process has no children exactly when nothing is left.
        while self.reap() and self.now() < until:
            living = [self.known(pid) for pid in self.descendants()]
            if not LINUX and self.main["end"] is None:
                living = [self.main]
                os.killpg(self.main["pid"], KILL)
            others = [process for process in living if not helper(process)]
            if others:
                for process in others:
                    send(process, STOP)
                for process in map(self.known, self.descendants()):
                    if not helper(process):
                        send(process, KILL)
            elif living:
                patience = patience or self.now() + 0.4
                if self.now() > patience:
                    for process in living:
                        send(process, KILL)
            self.turn(0.002)
        self.turn(0)
        self.look_around()

    def reap(self):
        """Collect the children that have ended; return whether there are others."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return False
            if not pid:
                return True
            self.rusage = max(self.rusage, usage.ru_maxrss)
            process = self.by_pid.get(pid)
            if process is not None:
                if process["end"] is None and "pidfd" not in process:
                    process["end"] = self.now() - self.zero
                self.status(process, status)

    # -- the answer

    def name_the_unborn(self):
        """Name the spawned processes that ended before they could say their name, in the order of their parent's start() calls."""
        for process in self.processes:
            if process["how"] == "exec" and process["name"] == "spawn":
                asker = self.processes[process["parent"]] if process["parent"] is not None else self.main
                for (pid, name), when in sorted(self.asked.items(), key=lambda item: item[1]):
                    if pid == asker["pid"]:
                        process["name"], process["how"], process["asked"] = name, "spawn", when
                        del self.asked[pid, name]
                        break

    def no_child_before_its_parent(self):
        """Mend the starts that are known from /proc only, which counts in hundredths of a second."""
        changed = True
        while changed:
            changed = False
            for process in self.processes:
                first = self.processes[process["parent"]]["start"] if process["parent"] is not None else None
                if first is not None and process["start"] is not None and process["start"] < first:
                    process["start"], changed = first, True

    def in_order(self):
        """Return the processes in the order in which they began, the example first, and the new number of each."""
        order = [self.main, *sorted(self.processes[1:], key=lambda p: p["start"] or 0 if p["asked"] is None else p["asked"])]
        number = {process["id"]: index for index, process in enumerate(order)}
        number[None] = None
        return order, number

    def close(self):
        """Close what this run has opened."""
        for process in self.processes:
            self.forget(process)
        os.close(self.fifo)
        if self.socket is None:
            os.close(self.output)
        else:
            self.socket.close()

    def result(self, timed_out, left):
        self.name_the_unborn()
        self.no_child_before_its_parent()
        order, number = self.in_order()
        decoders = {}
        cells = []
        for cell in self.cells:
            output = []
            for when, process, data, _ in cell.all():
                if isinstance(data, int):
                    decoders.clear()
                    output.append([round(when, 4), None, "", data])
                    continue
                decoder = decoders.get(process)
                if decoder is None:
                    decoder = decoders[process] = codecs.getincrementaldecoder("utf-8")("backslashreplace")
                output.append([round(when, 4), number[process], decoder.decode(data), 0])
            cells.append({"start": cell.start, "end": cell.end, "output": output, "figures": []})
        for process, decoder in decoders.items():  # half a character at the very end
            rest = decoder.decode(b"", True)
            if rest:
                cells[self.cell]["output"].append([round(self.now() - self.zero, 4), number[process], rest, 0])
        for index, figure in figures(self.request["figures"]):
            if index < len(cells):
                cells[index]["figures"].append(figure)
        fields = ("pid", "name", "how", "asked", "start", "end", "exit_code", "signal", "stuck")
        return {
            "timed_out": timed_out,
            "raised": self.raised,
            "duration": self.main["end"] if self.main["end"] is not None else self.now() - self.zero,
            "peak_memory": self.rusage if LINUX else self.rusage // 1024,
            "cells": cells,
            "processes": [
                {field: process[field] for field in fields}
                | {reference: number[process[reference]] for reference in ("id", "parent", "asked_by")}
                | {"stack": process["stack"][:DUMP].decode("utf-8", "backslashreplace")}
                for process in order
            ],
            "left_behind": sorted(number[index] for index in left),
        }


def figures(folder):
    """Yield the cell's index and the text of each figure that the cell runner has saved."""
    room = FIGURES
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        if room <= 0:
            return
        try:
            fd = os.open(os.path.join(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(fd, encoding="utf-8", errors="replace") as file:
                size = os.fstat(fd).st_size
                text = file.read(FIGURE + 1)
            if len(text) > min(FIGURE, room):
                text = (
                    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40" width="400" height="40"><text x="4" y="24">'
                    f"A figure of {size / 1e6:.1f} MB is left out.</text></svg>"
                )
            room -= len(text)
            yield int(name[:6]), text
        except (OSError, ValueError):  # not of the cell runner's making
            continue


def helper(process):
    """True if it is one of multiprocessing's own processes, which end by themselves when the others have ended."""
    return process["name"] in HELPERS and process.get("sure") is True


def same_start(one, other):
    length = min(len(one), len(other))
    return one[:length] == other[:length]


# -- /proc, where there is one


def stat(pid):
    """Return the fields of /proc/PID/stat from the state on (number 3 in man 5 proc), None if there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
    except OSError:
        return None
    fields = data[data.rindex(b")") + 2 :].split()
    fields[1] = int(fields[1])
    return fields


def ours(pid):
    """True if a process descends from this one, as far as anyone can tell: it may have ended."""
    me = os.getpid()
    while pid > 0 and pid != me:
        fields = stat(pid)
        if fields is None:
            return True
        pid = fields[1]
        if pid == me:
            return True
    return False


def children(pid):
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found = []
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{task}/stat"):  # a kernel without CONFIG_PROC_CHILDREN
                return [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and (stat(entry) or (0, 0))[1] == pid]
        except OSError:
            pass
    return found


def command(pid):
    """Return a short name for what a process runs: ``sh``, ``python worker.py``."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(4096).decode("utf-8", "replace").rstrip("\0").split("\0")
    except OSError:
        return ""
    return short(words) if words[0] else name_of_zombie(pid)  # if it has ended, the kernel keeps the name for its parent


def short(words):
    """Return what a reader would call a command.

    >>> short(["/usr/bin/python3.13", "-W", "error", "/tmp/worker.py"])
    'python worker.py'
    >>> short(["/usr/bin/python3", "-m", "http.server", "8000"])
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


def name_of_zombie(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def alive(process):
    fields = stat(process["pid"])
    if fields:
        return fields[0] not in b"ZX" and fields[19] == process["ticks"]
    if LINUX:
        return False
    try:
        os.kill(process["pid"], 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return process["end"] is None


def send(process, number):
    try:
        if "pidfd" in process:
            _signal.pidfd_send_signal(process["pidfd"], number)
        elif process["end"] is None:
            os.kill(process["pid"], number)
    except OSError:
        pass


def remove(folder):
    """Remove the example's own folder, whatever it has done to the permissions in it, and however deep it is.

    It goes through the tree as the current directory: a path may become longer than the kernel takes.
    """
    names, left = [], [[folder]]  # the folders that are gone through, from the outermost; what is left to do in and above them
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


def serve():
    """Take requests from standard input, one after the other: 4 bytes of length, then a marshalled dictionary.

    Each is answered by a line with a Python literal (importing json would take 15 ms). The end of the input, at any moment,
    means that the build has gone: then the example goes, too.
    """
    for number in IGNORED:
        _signal.signal(number, _signal.SIG_IGN)
    while True:
        length = int.from_bytes(os.read(0, 4), "little")
        data = b""
        while len(data) < length:
            data += os.read(0, length - len(data)) or os._exit(1)
        if not data:
            os._exit(0)
        request = marshal.loads(data)
        for folder in (request["cwd"], request["figures"], request["environment"]["TMPDIR"]):
            if folder != os.path.dirname(request["script"]):  # the script's own is there
                os.mkdir(folder)
        supervisor = Supervisor(request)
        try:
            result = supervisor.run()
        except BaseException:  # a fault in here must not set the example free
            supervisor.kill()
            raise
        finally:
            remove(os.path.dirname(request["events"]))
        if result is None:
            os._exit(0)
        answer = ascii(result).encode() + b"\n"
        while answer:
            answer = answer[os.write(1, answer) :]
        if supervisor.reap():  # something that even SIGKILL does not end; it must not meet another example
            os._exit(0)
        supervisor.close()
