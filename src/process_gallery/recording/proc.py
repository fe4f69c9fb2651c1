"""What Linux tells of processes (man 5 proc)."""

from __future__ import annotations

import os

from .account import command_label

DEAD = b"ZX"
"""States of a thread that has ended."""


class Stat:
    """Some of /proc/PID/stat."""

    __slots__ = ("dead", "exit_status", "parent", "start_ticks", "state", "used_ticks")

    def __init__(
        self,
        state: bytes,
        parent: int,
        start_ticks: bytes,
        used_ticks: int,
        exit_status: int,
        *,
        dead: bool,
    ) -> None:
        self.state = state  # of its first thread
        self.parent = parent  # pid
        self.start_ticks = start_ticks  # since boot, as CLOCK_MONOTONIC is here
        self.used_ticks = (
            used_ticks  # of a processor, by it and the children that it has waited for
        )
        self.exit_status = exit_status  # as wait has it
        self.dead = dead  # it has ended, and nobody has waited for it


def stat(pid: int) -> Stat | None:
    """Return what is known of a process; None if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            data = file.read()
    except OSError:
        return None
    fields = data[data.rindex(b")") + 2 :].split()  # from the state on, number 3 in the man page
    # A process whose first thread has ended, and that has others, lives.
    dead = fields[0] in DEAD and len(threads(pid)) < 2
    used = sum(map(int, fields[11:15]))
    return Stat(fields[0], int(fields[1]), fields[19], used, int(fields[49]), dead=dead)


def threads(pid: int) -> list[str]:
    """Return the ids of the threads of a process."""
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []


def catches(pid: int, number: int) -> bool:
    """Return whether a process has a handler of a signal."""
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            mask = int(file.read().partition(b"\nSigCgt:")[2].split(None, 1)[0], 16)
    except (OSError, ValueError, IndexError):
        return False
    return bool(mask >> (number - 1) & 1)


def runs(pid: int) -> bool:
    """Return whether one of a process's threads is running, or would if a processor were free."""
    for thread in threads(pid):
        try:
            with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
                data = file.read()
        except OSError:
            continue
        if data[data.rindex(b")") + 2 :][:1] in b"RD":
            return True
    return False


def position_in(pid: int, path: str) -> int | None:
    """Return where a process writes next into a file that it has open; None if it has not.

    Raises
    ------
    PermissionError
        If that may not be looked up.
    """
    for thread in threads(pid):  # the first may have ended
        task = f"/proc/{pid}/task/{thread}"
        try:
            numbers = sorted(map(int, os.listdir(f"{task}/fd")), reverse=True)
        except PermissionError:
            raise
        except OSError:
            continue
        for number in numbers:
            try:
                if os.readlink(f"{task}/fd/{number}") in (path, f"{path} (deleted)"):
                    with open(f"{task}/fdinfo/{number}", "rb") as file:
                        return int(file.read().split()[1])  # "pos: 123"
            except (OSError, ValueError, IndexError):
                continue
        if numbers:
            return None
    return None


def descends_from_here(pid: int) -> bool:
    """True if a process descends from this one, as far as anyone can tell: it may have ended."""
    me = os.getpid()
    while pid > 0 and pid != me:
        found = stat(pid)
        if found is None:
            return True
        if found.parent == 0 and stat(pid) is None:  # it was being reaped: the kernel says 0, then
            return True
        pid = found.parent
        if pid == me:
            return True
    return False


def children(pid: int) -> list[int]:
    """Return the pids of the children of a process."""
    found: list[int] = []
    for task in threads(pid):
        try:
            with open(f"/proc/{pid}/task/{task}/children", "rb") as file:
                found += map(int, file.read().split())
        except FileNotFoundError:
            # A task that has ended, or a kernel without CONFIG_PROC_CHILDREN?
            if os.path.exists(f"/proc/{pid}/task/{task}/stat"):
                return [int(name) for name in os.listdir("/proc") if _is_child(name, pid)]
        except OSError:
            pass
    return found


def _is_child(name: str, parent: int) -> bool:
    found = stat(int(name)) if name.isdigit() else None
    return found is not None and found.parent == parent


def descendants() -> list[int]:
    """Return the pids of all that descends from this process and lives, parents first."""
    found, queue = [], [os.getpid()]
    while queue:
        for pid in children(queue.pop()):
            queue.append(pid)
            about = stat(pid)
            if about and not about.dead:
                found.append(pid)
    return found


def command_of(pid: int) -> str:
    """Return a short name for what a process runs: ``sh``, ``python worker.py``; empty if it has
    gone.
    """
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            words = file.read(4096).decode("utf-8", "replace").rstrip("\0").split("\0")
        if words[0]:
            return command_label(words)
        # If it has ended, the kernel keeps the name for its parent.
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
