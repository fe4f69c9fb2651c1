"""Run one example under watch, and say what happened.

This file runs as a program of its own, with the builder's Python and nothing of the site in it
(``python -I -S``), for three reasons. It becomes the *subreaper* of everything the example starts,
so that no process escapes by double forking, a new session or an empty environment. It outlives the
build: if the build is killed, its standard input ends, and it takes the example with it. And it is
single-threaded, so that it may fork.

It imports the standard library only, no more of it than it must, and that while the example's
interpreter starts. The recorder module starts it and reads the JSON that it prints.
"""

import _signal
import _socket
import marshal
import os
import sys

from .account import CRASHES, Account, helper, short

READ = 1 << 18  # bytes read at once; the kernel's default buffer for a socket is a little smaller
TICK = (0.01, 0.02, 0.05)  # seconds between looks for processes that do not report themselves
PATIENCE = 0.6  # seconds that stuck processes get to write their stacks
ABRT, SEGV, KILL, STOP, CONT = (
    _signal.SIGABRT,
    _signal.SIGSEGV,
    _signal.SIGKILL,
    _signal.SIGSTOP,
    _signal.SIGCONT,
)
FILES = None  # this program's own limits of open files, as they were at its start
# An example may send signals to its parent, which is this program. The build says by closing
# standard input that it is over.
IGNORED = [
    number
    for number in _signal.valid_signals()
    if number not in (KILL, STOP, _signal.SIGCHLD, *CRASHES)
]


