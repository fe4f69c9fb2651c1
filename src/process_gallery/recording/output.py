"""What was written during a cell: its text, bounded, and its figures.

The supervisor loads this, and shall start at once: nothing is imported here that a Python has not
loaded anyway.
"""

from __future__ import annotations

import codecs
import os

from .messages import CellResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIGURE, FIGURES = 4 << 20, 16 << 20  # bytes of one figure, and of all, that are kept


class Written:
    """Bytes that one process wrote without a pause, or what was left out."""

    __slots__ = ("data", "last", "omitted", "when", "writer")

    def __init__(self, when: float, writer: int | None, data: bytes, omitted: int = 0) -> None:
        self.when = when  # second of the run at which it began
        self.writer = writer  # SeenProcess.id; None if not known
        self.data = data
        self.omitted = omitted  # so many bytes were left out here
        self.last = when  # when the last of it was written


class Output:
    """Output of one cell: all of it up to ``head`` bytes, and the last ``tail`` bytes of what
    follows.
    """

    def __init__(self, head: int, tail: int) -> None:
        self.start: float | None = None
        self.end: float | None = None
        self.first: list[Written] = []
        self.last: list[Written] = []
        self.dropped = 0  # so many items of `last` have been left out
        self.head, self.tail = head, tail  # bytes that there is room for
        self.in_tail = 0  # bytes in `last`
        self.omitted = 0

    def add(self, when: float, writer: int | None, data: bytes) -> None:
        """Take what a process wrote."""
        if not data:
            return
        if self.head > 0 and not self.last:
            part, data = data[: self.head], data[self.head :]
            self.head -= len(part)
            self._append(self.first, when, writer, part)
        if data:
            if len(data) > self.tail:
                self.omitted += len(data) - self.tail
                data = data[-self.tail :]
            self._append(self.last, when, writer, data)
            self.in_tail += len(data)
            if self.in_tail > self.tail:
                self._drop(self.in_tail - self.tail)

    def _drop(self, over: int) -> None:
        """Leave some bytes of the tail out, the oldest."""
        self.in_tail -= over
        self.omitted += over
        while over:
            oldest = self.last[self.dropped]
            if len(oldest.data) > over:
                oldest.data = oldest.data[over:]
                return
            over -= len(oldest.data)
            oldest.data = b""
            self.dropped += 1
        if self.dropped > len(self.last) // 2:  # not one by one: each moves all that follow
            del self.last[: self.dropped]
            self.dropped = 0

    @staticmethod
    def _append(items: list[Written], when: float, writer: int | None, data: bytes) -> None:
        """Join what one process writes without a pause or a line's end, so that a piece is a line
        or more, not a byte.
        """
        if items:
            item = items[-1]
            if item.writer == writer and len(item.data) < 1 << 16:
                gap = when - item.last
                if gap < 0.001 or (gap < 0.05 and item.data[-1:] not in b"\r\n"):
                    item.data += data
                    item.last = when
                    return
        items.append(Written(when, writer, data))

    def close(self, moment: float) -> None:
        """Note that the cell ended then: what it has was written before, even if it was read a
        little later.
        """
        self.end = moment
        for item in self.first + self.last:
            item.when = min(item.when, moment)

    def take_all(self) -> Iterator[Written]:
        """Yield all that was written, in order, and forget it: so it is never there twice."""
        first, last = self.first, self.last[self.dropped :]
        self.first, self.last, self.dropped = [], [], 0
        if self.omitted:
            first.append(Written((last or first[-1:])[0].when, None, b"", self.omitted))
            self.omitted = 0
        for items in (first, last):
            items.reverse()
            while items:
                yield items.pop()


class Decoder:
    """Makes text of the bytes of each process; characters may come in two halves, even in two
    cells.
    """

    def __init__(self) -> None:
        self._decoders: dict[int | None, codecs.IncrementalDecoder] = {}

    def cell(self, output: Output, number: Mapping[int | None, int | None]) -> CellResult:
        """Return a cell with its output as text; the output is empty then.

        Parameters
        ----------
        output
            What was written.
        number
            What the record calls each writer.
        """
        times: list[float] = []
        writers: list[int | None] = []
        texts: list[str | int] = []
        for item in output.take_all():
            times.append(round(item.when, 4))
            writers.append(number[item.writer])
            if item.omitted:
                self._decoders.clear()
                texts.append(item.omitted)
                continue
            decoder = self._decoders.get(item.writer)
            if decoder is None:
                if item.data.isascii():  # so that no half character is kept: much faster
                    texts.append(item.data.decode("ascii"))
                    continue
                decoder = self._decoders[item.writer] = codecs.getincrementaldecoder("utf-8")(
                    "backslashreplace"
                )
            texts.append(decoder.decode(item.data))
        return CellResult(
            start=output.start,
            end=output.end,
            times=times,
            writers=writers,
            texts=texts,
            figures=[],
        )

    def rest(self) -> Iterator[tuple[int | None, str]]:
        """Yield the half characters at the very end, and who wrote them."""
        for writer, decoder in self._decoders.items():
            text = decoder.decode(b"", True)
            if text:
                yield writer, text


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
