"""Run one example under watch, and say what happened.

This file runs as a program of its own, with the builder's Python and nothing of the site in it
(``python -I -S``), for three reasons. It becomes the *subreaper* of everything the example starts, so that no
process escapes by double forking, a new session or an empty environment. It outlives the build: if the build is killed, its
standard input ends, and it takes the example with it. And it is single-threaded, so that it may fork.

It imports the standard library only, no more of it than it must, and that while the example's interpreter starts. The recorder
module starts it and reads the literal that it prints.
"""

import _socket
import marshal
import os
import sys
import time

LINUX = sys.platform == "linux"
READ = 1 << 18  # bytes read at once; the kernel's default buffer for a socket is a little smaller
TICK = (0.002, 0.005, 0.01, 0.02, 0.05)  # seconds between looks for processes that do not report themselves
FIGURE = 4 << 20  # characters of one figure that are kept
FATAL = b"Fatal Python error: "
ABRT, KILL, STOP, CONT = 6, 9, 19, 18
if not LINUX:
    import signal

    STOP, CONT = int(signal.SIGSTOP), int(signal.SIGCONT)


class Cell:
    """Output of one cell: all of it up to ``head`` bytes, and the last ``tail`` bytes of what follows."""

    def __init__(self, head, tail):
        self.start = self.end = None
        self.pieces, self.last = [], []
        self.head, self.room, self.tail = head, tail, 0
        self.omitted = 0

    def add(self, when, process, data):
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
        self.cancelled = False
        self.rusage = 0
        self.aborted = set()

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
        self.main = self.process(pid, how="main", name="MainProcess", start=0.0)
        self.main["sure"] = True
        self.main["asked"] = 0.0
        self.become_subreaper()
        self.import_the_rest()
        self.watch(self.main)
        if not request["whole"]:
            try:
                os.write(go_write, b"g")
            except OSError:  # the interpreter did not start
                pass
        os.close(go_write)

    def become_example(self, write, go):
        """In the forked child: become the example's interpreter."""
        import fcntl

        request = self.request
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(write, 1)
        os.dup2(write, 2)
        os.chdir(request["cwd"])
        os.umask(0o022)
        if request["memory"] or LINUX:
            import resource

            resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
            if request["memory"]:
                limit = request["memory"] << 20
                resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        environment = dict(request["environment"])
        environment["PROCESS_GALLERY"] = f"{request['events']}:{os.fstat(1).st_ino}"
        command = [request["python"]]
        if request["whole"]:
            command += [request["script"]]
        else:
            # High numbers: an example that looks at its file descriptors shall find what a reader's would find.
            marks = fcntl.fcntl(write, fcntl.F_DUPFD, 200)
            go = fcntl.fcntl(go, fcntl.F_DUPFD, 200)
            os.set_inheritable(go, True)
            os.set_inheritable(marks, True)
            command += [request["runner"], request["script"], request["cells"], self.nonce, str(marks), str(go)]
            command += [request["events"], request["figures"]]
        os.execve(request["python"], command, environment)

    def become_subreaper(self):
        """Have every orphan of the example handed to this process (man 2 PR_SET_CHILD_SUBREAPER)."""
        if LINUX:
            import ctypes

            ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)

    def import_the_rest(self):
        global codecs, fcntl, select, struct
        import codecs
        import fcntl
        import select
        import struct

        self.poll = select.poll()
        for fd in (0, self.output, self.fifo):
            self.poll.register(fd, select.POLLIN)

    # -- processes

    def process(self, pid, how, name, parent=None, start=None):
        process = {
            "id": len(self.processes), "pid": pid, "name": name, "how": how, "parent": parent, "asked_by": parent, "asked": None,
            "start": start, "end": None, "exit_code": None, "signal": None, "stuck": False, "stack": b"",
        }  # fmt: skip
        self.processes.append(process)
        self.by_pid[pid] = process
        return process

    def since(self, monotonic_ns):
        return max(0.0, int(monotonic_ns) / 1e9 - self.zero)

    def known(self, pid):
        """Return the process of a pid; look it up in /proc if it is new."""
        process = self.by_pid.get(pid)
        if process is None:
            status = stat(pid)
            parent = self.by_pid.get(status[1]) if status else None
            process = self.process(pid, "unknown", command(pid), parent and parent["id"])
            if status:  # start time is in ticks since boot, as CLOCK_MONOTONIC is here
                process["start"] = max(0.0, int(status[19]) / os.sysconf("SC_CLK_TCK") - self.zero)
                if parent and command(pid) != command(parent["pid"]):
                    process["how"] = "exec"
            self.watch(process)
        elif not process.get("sure"):  # it may have become another program since
            process["name"] = command(pid) or process["name"]
        return process

    def watch(self, process):
        if not hasattr(os, "pidfd_open"):
            return
        try:
            fd = os.pidfd_open(process["pid"])
        except OSError:
            if process["end"] is None and not alive(process["pid"]):
                process["end"] = self.now() - self.zero
            return
        process["pidfd"] = fd
        self.pidfds[fd] = process
        self.poll.register(fd, select.POLLIN)

    def ended(self, process):
        """Note the end of a process; find its exit status out while it can be found out."""
        if process["end"] is None:
            process["end"] = self.now() - self.zero
        try:
            pid, status, usage = os.wait4(process["pid"], os.WNOHANG)
            if pid:
                self.rusage = max(self.rusage, usage.ru_maxrss)
                self.status(process, status)
                return
        except ChildProcessError:
            pass
        if process["exit_code"] is None and process["signal"] is None:
            fields = stat(process["pid"])
            if fields and fields[0] == b"Z":
                self.status(process, int(fields[49]))

    def status(self, process, status):
        if os.WIFSIGNALED(status):
            process["exit_code"], process["signal"] = None, os.WTERMSIG(status)
        elif os.WIFEXITED(status):
            process["exit_code"], process["signal"] = os.WEXITSTATUS(status), None

    def ask_the_kernel(self):
        """Learn the exit status of processes that another one has reaped (PIDFD_GET_INFO, Linux 6.15 and newer)."""
        for process in self.processes:
            fd = process.get("pidfd")
            if fd is None or process["exit_code"] is not None or process["signal"] is not None:
                continue
            info = bytearray(struct.pack("=Q", 8) + bytes(56))  # struct pidfd_info, mask = PIDFD_INFO_EXIT
            try:
                fcntl.ioctl(fd, 0xC000FF0B | len(info) << 16, info)
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
        """Find processes that have not reported themselves, collect orphans that ended."""
        for pid in self.descendants():
            self.known(pid)
        for process in self.processes:
            if process["end"] is None and "pidfd" not in process and not alive(process["pid"]):
                self.ended(process)

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
                if pid:
                    process = self.known(pid)
        if self.held or ((process is None or process is self.main) and b"\x1e" in data):
            if self.held and process is not None and process is not self.main:
                self.store(when, self.main, self.held)
                self.held = b""
            else:
                self.read_marked(when, process, self.held + data)
                return True
        self.store(when, process, data)
        return True

    def read_marked(self, when, process, data):
        """Store output of the main process up to each marker, and turn to the marker's cell."""
        length = len(self.mark) + 6 + 20 + 1
        self.held = b""
        while data:
            at = data.find(self.mark)
            if at < 0:
                at = data.rfind(b"\x1e")  # may be the beginning of a marker
                if at < 0 or not self.mark.startswith(data[at : at + len(self.mark)]):
                    at = len(data)
                self.store(when, process, data[:at])
                self.held = data[at:]
                return
            self.store(when, process, data[:at])
            if len(data) < at + length:
                self.held = data[at:]
                return
            marker = data[at + len(self.mark) : at + length]
            data = data[at + length :]
            index, moment = int(marker[:6]), self.since(marker[6:26])
            if self.cells[self.cell].start is not None:
                self.cells[self.cell].end = moment
            if index < len(self.cells):
                self.cell = index
                self.cells[index].start = moment

    def store(self, when, process, data):
        if not data:
            return
        if process is not None:
            at = data.find(FATAL) if not process["stack"] else 0
            if at >= 0 and (process["stack"] or at == 0 or data[at - 1 : at] == b"\n"):
                process["stack"] += data[at : at + (1 << 16) - min(len(process["stack"]), 1 << 16)]
                data = data[:at]
                if not data:
                    return
        self.cells[self.cell].add(when, process and process["id"], data)

    def read_events(self):
        try:
            data = self.fifo_rest + os.read(self.fifo, 1 << 16)
        except BlockingIOError:
            return
        *lines, self.fifo_rest = data.split(b"\n")
        for line in lines[:5000]:
            words = line.decode("utf-8", "replace").split("\t")
            try:
                self.event(words[0], int(words[1]), int(words[2]), self.since(words[3]), words[4:])
            except (ValueError, IndexError):  # anything may write there
                continue

    def event(self, kind, pid, ppid, when, words):
        if kind == "raised":
            if pid == self.main["pid"] and self.raised is None:
                self.raised = (int(words[0]), words[1], words[2])
            return
        if kind == "fork" and pid in self.by_pid and self.by_pid[pid]["end"] is not None:
            del self.by_pid[pid]  # the pid is used again
        process = self.known(pid)
        parent = self.by_pid.get(ppid)
        if kind == "fork":
            process["how"], process["start"] = "fork", when
            process["asked"] = self.since(words[0])
            if parent:
                process["parent"] = process["asked_by"] = parent["id"]
                if process["name"] in ("", command(ppid)):
                    process["name"] = f"fork of {parent['name']}"
            process["sure"] = True
        elif kind == "exec" and process is not self.main:
            process["how"] = "exec"
            process["start"] = process["start"] if process["start"] is not None else when
            process["name"] = words[0] or command(pid) or process["name"]
            process["sure"] = True
            if parent and process["parent"] is None:
                process["parent"] = process["asked_by"] = parent["id"]
        elif kind == "command":
            child = self.known(int(words[0]))
            if child["how"] == "unknown":
                child["how"] = "exec"
            if not child.get("sure"):
                child["name"], child["sure"] = short(words[2].split(" ")), True
            child["parent"] = child["asked_by"] = process["id"]
            child["asked"] = self.since(words[1])
            child["start"] = max(child["start"] or 0.0, child["asked"])  # /proc counts in hundredths of a second
        elif kind == "start":
            self.asked[pid, words[0]] = when
        elif kind == "exit":
            if process["exit_code"] is None and process["signal"] is None:
                process["exit_code"] = int(words[0])
        elif kind == "process":
            method, parent_pid, name = words
            process["name"], process["sure"] = name, True
            asker = self.by_pid.get(int(parent_pid)) if parent_pid else None
            if asker:
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
        for fd, _ in self.poll.poll(max(0, seconds * 1000)):
            if fd == self.output:
                for _ in range(16):
                    if not self.read_output():
                        break
            elif fd == self.fifo:
                self.read_events()
            elif fd == 0:
                if not os.read(0, 1):
                    self.cancelled = True
            elif fd in self.pidfds:
                self.poll.unregister(fd)
                self.read_events()
                self.ended(self.pidfds.pop(fd))

    def drain(self):
        limit = self.now() + 0.5
        while self.read_output() and self.now() < limit:
            pass
        self.read_events()

    def main_is_running(self):
        if "pidfd" not in self.main and self.main["end"] is None:
            self.ended(self.main)
            if self.main["exit_code"] is None and self.main["signal"] is None:
                self.main["end"] = None
        return self.main["end"] is None

    def run(self):
        self.start()
        request = self.request
        deadline = self.zero + request["timeout"]
        looks = 0
        next_look = self.now() + TICK[0]
        timed_out = False
        while self.main_is_running() and not self.cancelled:
            now = self.now()
            if now >= deadline:
                timed_out = True
                break
            if now >= next_look:
                self.look_around()
                looks += 1
                next_look = now + TICK[min(looks // 4, len(TICK) - 1)]
            self.turn(min(deadline, next_look) - now)
        if timed_out:
            self.abort()
        elif not self.cancelled:
            self.drain()
            self.let_end(self.now() + request["grace"])
        left = []
        for pid in self.descendants():
            process = self.known(pid)
            if not timed_out and process is not self.main and process["end"] is None:
                left.append(process["id"])
            process["killed"] = True
        self.kill()
        if self.cancelled:
            return None
        self.drain()
        if self.held:
            self.store(self.now() - self.zero, self.main, self.held)
        self.reap()
        self.ask_the_kernel()
        return self.result(timed_out, left)

    def let_end(self, until):
        """Give multiprocessing's helpers, and whatever else ends by itself, a moment to do so."""
        pause = 0.001
        while self.descendants() and self.now() < until and not self.cancelled:
            self.turn(pause)
            self.look_around()
            pause = min(pause * 1.5, 0.02)

    def abort(self):
        """Have every stuck Python write its stack: all are frozen first, so that none sees another one die."""
        frozen = set()
        for _ in range(20):
            new = [pid for pid in self.descendants() if pid not in frozen]
            if not new:
                break
            for pid in new:
                self.known(pid)["stuck"] = True
                send(pid, STOP)
                frozen.add(pid)
        self.read_events()
        self.drain()
        main = self.main["pid"]
        for group, patience in (([pid for pid in frozen if pid != main], 0.7), ([main], 0.5)):
            for pid in group:
                send(pid, ABRT)
                send(pid, CONT)
            until = self.now() + patience
            while any(alive(pid) for pid in group) and self.now() < until:
                self.turn(0.01)
            self.drain()

    def kill(self):
        """Kill whatever lives, freezing it first so that nothing can start another process meanwhile."""
        until = self.now() + 2
        while self.now() < until:
            pids = self.descendants()
            if not pids:
                break
            for pid in pids:
                send(pid, STOP)
            for pid in self.descendants():
                send(pid, KILL)
            self.turn(0.002)
            self.reap()

    def reap(self):
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self.rusage = max(self.rusage, usage.ru_maxrss)
            if pid in self.by_pid:
                process = self.by_pid[pid]
                if process["end"] is None:
                    process["end"] = self.now() - self.zero
                self.status(process, status)

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

    def in_order(self, left):
        """Number the processes in the order in which they began, the example first; return the new number of each."""
        self.processes[1:] = sorted(self.processes[1:], key=lambda p: p["asked"] if p["asked"] is not None else p["start"] or 0)
        number = {process["id"]: index for index, process in enumerate(self.processes)}
        number[None] = None
        for process in self.processes:
            for reference in ("id", "parent", "asked_by"):
                process[reference] = number[process[reference]]
        left[:] = [number[index] for index in left]
        return number

    def close(self):
        """Close what this run has opened."""
        for process in self.processes:
            if "pidfd" in process:
                os.close(process["pidfd"])
        os.close(self.fifo)
        if self.socket is None:
            os.close(self.output)
        else:
            self.socket.close()

    def result(self, timed_out, left):
        self.name_the_unborn()
        decoders = {}
        cells = []
        for cell in self.cells:
            output = []
            for when, process, data, _ in cell.all():
                if isinstance(data, int):
                    decoders.clear()
                    output.append([round(when, 4), process, "", data])
                    continue
                decoder = decoders.setdefault(process, codecs.getincrementaldecoder("utf-8")("backslashreplace"))
                output.append([round(when, 4), process, decoder.decode(data), 0])
            cells.append({"start": cell.start, "end": cell.end, "output": output, "figures": []})
        for name in sorted(os.listdir(self.request["figures"])):
            with open(os.path.join(self.request["figures"], name), encoding="utf-8", errors="replace") as file:
                cells[min(int(name[:6]), len(cells) - 1)]["figures"].append(file.read(FIGURE))
        for process, decoder in decoders.items():  # half a character at the very end
            rest = decoder.decode(b"", True)
            if rest:
                cells[self.cell]["output"].append([round(self.now() - self.zero, 4), process, rest, 0])
        for process in self.processes:
            process.pop("sure", None)
            if process.pop("killed", False) and not process["stuck"] and process["id"] not in left:
                process["end"] = None
            process["stack"] = process["stack"].decode("utf-8", "backslashreplace")
        number = self.in_order(left)
        for cell in cells:
            for piece in cell["output"]:
                piece[1] = number[piece[1]]
        return {
            "timed_out": timed_out,
            "raised": self.raised,
            "duration": self.main["end"] if self.main["end"] is not None else self.now() - self.zero,
            "peak_memory": self.rusage if LINUX else self.rusage // 1024,
            "cell": self.cell,
            "cells": cells,
            "processes": [{key: value for key, value in process.items() if key != "pidfd"} for process in self.processes],
            "left_behind": left,
        }


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
    """
    name = os.path.basename(words[0])
    if name.startswith("python"):
        rest = [word for word in words[1:] if word in ("-c", "-m") or word.endswith(".py")]
        name = "python " + (os.path.basename(rest[0]) if rest else "")
    return name.strip()[:40]


def name_of_zombie(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""


def alive(pid):
    fields = stat(pid)
    if fields:
        return fields[0] not in b"ZX"
    if LINUX:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def send(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def remove(folder):
    """Remove the example's own folder, whatever it has done to the permissions in it."""
    try:
        os.chmod(folder, 0o700)
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            remove(entry.path)
        else:
            try:
                os.unlink(entry.path)
            except OSError:
                pass
    try:
        os.rmdir(folder)
    except OSError:
        pass


def serve():
    """Take requests from standard input, one after the other: 4 bytes of length, then a marshalled dictionary.

    Each is answered by a line with a Python literal (importing json would take 15 ms). The end of the input, at any moment,
    means that the build has gone: then the example goes, too.
    """
    while True:
        length = int.from_bytes(os.read(0, 4), "little")
        data = b""
        while len(data) < length:
            data += os.read(0, length - len(data)) or os._exit(1)
        if not data:
            os._exit(0)
        request = marshal.loads(data)
        for folder in (request["cwd"], request["figures"], request["environment"]["TMPDIR"]):
            os.mkdir(folder)
        supervisor = Supervisor(request)
        try:
            result = supervisor.run()
        finally:
            remove(os.path.dirname(request["events"]))
        if result is None:
            os._exit(0)
        answer = ascii(result).encode() + b"\n"
        while answer:
            answer = answer[os.write(1, answer) :]
        if supervisor.descendants():  # something that even SIGKILL does not end; it must not meet another example
            os._exit(0)
        supervisor.close()
