"""What is to be recorded, and within which limits: values."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from process_gallery.script import Script

TYPE_CHECKING = False
if TYPE_CHECKING:
    from process_gallery.script import Cwd

OUTPUT = 64
MOST_OUTPUT = 256
"""So that a piece of it is not longer than a text in a record may be."""


@dataclass(frozen=True)
class Limits:
    """How much of an output is kept, and how long the recorder waits."""

    output: int = OUTPUT
    """KiB of a cell's output that are kept: one half from its beginning, one from its end. At most
    ``MOST_OUTPUT``.
    """
    grace: float = 0.5
    """Seconds that processes get to end by themselves after the example has ended."""
    patience: float = 15.0
    """Seconds after an example's timeout at which its supervisor is taken for dead: it has been
    stopped, or the machine sleeps.
    """
    pidfd_info: bool = True
    """Use PIDFD_GET_INFO where the kernel has it; False does without, as older kernels must."""

    def __post_init__(self) -> None:
        if not 1 <= self.output <= MOST_OUTPUT:
            raise ValueError(f"output is {self.output!r}; it can be 1 to {MOST_OUTPUT} KiB")


@dataclass(frozen=True)
class Job:
    """One example to record."""

    script: Script
    python: str = sys.executable
    timeout: float | None = None
    """Seconds; None means what the example declares."""
    memory: int | None = None
    """MiB of address space for each process; None means what the example declares."""
    name: str = ""
    """What the record calls the script; its file name by default."""
    whole: bool = False
    """Run the script as a whole, without cells: for interpreters too old for the cell runner."""
    cwd: Cwd = "empty"
    """Where it runs."""
    portable: bool = sys.platform != "linux"
    """Use nothing that Linux alone has: lines are then without their writers, and ``memory`` has no
    effect.
    """
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        if self.cwd not in ("empty", "script"):
            raise ValueError(f"cwd is {self.cwd!r}; it can be 'empty' or 'script'")
