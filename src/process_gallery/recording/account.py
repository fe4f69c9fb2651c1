"""What is known of a run: its cells with their output, its processes, and what these report.

Whoever watches an example keeps an :class:`Account` of it: the supervisor, with what Linux has for
that, or :mod:`.portable`. The supervisor shall start at once, so nothing is imported here that a
Python has not loaded anyway.
"""

from __future__ import annotations

import _signal
import codecs
import os
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

FIGURE, FIGURES = 4 << 20, 16 << 20  # bytes of one figure, and of all, that are kept
DUMP = 1 << 16  # bytes of a process's stacks that are kept
FATAL = b"Fatal Python error: "
# What faulthandler writes first when a signal ends a process. Python's own fatal errors look alike,
# but a reader sees those, too.
CAUSES = (
    b"Aborted",
    b"Segmentation fault",
    b"Bus error",
    b"Floating-point exception",
    b"Illegal instruction",
)
DUMPS = [FATAL + cause + b"\n\n" for cause in CAUSES]
CRASHES = tuple(
    getattr(_signal, name)
    for name in ("SIGABRT", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL")
    if hasattr(_signal, name)
)

_HELPERS = ("resource_tracker", "semaphore_tracker", "forkserver")


class Cell:
    """Output of one cell: all of it up to ``head`` bytes, and the last ``tail`` bytes of what
    follows.
    """

    def __init__(self, head: int, tail: int) -> None:
        self.start: float | None = None
        self.end: float | None = None
        self.pieces: list[list[Any]] = []
        self.last: list[list[Any]] = []
        self.gone = 0  # so many of the last pieces have been left out
        self.head, self.room, self.tail = head, tail, 0
        self.omitted = 0

    def add(self, when: float, process: int | None, data: bytes) -> None:
        """Take what a process wrote."""
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
            if self.tail > self.room:
                self._drop(self.tail - self.room)

    def _drop(self, over: int) -> None:
        """Leave some bytes of the tail out, the oldest."""
        self.tail -= over
        self.omitted += over
        while over:
            first = self.last[self.gone]
            if len(first[2]) > over:
                first[2] = first[2][over:]
                return
            over -= len(first[2])
            first[2] = b""
            self.gone += 1
        if self.gone > len(self.last) // 2:  # not one by one: each moves all that follow
            del self.last[: self.gone]
            self.gone = 0

    @staticmethod
    def _append(pieces: list[list[Any]], when: float, process: int | None, data: bytes) -> None:
        """Join what one process writes without a pause or a line's end, so that a piece is a line
        or more, not a byte.
        """
        if pieces and pieces[-1][1] == process and len(pieces[-1][2]) < 1 << 16:
            gap = when - pieces[-1][3]
            if gap < 0.001 or (gap < 0.05 and pieces[-1][2][-1:] not in b"\r\n"):
                pieces[-1][2] += data
                pieces[-1][3] = when
                return
        pieces.append([when, process, data, when])

    def close(self, moment: float) -> None:
        """Note that the cell ended then: what it has was written before, even if it was read a
        little later.
        """
        self.end = moment
        for piece in self.pieces + self.last:
            piece[0] = min(piece[0], moment)

    def take_all(self) -> Iterator[tuple[float, int | None, bytes | int]]:
        """Yield the pieces and forget them: when, process, data or the number of bytes that were
        left out.
        """
        pieces, last = self.pieces, self.last[self.gone :]
        self.pieces, self.last, self.gone = [], [], 0
        if self.omitted:
            pieces.append([last[0][0] if last else pieces[-1][0], None, self.omitted, 0])
            self.omitted = 0
        for part in (pieces, last):
            part.reverse()
            while part:
                when, process, data, _ = part.pop()
                yield when, process, data


class Account:
    """One run, as far as it is known."""

    named = True
    """Whether the kernel tells who wrote what."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.request = request
        self.now = time.monotonic
        self.zero = self.now()
        self.cells = [
            Cell(request["head"], request["tail"])
            for _ in range(max(1, request["cells"].count("-")))
        ]
        self.cell = 0
        self.nonce = os.urandom(16).hex()
        self.mark = b"\x1e" + self.nonce.encode()
        self.held = b""  # the start of what may be a marker
        self.processes: list[dict[str, Any]] = []
        self.by_pid: dict[int, dict[str, Any]] = {}
        self.asked: dict[tuple[int, str], float] = {}  # (pid, name) of a Process.start() -> when
        self.raised: tuple[str, str] | None = None
        self.program = os.path.realpath(request["python"])
        self.closing = (
            False  # what multiprocessing's helpers say from now on is about what the recorder does
        )
        self.peak = 0  # KiB of the largest process

    # -- processes

    def process(self, pid: int, how: str, name: str, start: float | None = None) -> dict[str, Any]:
        """Note a new process."""
        process = {
            "id": len(self.processes), "pid": pid, "name": name, "how": how, "parent": None, "asked_by": None, "asked": None,
            "start": start, "end": None, "exit_code": None, "signal": None, "stuck": False, "stack": b"", "said": set(),
        }  # fmt: skip
        self.processes.append(process)
        self.by_pid[pid] = process
        return process

    def start_main(self, pid: int) -> None:
        """Note the example's own process."""
        self.main = self.process(pid, "main", "MainProcess", 0.0)
        self.main["sure"] = True
        self.main["asked"] = 0.0

    def claimed(self, pid: int) -> dict[str, Any]:
        """Return the process that is said to have a pid; ValueError if it is none of the example's."""
        raise NotImplementedError

    def command(self, pid: int) -> str:
        """Return a short name for what a process runs: ``sh``, ``python worker.py``; empty if it
        has ended.
        """
        raise NotImplementedError

    def read_output(self) -> bool:
        """Read what is there; return False when there is no more for now."""
        raise NotImplementedError

    def since(self, monotonic_ns: str | bytes) -> float:
        """Return the second of the run that a process names; now, where its clock is another (time
        namespaces, man 7 time_namespaces).
        """
        second, now = int(monotonic_ns) / 1e9 - self.zero, self.now() - self.zero
        return second if 0 <= second <= now else now

    def status(self, process: dict[str, Any], status: int) -> None:
        """Note how a process ended, from what waiting for it gave."""
        if os.WIFSIGNALED(status):
            process["exit_code"], process["signal"] = None, os.WTERMSIG(status)
        elif os.WIFEXITED(status):
            process["exit_code"], process["signal"] = os.WEXITSTATUS(status), None

    # -- output

    def read_marked(self, when: float, process: dict[str, Any] | None, data: bytes) -> None:
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

    def turn_to(self, index: int, moment: float) -> None:
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

    def store(self, when: float, process: dict[str, Any] | None, data: bytes) -> None:
        """Keep output: in the cell, or as the process's stack if it is what faulthandler writes
        when one crashes.

        Whether it really was that is known when the process has ended (see ``sort_out``); until
        then everything is stack that follows a stack's first words.
        """
        if not data or (self.closing and process is not None and helper(process)):
            return
        writer = process["id"] if process and self.named else None
        owner = self.main if process is None and len(self.processes) == 1 else process
        if owner is not None and not owner.get("plain"):
            at = 0 if owner["stack"] else data.find(FATAL)
            if at >= 0:
                self.cells[self.cell].add(when, writer, data[:at])
                owner["stack"] += data[at:]
                if len(owner["stack"]) > 1 << 20 or not any(
                    same_start(owner["stack"], dump) for dump in DUMPS
                ):
                    self.no_stack(owner)
                return
        self.cells[self.cell].add(when, writer, data)

    def no_stack(self, process: dict[str, Any]) -> None:
        """It only looked like a stack: the process wrote it itself."""
        process["plain"] = True
        data, process["stack"] = process["stack"], b""
        self.cells[self.cell].add(
            self.now() - self.zero, process["id"] if self.named else None, data
        )

    def sort_out(self) -> None:
        """Keep the stacks of the processes that have ended by a signal; the others' were output."""
        for process in self.processes:
            crashed = process["exit_code"] is None and process["signal"] in (*CRASHES, None)
            if process["stack"] and not process["stuck"] and not crashed:
                self.no_stack(process)

    # -- what processes report

    def report(self, line: bytes) -> None:
        """Take a line of ``sitecustomize`` or of the cell runner; anything else may write such
        lines, too.
        """
        words = line.decode("utf-8", "replace").split("\t")
        try:
            self.event(words[0], int(words[1]), int(words[2]), self.since(words[3]), words[4:])
        except (ValueError, IndexError, OverflowError, OSError):
            return

    def begun(self, kind: str, pid: int) -> dict[str, Any]:
        """Return the process of a pid that tells us, or of which we are told, that it has begun in
        some way.
        """
        process = self.by_pid.get(pid)
        if process is not None and process["end"] is not None and kind in process["said"]:
            del self.by_pid[pid]  # that one has ended: the pid is used again
        process = self.claimed(pid)
        process["said"].add(kind)
        return process

    def event(self, kind: str, pid: int, ppid: int, when: float, words: list[str]) -> None:
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
            process["name"] = words[0] or self.command(pid) or process["name"]
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
            child["start"] = max(
                child["start"] or 0.0, child["asked"]
            )  # /proc counts in hundredths of a second
        elif kind == "ended":
            ended = self.by_pid.get(int(words[0]))
            if (
                ended
                and ended is not self.main
                and ended["exit_code"] is None
                and ended["signal"] is None
            ):
                self.status(ended, int(words[1]))
        elif kind == "start":
            self.asked[pid, words[0]] = when
        elif kind == "exit":
            if (
                process is not self.main
                and process["exit_code"] is None
                and process["signal"] is None
            ):
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
                    process["start"] = max(
                        process["start"], process["asked"]
                    )  # /proc counts in hundredths of a second
            if method in ("fork", "spawn", "forkserver"):
                process["how"] = method
            elif parent and parent["name"] == "forkserver":
                process["how"] = "forkserver"
            elif process["how"] == "exec":
                process["how"] = "spawn"

    # -- the answer

    def name_the_unborn(self) -> None:
        """Name the spawned processes that ended before they could say their name, in the order of
        their parent's start() calls.
        """
        for process in self.processes:
            if process["how"] == "exec" and process["name"] == "spawn":
                asker = (
                    self.processes[process["parent"]]
                    if process["parent"] is not None
                    else self.main
                )
                for (pid, name), when in sorted(self.asked.items(), key=lambda item: item[1]):
                    if pid == asker["pid"]:
                        process["name"], process["how"], process["asked"] = name, "spawn", when
                        del self.asked[pid, name]
                        break

    def no_child_before_its_parent(self) -> None:
        """Mend the starts that are known from /proc only, which counts in hundredths of a second."""
        changed = True
        while changed:
            changed = False
            for process in self.processes:
                first = (
                    self.processes[process["parent"]]["start"]
                    if process["parent"] is not None
                    else None
                )
                if first is not None and process["start"] is not None and process["start"] < first:
                    process["start"], changed = first, True

    def in_order(self) -> tuple[list[dict[str, Any]], dict[int | None, int | None]]:
        """Return the processes in the order in which they began, the example first, and the new
        number of each.
        """
        order = [
            self.main,
            *sorted(
                self.processes[1:],
                key=lambda p: p["start"] or 0 if p["asked"] is None else p["asked"],
            ),
        ]
        number: dict[int | None, int | None] = {
            process["id"]: index for index, process in enumerate(order)
        }
        number[None] = None
        return order, number

    @staticmethod
    def decoded(
        cell: Cell, number: dict[int | None, int | None], decoders: dict[int | None, Any]
    ) -> dict[str, Any]:
        """Return a cell with its output as text; the cell is empty then.

        Times, writers and texts are lists of their own: there may be a piece for each byte, and an
        object for each costs ten times as much. What was left out is a number in place of a text.
        """
        times: list[float] = []
        writers: list[int | None] = []
        texts: list[str | int] = []
        for when, process, data in cell.take_all():
            times.append(round(when, 4))
            writers.append(number[process])
            if isinstance(data, int):
                decoders.clear()
                texts.append(data)
                continue
            decoder = decoders.get(process)
            if decoder is None:
                if data.isascii():  # so that no half character is kept: much faster
                    texts.append(data.decode("ascii"))
                    continue
                decoder = decoders[process] = codecs.getincrementaldecoder("utf-8")(
                    "backslashreplace"
                )
            texts.append(decoder.decode(data))
        return {
            "start": cell.start,
            "end": cell.end,
            "times": times,
            "writers": writers,
            "texts": texts,
            "figures": [],
        }

    def result(self, *, timed_out: bool, left: list[int]) -> dict[str, Any]:
        """Return what is to be recorded."""
        self.name_the_unborn()
        self.no_child_before_its_parent()
        order, number = self.in_order()
        decoders: dict[int | None, Any] = {}
        cells = [self.decoded(cell, number, decoders) for cell in self.cells]
        for process, decoder in decoders.items():  # half a character at the very end
            rest = decoder.decode(b"", True)
            if rest:
                last = cells[self.cell]
                last["times"].append(round(self.now() - self.zero, 4))
                last["writers"].append(number[process])
                last["texts"].append(rest)
        for index, figure in figures(self.request["figures"]):
            if index < len(cells):
                cells[index]["figures"].append(figure)
        fields = ("pid", "name", "how", "asked", "start", "end", "exit_code", "signal", "stuck")
        return {
            "timed_out": timed_out,
            "raised": self.raised,
            "duration": self.main["end"]
            if self.main["end"] is not None
            else self.now() - self.zero,
            "peak_memory": self.peak,
            "cells": cells,
            "processes": [
                {field: process[field] for field in fields}
                | {
                    reference: number[process[reference]]
                    for reference in ("id", "parent", "asked_by")
                }
                | {"stack": process["stack"][:DUMP].decode("utf-8", "backslashreplace")}
                for process in order
            ],
            "left_behind": sorted(number[index] for index in left),
        }


def figures(folder: str) -> Iterator[tuple[int, str]]:
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
            fd = os.open(
                os.path.join(folder, name),
                os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0),
            )
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


def helper(process: dict[str, Any]) -> bool:
    """True if it is one of multiprocessing's own processes, which end by themselves when the others
    have ended.
    """
    return process["name"] in _HELPERS and process.get("sure") is True


def same_start(one: bytes, other: bytes) -> bool:
    """Return whether one begins as the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]


def short(words: list[str]) -> str:
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
