"""What a terminal would show in the end of what was written to it, each character with its writer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from process_gallery.model import Piece

Mark = tuple[int | None, float]
"""Who wrote a character, and when."""


@dataclass
class Part:
    """Characters of one line that one process wrote at one time."""

    text: str
    process: int | None
    time: float


@dataclass
class Line:
    """A line as the terminal shows it."""

    chars: list[str] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    """One for each character."""
    ended: Mark | None = None
    """Who wrote the end of the line."""
    gap: bool = False
    """True if it only says that something is not shown."""
    omitted: int = 0
    """So many bytes were left out here."""

    def put(self, column: int, text: str, mark: Mark) -> None:
        """Write text from a column on, over what is there."""
        missing = column - len(self.chars)
        if missing > 0:
            self.chars += " " * missing
            self.marks += [mark] * missing
        self.chars[column : column + len(text)] = text
        self.marks[column : column + len(text)] = [mark] * len(text)

    def cut(self, first: int, last: int | None) -> None:
        """Blank the columns up to ``last``; without one, cut the line off."""
        if last is None:
            del self.chars[first:], self.marks[first:]
        else:
            self.chars[first:last] = " " * len(self.chars[first:last])

    def parts(self) -> list[Part]:
        """Return the text by writer and time."""
        runs: list[Part] = []
        for char, (process, time) in zip(self.chars, self.marks, strict=True):
            if runs and runs[-1].process == process and runs[-1].time == time:
                runs[-1].text += char
            else:
                runs.append(Part(char, process, time))
        if not runs and self.ended:
            runs.append(Part("", *self.ended))
        return runs

    @property
    def text(self) -> str:
        """What can be seen of it."""
        return "".join(self.chars).translate(VISIBLE)

    def gap_text(self, labels: Sequence[str]) -> str:
        """Say what is not shown, and whose it is."""
        if not self.omitted:
            return self.text
        whose = f" of {labels[self.process]}" if self.process is not None else ""
        return f"[{self.omitted:,} bytes{whose} left out]"

    @property
    def process(self) -> int | None:
        """Who began it."""
        return self.marks[0][0] if self.marks else self.ended[0] if self.ended else None


_TOKEN = re.compile(
    r"\x1b\[(?P<args>[0-?]*)[ -/]*(?P<final>[@-~])"  # colours, movements
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links
    r"|\x1b[PX^_][^\x1b]*\x1b\\"
    r"|\x1b[ -/]*[0-Z\\^-~]"
    r"|[\r\n\v\f\b]"
    r"|[^\x1b\r\n\v\f\b]+"
    r"|\x1b"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}|\][^\x07\x1b]{0,400}\x1b?)?\Z")
# What HTML forbids, or nobody would see, is written as `cat -v` does. A terminal's bell is only
# heard.
VISIBLE: dict[int, str] = {
    code: "^" + chr(code ^ 64) for code in (*range(32), 127) if code not in b"\t\n\a"
} | {7: ""}
VISIBLE |= dict.fromkeys(
    (*range(0x80, 0xA0), *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0)), "\ufffd"
)
VISIBLE |= {
    plane + last: "\ufffd" for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
}


GAPS = 10
"""Processes of which one place says how much of theirs is left out; of all others it is one number."""
COLUMNS = 1000
"""How far to the right a movement of the cursor goes; text itself may be longer."""
BLANKS = 100_000
"""Columns that the movements of one output may leave blank, all together: 64 KB of movements would
otherwise be a page of 64 MB.
"""


def screen(pieces: Iterable[Piece]) -> list[Line]:
    """Return the lines that a terminal of great width and height would show in the end."""
    lines = [Line()]
    blanks = 0  # that the cursor's movements have left
    gaps = 0  # that stand one below the other
    row = column = 0
    rest = ""
    for piece in pieces:
        mark = (piece.process, piece.time)
        if piece.omitted:
            row = len(lines) - 1
            if lines[row].chars:
                row += 1
                lines.append(Line())
            gaps += 1
            if gaps > GAPS:  # all others in one line
                row -= 1
                lines.pop()
                mark = (None, piece.time)
            gap = lines[row]
            gap.gap, gap.omitted = True, gap.omitted + piece.omitted
            gap.put(0, f"[{gap.omitted:,} bytes left out]", mark)
            lines.append(Line())
            row, column, rest = row + 1, 0, ""
            continue
        gaps = 0
        text = rest + piece.text
        unfinished = _UNFINISHED.search(text)  # the writer's next piece has the remainder
        rest = unfinished[0] if unfinished else ""
        for match in _TOKEN.finditer(text, 0, len(text) - len(rest)):
            char = match[0]  # or a run of plain ones
            if char in "\n\v\f":
                lines[row].ended = lines[row].ended or mark
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append(Line())
            elif char == "\r":
                column = 0
            elif char == "\b":
                column = max(0, column - 1)
            elif match["final"]:
                digits = match["args"]  # as many as a program likes: Python refuses to read 5,000
                number = 0 if not digits.isdigit() else int(digits) if len(digits) < 6 else 99_999
                steps = max(1, number)
                if match["final"] == "A":
                    row = max(0, row - steps)
                elif match["final"] == "B":
                    row = min(len(lines) - 1, row + steps)
                elif match["final"] == "C":
                    column = max(column, min(column + steps, COLUMNS))
                elif match["final"] == "D":
                    column = max(0, column - steps)
                elif match["final"] == "G":
                    column = min(steps, COLUMNS) - 1
                elif match["final"] == "K":
                    lines[row].cut(
                        column if number == 0 else 0, column + 1 if number == 1 else None
                    )
                elif match["final"] == "J" and number == 0:
                    lines[row].cut(column, None)
                    del lines[row + 1 :]
            elif char[0] != "\x1b" or len(char) == 1:
                missing = column - len(lines[row].chars)
                if missing > 0:
                    blanks += missing
                    if blanks > BLANKS:
                        column = len(lines[row].chars)
                lines[row].put(column, char, mark)
                column += len(char)
    while len(lines) > 1 and not lines[-1].chars and not lines[-1].ended:
        lines.pop()
    if len(lines) == 1 and not lines[0].chars and not lines[0].ended:
        lines.pop()
    if blanks > BLANKS:
        note = Line(gap=True)
        note.put(
            0, f"[movements over more than {BLANKS:,} blank columns are not shown]", (None, 0.0)
        )
        lines.append(note)
    return lines


def with_writers(line: Line, labels: Sequence[str]) -> str:
    """Return a line's text, with the name of each other process before what it wrote into it."""
    if line.gap:
        return line.gap_text(labels)
    text = ""
    before = line.process
    for part in line.parts():
        if part.process != before:
            text += f" <{'?' if part.process is None else labels[part.process]}> "
        text += part.text.translate(VISIBLE)
        before = part.process
    return text
