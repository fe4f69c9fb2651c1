"""What the build asks of whoever watches an example, and what it is answered.

The supervisor loads this, and shall start at once. So nothing is imported here that a Python has
not loaded anyway: these are no dataclasses.
"""

from __future__ import annotations

# json itself loads re and all that it needs, which takes longer than to start the supervisor. This is
# the function that json writes texts with.
try:
    from _json import encode_basestring_ascii as quoted
except ImportError:  # a Python without it
    from json.encoder import encode_basestring_ascii as quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Request:
    """One run that is asked for. All values are such as marshal takes."""

    def __init__(
        self,
        *,
        python: str,
        script: str,
        runner: str,
        cells: str,
        deferred: str,
        hook: str,
        launcher: list[str],
        mode: str,
        settings: str,
        arguments: list[str],
        cwd: str,
        events: str,
        figures: str,
        stacks: str,
        environment: dict[str, str],
        memory: int,
        pidfd_info: bool,
        whole: bool,
        head: int,
        tail: int,
        timeout: float,
        idle: float,
        grace: float,
    ) -> None:
        self.python = python  # the interpreter's path
        self.script = script
        self.runner = runner  # the cell runner's path
        self.cells = cells  # their lines: "1-7,8-12"; empty if the script runs as a whole
        self.deferred = deferred  # indices of the cells whose figures the next one shows: "0,3"
        self.hook = hook  # the path of what each of its Pythons loads first
        self.launcher = (
            launcher  # words of a command that starts the interpreter; none if there is none
        )
        self.mode = mode  # the gallery mode's path; empty if it runs as a reader runs it
        self.settings = settings  # path of what is set of that mode
        self.arguments = arguments  # what the script is called with
        self.cwd = cwd  # a folder; it is made, unless it is the script's own
        self.events = events  # path of what reports go through
        self.figures = figures  # folder of the figures that are saved
        self.stacks = stacks  # path of what faulthandler writes
        self.environment = environment
        self.memory = memory  # MiB of address space for each process; 0: no limit
        self.pidfd_info = pidfd_info  # see Limits
        self.whole = whole  # run without the cell runner
        self.head = head  # bytes, see Limits
        self.tail = tail
        self.timeout = timeout  # seconds; 0: no limit
        self.idle = idle  # seconds, see Limits
        self.grace = grace  # seconds, see Limits


class CellResult:
    """What was seen of a cell.

    Times, writers and texts are lists of their own: there may be a piece for each byte, and an
    object for each costs ten times as much. What was left out is a number of bytes in place of a
    text.
    """

    def __init__(
        self,
        *,
        start: float | None,
        end: float | None,
        times: list[float],
        writers: list[int | None],
        texts: list[str | int],
        figures: list[str],
        value: str = "",
        value_from: str = "",
        scraped: str = "",
    ) -> None:
        self.start = start
        self.end = end
        self.times = times
        self.writers = writers
        self.texts = texts
        self.figures = figures
        self.value = value  # of its last expression, if a gallery asks for it
        self.value_from = value_from  # the method that said it
        self.scraped = scraped  # what scrapers wrote, as reStructuredText


class ProcessResult:
    """What was seen of a process; as in :class:`process_gallery.model.Process`, but for paths that
    are not shortened, a signal's number, and all that faulthandler wrote.
    """

    def __init__(
        self,
        *,
        id: int,  # noqa: A002, as the record has it
        pid: int,
        name: str,
        how: str,
        parent: int | None,
        asked_by: int | None,
        asked: float | None,
        start: float | None,
        end: float | None,
        exit_code: int | None,
        signal: int | None,
        stuck: bool,
        stack: str,
        note: str,
    ) -> None:
        self.id = id
        self.pid = pid
        self.name = name
        self.how = how
        self.parent = parent
        self.asked_by = asked_by
        self.asked = asked
        self.start = start
        self.end = end
        self.exit_code = exit_code
        self.signal = signal
        self.stuck = stuck
        self.stack = stack
        self.note = note


class Result:
    """What was seen of a run."""

    def __init__(
        self,
        *,
        timed_out: bool,
        idle: bool,
        raised: tuple[str, str] | None,
        duration: float,
        peak_memory: int,
        cells: list[CellResult],
        processes: list[ProcessResult],
        left_behind: list[int],
        files: list[tuple[str, str]],
        images: str,
        names: str,
        reads: str,
    ) -> None:
        self.timed_out = timed_out
        self.idle = idle  # it was ended since it had hung, not at its time limit
        self.raised = raised  # type and message of the exception that ended the example
        self.duration = duration  # seconds
        self.peak_memory = peak_memory  # KiB
        self.cells = cells
        self.processes = processes  # the example's own is the first
        self.left_behind = left_behind  # ids of those that were killed after the example's end
        self.files = files  # what scrapers made: path below the documentation's folder, base64
        self.images = images  # JSON of how many of these are images that scrapers have counted
        self.names = names  # JSON of what the names in the code stand for
        self.reads = reads  # JSON of the files that it has read

    def to_json(self) -> bytes:
        """Return it as one line."""
        return _json_of(vars(self)).encode("ascii") + b"\n"

    @classmethod
    def from_json(cls, text: bytes | bytearray) -> Result:
        """Read what :meth:`to_json` returned."""
        import json

        data: dict[str, Any] = json.loads(text)
        raised = data["raised"]
        return cls(
            **data
            | {
                "raised": None if raised is None else (raised[0], raised[1]),
                "cells": [CellResult(**cell) for cell in data["cells"]],
                "processes": [ProcessResult(**process) for process in data["processes"]],
            }
        )


_WORDS = {None: "null", True: "true", False: "false"}


def _json_of(value: Any) -> str:
    r"""Return a value as JSON; an object as its attributes. Numbers are finite.

    >>> _json_of({"a": [1, -0.5, None, True], "b": ["\n", 7]})
    '{"a":[1,-0.5,null,true],"b":["\\n",7]}'
    """
    if isinstance(value, str):
        return quoted(value)
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, (int, float)):
        return repr(value)
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_json_of, value))}]"
    items = value.items() if isinstance(value, dict) else vars(value).items()
    return "{" + ",".join(f"{quoted(name)}:{_json_of(item)}" for name, item in items) + "}"
