"""What was written during a cell: its text, bounded.

The supervisor loads this, and shall start at once: nothing is imported here that a Python has not
loaded anyway.
"""

from __future__ import annotations

import itertools

from .messages import CellResult

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence


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

    It is cut where a line ends; one that is longer than half of what is kept, between characters.
    """

    def __init__(self, head: int, tail: int) -> None:
        self.start: float | None = None
        self.end: float | None = None
        self.first: list[Written] = []
        self.last: list[Written] = []
        self.dropped = 0  # so many items of `last` have been left out
        self.head, self.tail = head, tail  # bytes that there is room for
        self.in_tail = 0  # bytes in `last`
        self.omitted: dict[int | None, int] = {}  # bytes by writer

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
                self._omit(writer, len(data) - self.tail)
                data = data[-self.tail :]
            self._append(self.last, when, writer, data)
            self.in_tail += len(data)
            if self.in_tail > self.tail:
                self._drop(self.in_tail - self.tail)

    def _omit(self, writer: int | None, count: int) -> None:
        if count:
            self.omitted[writer] = self.omitted.get(writer, 0) + count

    def _drop(self, over: int) -> None:
        """Leave some bytes of the tail out, the oldest."""
        self.in_tail -= over
        while over:
            oldest = self.last[self.dropped]
            if len(oldest.data) > over:
                self._omit(oldest.writer, over)
                oldest.data = oldest.data[over:]
                return
            self._omit(oldest.writer, len(oldest.data))
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

    def take_all(self) -> list[Written]:
        """Return all that was written, in order, and forget it: so it is never there twice. What
        was left out stands in its place, for each writer.
        """
        first, last = self.first, self.last[self.dropped :]
        if self.omitted:
            self._cut_after_line(first)
            self._cut_before_line(last)
            when = (last or first[-1:])[0].when if last or first else 0.0
            first += [Written(when, *about) for about in self._about_omitted()]
        self.first, self.last, self.dropped, self.omitted = [], [], 0, {}
        return first + last

    def _about_omitted(self) -> Iterator[tuple[int | None, bytes, int]]:
        for writer, count in self.omitted.items():
            yield writer, b"", count

    def _cut_after_line(self, items: list[Written]) -> None:
        """Leave out what follows the last line's end of what comes before a gap."""
        room = sum(len(item.data) for item in items) // 2
        kept = len(items)
        for item in reversed(items):
            kept -= 1
            at = item.data.rfind(b"\n") + 1
            room -= len(item.data) - at
            if room < 0:
                break
            if at:
                self._omit(item.writer, len(item.data) - at)
                item.data = item.data[:at]
                for other in items[kept + 1 :]:
                    self._omit(other.writer, len(other.data))
                del items[kept + 1 :]
                break
        # Of a character that is left out the beginning goes, too.
        seen = set()
        for item in reversed(items):
            if item.writer in self.omitted and item.writer not in seen:
                seen.add(item.writer)
                half = unfinished(item.data)
                self._omit(item.writer, half)
                item.data = item.data[: len(item.data) - half]

    def _cut_before_line(self, items: list[Written]) -> None:
        """Leave out what comes before the first line's end of what follows a gap."""
        room = sum(len(item.data) for item in items) // 2
        for kept, item in enumerate(items):
            at = item.data.find(b"\n")
            room -= at + 1 if at >= 0 else len(item.data)
            if room < 0:
                break
            if at >= 0:
                self._omit(item.writer, at + 1)
                item.data = item.data[at + 1 :]
                for other in items[:kept]:
                    self._omit(other.writer, len(other.data))
                del items[:kept]
                break
        seen = set()
        for item in items:
            if item.writer in self.omitted and item.writer not in seen:
                seen.add(item.writer)
                rest = continuation(item.data)
                self._omit(item.writer, rest)
                item.data = item.data[rest:]


class Decoder:
    """Makes text of bytes. A character may have come in two halves, even in two cells, or from two
    processes: it is in the piece in which it begins, as a terminal shows it.
    """

    def cells(
        self, outputs: Sequence[Output], number: Mapping[int | None, int | None]
    ) -> list[CellResult]:
        """Return cells with their output as text; the outputs are empty then.

        Parameters
        ----------
        outputs
            What was written, cell by cell.
        number
            What the record calls each writer.
        """
        cells = [output.take_all() for output in outputs]
        self._join_halves([item for items in cells for item in items])
        cells = [[item for item in items if item.data or item.omitted] for items in cells]
        return [
            CellResult(
                start=output.start,
                end=output.end,
                times=[round(item.when, 4) for item in items],
                writers=[number[item.writer] for item in items],
                texts=[
                    item.omitted or item.data.decode("utf-8", "backslashreplace") for item in items
                ],
                figures=[],
            )
            for output, items in zip(outputs, cells, strict=True)
        ]

    @staticmethod
    def _join_halves(items: list[Written]) -> None:
        """Give the rest of each character to the piece in which it begins: what comes next, else
        what its writer wrote next.
        """
        for index, item in enumerate(items):
            half = unfinished(item.data)
            if not half:
                continue
            after = next(
                (other for other in _after(items, index) if other.data or other.omitted), None
            )
            if after is None or not _complete(item, half, [after]):
                own = (other for other in _after(items, index) if other.writer == item.writer)
                _complete(item, half, itertools.islice(own, 4))


def _after(items: list[Written], index: int) -> Iterator[Written]:
    for later in range(index + 1, len(items)):
        yield items[later]


def _complete(item: Written, half: int, others: Iterable[Written]) -> bool:
    """Take the rest of a character from what others begin with; return whether it was there."""
    begun = item.data[len(item.data) - half :]
    wanted = _length(begun[0]) - half
    taken: list[tuple[Written, int]] = []
    for other in others:
        if other.omitted:
            break
        part = other.data[: min(wanted, continuation(other.data))]
        if part:
            taken.append((other, len(part)))
            begun, wanted = begun + part, wanted - len(part)
        if not wanted or len(part) < len(other.data):
            break
    try:
        begun.decode()
    except UnicodeDecodeError:
        return False
    item.data = item.data[: len(item.data) - half] + begun
    for other, count in taken:
        other.data = other.data[count:]
    return True


def _length(first: int) -> int:
    """Return how many bytes a character has that begins with a byte, as UTF-8; 1 if none does."""
    return 4 if 0xF0 <= first < 0xF5 else 3 if first >= 0xE0 else 2 if first >= 0xC2 else 1


def unfinished(data: bytes) -> int:
    """Return how many bytes at the end are the beginning of a character.

    >>> unfinished("é".encode()[:1]), unfinished("é".encode()), unfinished("😀".encode()[:3])
    (1, 0, 3)
    """
    for back in range(1, min(4, len(data) + 1)):
        byte = data[-back]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            return back if 0xC2 <= byte < 0xF5 and _length(byte) > back else 0
    return 0


def continuation(data: bytes) -> int:
    """Return how many bytes at the beginning continue a character."""
    count = 0
    while count < min(3, len(data)) and 0x80 <= data[count] < 0xC0:
        count += 1
    return count