class Supervisor(Account):
    """One run: ``run()`` does it all and returns what is to be recorded."""

    def __init__(self, request):
        super().__init__(request)
        self.pidfds = {}
        self.fifo_rest = b""
        self.buffer = memoryview(bytearray(READ))
        self.cancelled = False

    # -- the example's start

    def start(self):
        """Start the interpreter, everything set up but its permission to begin."""
        request = self.request
        os.mkfifo(request["events"], 0o600)
        self.fifo = os.open(request["events"], os.O_RDWR | os.O_NONBLOCK)
        self.socket, send = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self.socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_PASSCRED, 1)
        self.socket.setblocking(False)
        self.output, write = self.socket.fileno(), send.detach()
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
        self.start_main(pid)
        if not request["whole"]:
            try:
                os.write(go_write, b"g")
            except OSError:  # the interpreter did not start
                pass
        os.close(go_write)
        import json  # noqa: F401 - for the answer; the example's interpreter is starting

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
            command += [
                self.nonce,
                str(go),
                request["events"],
                request["figures"],
                request["deferred"],
            ]
        os.execve(request["python"], command, environment)

    def become_subreaper(self):
        """Have every orphan of the example handed to this process (man 2 PR_SET_CHILD_SUBREAPER)."""
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)

    def import_the_rest(self):
        """Import what is not needed before the example's interpreter has been started."""
        global FILES, fcntl, select, struct
        import fcntl
        import resource
        import select
        import struct

        if not FILES:  # each of the example's living processes takes a descriptor here
            FILES = resource.getrlimit(resource.RLIMIT_NOFILE)
            resource.setrlimit(resource.RLIMIT_NOFILE, (FILES[1], FILES[1]))
        try:
            fcntl.fcntl(
                self.fifo, 1031, 1 << 20
            )  # F_SETPIPE_SZ: room for the reports of thousands of processes
        except OSError:
            pass
        self.poll = select.poll()
        for fd in (0, self.output, self.fifo):
            self.poll.register(fd, select.POLLIN)

    # -- processes

    def process(self, pid, how, name, start=None):
        try:  # before anything is noted: what is no pid at all is an OverflowError here
            fd = os.pidfd_open(pid)
        except OSError:  # it has ended and been reaped; or the kernel is older than 5.3
            fd = None
        process = super().process(pid, how, name, start)
        fields = stat(pid)
        process["ticks"] = fields and fields[19]
        if fd is not None:
            process["pidfd"] = fd
            self.pidfds[fd] = process
            self.poll.register(fd, select.POLLIN)
        elif fields is None:
            process["end"] = self.now() - self.zero
        return process

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
            process["start"] = min(
                max(0.0, int(fields[19]) / os.sysconf("SC_CLK_TCK") - self.zero),
                self.now() - self.zero,
            )
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

    def command(self, pid):
        """Return a short name for what a process runs: ``sh``, ``python worker.py``."""
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read(4096).decode("utf-8", "replace").rstrip("\0").split("\0")
        except OSError:
            return ""
        return (
            short(words) if words[0] else name_of_zombie(pid)
        )  # if it has ended, the kernel keeps the name for its parent

    def look_again(self, process):
        """Name a process that has not said its name: it may have become another program since it
        was last looked at.
        """
        if process is self.main or process.get("sure") == "name":
            return
        pid = process["pid"]
        name = self.command(pid)
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
                self.peak = max(self.peak, usage.ru_maxrss)
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

    def ask_the_kernel(self, process):
        """Learn the exit status of a process that another one has reaped (PIDFD_GET_INFO, Linux
        6.15 and newer).
        """
        info = bytearray(
            struct.pack("=Q", 8) + bytes(56)
        )  # struct pidfd_info, mask = PIDFD_INFO_EXIT
        try:
            fcntl.ioctl(process["pidfd"], 0xC000FF0B | len(info) << 16, info)
        except OSError:
            return
        if struct.unpack_from("=Q", info)[0] & 8:
            self.status(process, struct.unpack_from("=i", info, 60)[0])

    def descendants(self):
        """Return the pids of everything that the example started and that still lives, parents
        first.
        """
        found, queue = [], [os.getpid()]
        while queue:
            for pid in children(queue.pop()):
                fields = stat(pid)
                queue.append(pid)
                if fields and fields[0] not in b"ZX":
                    found.append(pid)
        return found

    def look_around(self):
        """Find processes that have not reported themselves; note the end of those that no pidfd
        watches.
        """
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
            # Into one buffer: a new one of this size each time costs ten times what reading does.
            length, ancillary, _, _ = self.socket.recvmsg_into((self.buffer,), 64)
        except (BlockingIOError, InterruptedError):
            return False
        data = bytes(self.buffer[:length])
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

    def read_events(self):
        try:
            data = os.read(self.fifo, 1 << 20)
        except BlockingIOError:
            return
        *lines, rest = (self.fifo_rest + data).split(b"\n")
        self.fifo_rest = rest[: 1 << 12]
        for line in lines:
            self.report(line)

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
        return self.result(timed_out=timed_out, left=left)

    def let_end(self, grace):
        """Give what runs by itself a moment to end, and multiprocessing's helpers some more; return
        who has not.
        """
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

        All are frozen first and told to end before any goes on, so that none sees another one end.
        One that ignores SIGABRT gets another signal at which faulthandler writes.
        """
        self.drain(0.1)
        self.closing = True
        frozen = {}
        for _ in range(20):
            new = [
                process
                for process in map(self.known, self.descendants())
                if process["id"] not in frozen and not helper(process)
            ]
            if not new:
                break
            for process in new:
                process["stuck"] = True
                send(process, STOP)
                frozen[process["id"]] = process
        self.drain()
        for number, patience in ((ABRT, PATIENCE), (SEGV, PATIENCE / 2)):
            waiting = [
                process for process in frozen.values() if not process["stack"] and alive(process)
            ]
            for process in waiting:
                send(process, number)
            for process in waiting:
                send(process, CONT)
            until = self.now() + patience
            while self.now() < until and any(map(alive, frozen.values())):
                self.turn(0.01)
        self.drain(0.1)

    def kill(self):
        """Kill whatever lives, freezing it first so that nothing starts another process meanwhile;
        helpers last.

        Helpers get time to end by themselves: the resource tracker removes the semaphores and the
        shared memory of those that had no chance to.
        """
        self.closing = True
        until = self.now() + 3
        patience = None
        # As the subreaper of all, this process has no children exactly when nothing is left.
        while self.reap() and self.now() < until:
            living = [self.known(pid) for pid in self.descendants()]
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
            self.peak = max(self.peak, usage.ru_maxrss)
            process = self.by_pid.get(pid)
            if process is not None:
                if process["end"] is None and "pidfd" not in process:
                    process["end"] = self.now() - self.zero
                self.status(process, status)

    # -- the answer

    def close(self):
        """Close what this run has opened."""
        for process in self.processes:
            self.forget(process)
        os.close(self.fifo)
        self.socket.close()


# -- /proc


def stat(pid):
    """Return the fields of /proc/PID/stat from the state on (number 3 in man 5 proc), None if there
    is no such process.
    """
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
            if os.path.exists(
                f"/proc/{pid}/task/{task}/stat"
            ):  # a kernel without CONFIG_PROC_CHILDREN
                return [
                    int(entry)
                    for entry in os.listdir("/proc")
                    if entry.isdigit() and (stat(entry) or (0, 0))[1] == pid
                ]
        except OSError:
            pass
    return found


def name_of_zombie(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def alive(process):
    fields = stat(process["pid"])
    return fields is not None and fields[0] not in b"ZX" and fields[19] == process["ticks"]


def send(process, number):
    try:
        if "pidfd" in process:
            _signal.pidfd_send_signal(process["pidfd"], number)
        elif process["end"] is None:
            os.kill(process["pid"], number)
    except OSError:
        pass


def remove(folder):
    """Remove the example's own folder, whatever it has done to the permissions in it, and however
    deep it is.

    It goes through the tree as the current directory: a path may become longer than the kernel
    takes.
    """
    names, left = (
        [],
        [[folder]],
    )  # the folders that are gone through, from the outermost; what is left to do in and above them
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


def send_all(data):
    """Write to the build."""
    while data:
        data = data[os.write(1, data) :]


def serve():
    """Take requests from standard input, one after the other: 4 bytes of length, then a marshalled
    dictionary.

    Each is answered by a line of JSON. The request is none: it is read before the example can start,
    and importing json takes as long as starting this program. It is marshalled by the same Python.
    The end of the input, at any moment, means that the build has gone: then the example goes, too.
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
        import json

        send_all(memoryview(json.dumps(result, separators=(",", ":")).encode() + b"\n"))
        del result
        if (
            supervisor.reap()
        ):  # something that even SIGKILL does not end; it must not meet another example
            os._exit(0)
        supervisor.close()
