"""Where the processes of an example write their stacks, and how they are read.

Each Python has faulthandler write to a file of its own in the folder ``stacks`` of the run (see
``in_example/site/sitecustomize.py``): when it crashes, and when it is sent ``STACK_SIGNAL``. So no
output has to be told from a stack. A process that could not open a file of its own has its parent's.

The supervisor loads this, and shall start at once: nothing is imported here that a Python has not
loaded anyway.
"""

from __future__ import annotations

import _signal
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST = 1 << 16
"""Bytes of a process's stacks that are kept."""
STACK_SIGNAL: int | None = getattr(_signal, "SIGRTMAX", None)
"""At this signal a Python writes its stacks, then ends, unless it is one of multiprocessing's own;
None where there is none that examples do not use.
"""


# Why a stuck Python has no stack.
WITHOUT_RECORDER = (
    "no stack: the recorder is not in it (started with -I, -E or -S, or with another PYTHONPATH)"
)
OTHER_HANDLER = "no stack: it handles the signal that asks for one in another way"
CLOSED = "no stack: it has closed the descriptor that stacks are written to"
SILENT = "no stack: it has not answered the signal that asks for one"


class StackFile:
    """What a process writes to such a file from now on; :meth:`begin` sets a later moment."""

    def __init__(self, path: str) -> None:
        """Open it; OSError if it is not there."""
        self._fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        self.begin()

    @classmethod
    def of_descriptor(cls, link: str) -> StackFile:
        """Open what a link in /proc/PID/fd leads to, though it may have no name any more."""
        self = cls.__new__(cls)
        self._fd = os.open(link, os.O_RDONLY)
        self.begin()
        return self

    def begin(self) -> None:
        """Leave out what has come until now."""
        found = os.fstat(self._fd)
        self.key = found.st_dev, found.st_ino
        """Which file it is: several processes may have the same."""
        self._start = found.st_size

    def size(self) -> int:
        """Return how many bytes have come."""
        return os.fstat(self._fd).st_size - self._start

    def read(self) -> bytes:
        """Return what has come, and close it."""
        try:
            os.lseek(self._fd, self._start, os.SEEK_SET)
            return _read_all(self._fd)
        finally:
            os.close(self._fd)


def written_to(folder: str, name: str) -> bytes:
    """Return what stands in a file of stacks; nothing if there is no such file."""
    try:
        fd = os.open(os.path.join(folder, name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return b""
    try:
        return _read_all(fd)
    finally:
        os.close(fd)


def _read_all(fd: int) -> bytes:
    data = b""
    while len(data) < LONGEST and (more := os.read(fd, LONGEST - len(data))):
        data += more
    return data


def files_in(stack: bytes) -> Iterator[str]:
    """Yield the files of a stack's frames."""
    for line in stack.split(b"\n"):
        if line.startswith(b'  File "') and b'", line ' in line:
            yield os.fsdecode(line[8 : line.rindex(b'", line ')])


def is_in_own_code(stack: bytes, script: str) -> bool:
    """Return whether one of the frames is in the script, or in a module beside it."""
    folder = os.path.join(os.path.dirname(script), "")
    return any(
        file == script or (file.startswith(folder) and "-packages" not in file and len(folder) > 1)
        for file in files_in(stack)
    )
