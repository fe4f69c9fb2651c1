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
    idle: float = 0.0
    """Seconds in which no process of the example computes (with a hundredth of a processor's time at
    least) or prints, after which it has hung; 0: it may take its time. Linux only.
    """
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
class AsGallery:
    """Run an example as sphinx-gallery would, rather than as a reader would.

    Its docstring is empty, since the page has it; the value of a cell's last expression is kept;
    scrapers of other libraries are asked what they see. What it reads, and what its names stand
    for, is noted.
    """

    values: tuple[str, ...] = ()
    """Methods that say what the value of a cell's last expression is; the first that does is taken
    (``capture_repr``).
    """
    ignored: str = ""
    """A regular expression: values whose type it is found in are not shown (``ignore_repr_types``)."""
    path_first: tuple[str, ...] = ()
    """Folders that are put into ``sys.path`` behind the example's own, before all others."""
    path_last: tuple[str, ...] = ()
    """Folders that are put at its end."""
    names: bool = False
    """Note what the names in the code stand for (``inspect_global_variables``)."""
    scrape: str = ""
    """What scrapers are to know of the gallery, as JSON; empty if there is none but the recorder's
    own for matplotlib.
    """
    images: str = ""
    """Where the images of scrapers belong, below the folder of the documentation's sources, with a
    place for their number.
    """
    warm: tuple[str, ...] = ()
    """Modules that the process has imported which an example is forked from; none: each example has
    an interpreter that has just been started. Linux only.
    """


@dataclass(frozen=True)
class Job:
    """One example to record."""

    script: Script
    python: str = sys.executable
    timeout: float | None = None
    """Seconds, 0 for no limit; None means what the example declares."""
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
    gallery: AsGallery | None = None
    """How a gallery wants it to run; None means as a reader runs it."""
    arguments: tuple[str, ...] = ()
    """What the script is called with."""

    def __post_init__(self) -> None:
        if self.cwd not in ("empty", "script"):
            raise ValueError(f"cwd is {self.cwd!r}; it can be 'empty' or 'script'")
