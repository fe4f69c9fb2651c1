"""Where the processes of an example write their stacks, and how they are read.

Each Python has faulthandler write to a place of its own (see ``in_example/site/sitecustomize.py``):
when it crashes, and when it is sent ``STACK_SIGNAL``. So no output has to be told from a stack. On
Linux the place is a part of one file, ``REGION`` bytes for each pid, most of it holes; elsewhere a
file in a folder. A process that could not open its own place has its parent's.

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
REGION = 1 << 20
"""Bytes of the file of stacks for each pid, as sitecustomize has it."""
STACK_SIGNAL: int | None = getattr(_signal, "SIGRTMAX", None)
"""At this signal a Python writes its stacks, then ends, unless it is one of multiprocessing's own;
None where there is none that examples do not use.
"""


# Why a stuck Python has no stack.
WITHOUT_RECORDER = "no stack: the recorder is not in it (it is Python 2, or was started with -I, -E or -S, or with another PYTHONPATH)"
OTHER_HANDLER = "no stack: it handles the signal that asks for one in another way"
CLOSED = "no stack: it has closed the descriptor that stacks are written to"
SILENT = "no stack: it has not answered the signal that asks for one"


class StackPlace:
    """What a process writes into the file of stacks; :meth:`begin` sets a later moment."""

    def __init__(self, fd: int, position: int) -> None:
        """Take the file, and where in it the process writes next."""
        self._fd = fd
        self.position = position

    @classmethod
    def of_pid(cls, fd: int, pid: int) -> StackPlace:
        """Return where a process has written that had its own place."""
        return cls(fd, pid * REGION)

    def begin(self) -> None:
        """Leave out what has come until now."""
        self.position += len(self._read(REGION))

    def read(self) -> bytes:
        """Return what has come."""
        return self._read(LONGEST)

    def _read(self, most: int) -> bytes:
        return os.pread(self._fd, most, self.position).partition(b"\0")[0]


def written_to(folder: str, name: str) -> bytes:
    """Return what stands in a process's own file of stacks; nothing if there is no such file."""
    try:
        fd = os.open(os.path.join(folder, name), os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return b""
    data = b""
    try:
        while len(data) < LONGEST and (more := os.read(fd, LONGEST - len(data))):
            data += more
    finally:
        os.close(fd)
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
