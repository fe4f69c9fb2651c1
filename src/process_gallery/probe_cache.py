"""Keep what interpreters have answered from one command to the next: to ask one takes as long as to
run ten scripts that print a line.

An answer holds while everything is the same that it depends on. A file that is damaged, that others
could have written, or a folder that cannot be written is as good as none: the interpreter is asked.
Only where a file has an owner (not on Windows) is anything kept: an answer names programs that are
run.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from binascii import crc32
from typing import Any

# Looked up, not imported: what imports the package could import Sphinx, for all that import-linter
# can tell.
VERSION: str = sys.modules["process_gallery"].__version__
_LARGEST = 1 << 16
"""Bytes of an answer, which has less than two thousand."""
# What decides which library a program loads; everything that is Python's own is kept from it.
_VARIABLES = ("LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_INSERT_LIBRARIES")


def key(path: str, question: str, files: list[str]) -> list[Any]:
    """Return what the answer of an interpreter depends on, as JSON has it.

    Parameters
    ----------
    path
        Of the executable, as it is started: a virtual environment is found by it.
    question
        The code that it runs.
    files
        What that code reads.
    """
    real = os.path.realpath(path)
    bin_folder = os.path.dirname(os.path.abspath(path))
    system = os.uname()
    return [
        VERSION,
        question,
        os.path.abspath(path),
        real,
        _status([real, *files]),
        [_text(os.path.join(bin_folder, place, "pyvenv.cfg")) for place in ("", "..")],
        [os.environ.get(name) for name in _VARIABLES],
        [system.sysname, system.machine],
    ]


def load(key: list[Any]) -> Any:
    """Return the answer that was kept under a key; None if there is none that still holds."""
    try:
        folder = _folder()
        if folder is None or not _is_ours(os.lstat(folder)):
            return None
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(_file(folder, key), flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode) or not _is_ours(status):
                return None
            data = json.loads(file.read(_LARGEST))
        if data["key"] != key or data["state"] != _status(data["files"]):
            return None
        return data["answer"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def save(key: list[Any], answer: list[Any], files: list[str]) -> None:
    """Keep an answer, if that can be done.

    Parameters
    ----------
    key
        What it depends on.
    answer
        What JSON can hold.
    files
        Paths of what else it depends on, which only the interpreter knows.
    """
    folder = _folder()
    if folder is None:
        return
    data = {"key": key, "files": files, "state": _status(files), "answer": answer}
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        if not _is_ours(os.lstat(folder)):
            return
        path = _file(folder, key)
        new = f"{path}.{os.getpid()}"
        fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(fd, "w", encoding="utf-8") as file:
                json.dump(data, file)
            os.replace(new, path)
        except BaseException:
            os.unlink(new)
            raise
    except (OSError, ValueError):  # a name that is not UTF-8 is a ValueError
        return


def _folder() -> str | None:
    """Return the folder of this user's answers; None if there can be none."""
    if not hasattr(os, "geteuid"):
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # not set; a relative one is to be ignored, says the standard
        base = os.path.expanduser("~/.cache")
    return os.path.join(base, "process-gallery") if os.path.isabs(base) else None


def _file(folder: str, key: list[Any]) -> str:
    """Return the file of an interpreter: one for each path, so that no file stays behind."""
    return os.path.join(folder, f"interpreter-{crc32(key[2].encode(errors='replace')):08x}.json")


def _is_ours(status: os.stat_result) -> bool:
    """Return whether nobody else could have written something."""
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _status(paths: list[str]) -> list[list[int] | None]:
    """Return size, time of change and inode of files; None for what is not there."""
    found: list[list[int] | None] = []
    for path in paths:
        try:
            status = os.stat(path)
        except OSError:
            found.append(None)
        else:
            found.append([status.st_size, status.st_mtime_ns, status.st_ino])
    return found


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(_LARGEST)
    except OSError:
        return None
