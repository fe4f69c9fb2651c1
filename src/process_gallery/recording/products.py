"""What an example has left beside its output: figures, and what a gallery asks for.

The cell runner and the gallery mode write files into one folder; this reads them. Another program
may have written there, too, so nothing is trusted: not a name, a size or a content. The supervisor
loads this, and shall start at once: nothing is imported here that a Python has not loaded anyway.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .messages import CellResult

FIGURE, FIGURES = 4 << 20, 16 << 20  # bytes of one figure, and of all, that are kept
VALUE = 16 << 20  # of a value
SCRAPED = 48 << 20  # of what scrapers write about a cell; matplotlib's animations have up to 20 MB
FILE, FILES = 32 << 20, 64 << 20  # of a file that a scraper has made, and of all
LISTS = 1 << 20  # of what names stand for, and of what was read


def put_into(cells: Sequence[CellResult], folder: str) -> None:
    """Put figures, values and what was scraped into the cells that they are of."""
    for index, figure in figures(folder):
        if index < len(cells):
            cells[index].figures.append(figure)
    for name in _names(folder):
        words = name.split(".")
        if not words[0].isdigit() or int(words[0]) >= len(cells):
            continue
        cell = cells[int(words[0])]
        if words[2:] == ["value"]:
            text = text_of(folder, name, VALUE)
            cell.value = (
                f"(a value of more than {VALUE >> 20} MiB is left out)" if text is None else text
            )
            cell.value_from = words[1] if text is not None else "__repr__"
        elif words[1:] == ["rst"]:
            text = text_of(folder, name, SCRAPED)
            cell.scraped = (
                f"\n*What was drawn here is left out: it has more than {SCRAPED >> 20} MiB.*\n"
                if text is None
                else text
            )


def files(folder: str) -> Iterator[tuple[str, str]]:
    """Yield what scrapers have made: the path below the folder of the documentation's sources,
    and the content in base64.
    """
    top = os.path.join(folder, "src")
    room = FILES
    for parent, folders, names in os.walk(top):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(parent, name)
            data = _read(path, min(FILE, room))
            if data is not None:
                import binascii

                room -= len(data)
                yield (
                    os.path.relpath(path, top),
                    binascii.b2a_base64(data, newline=False).decode("ascii"),
                )


def text_of(folder: str, name: str, most: int = LISTS) -> str | None:
    """Return the text of a file; None if there is none that can be read, or it is too long."""
    data = _read(os.path.join(folder, name), most)
    return None if data is None else data.decode("utf-8", "replace")


def _names(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _read(path: str, most: int) -> bytes | None:
    try:
        with open(_opened(path), "rb") as file:
            data = file.read(most + 1)
    except OSError:
        return None
    return data if len(data) <= most else None


def _opened(path: str) -> int:
    """Open a file; no link to one, and without waiting for who writes into it."""
    return os.open(
        path,
        os.O_RDONLY
        | getattr(os, "O_NOFOLLOW", 0)
        | getattr(os, "O_NONBLOCK", 0)
        | getattr(os, "O_BINARY", 0),
    )


def figures(folder: str) -> Iterator[tuple[int, str]]:
    """Yield the cell's index and the text of each figure that the cell runner has saved."""
    room = FIGURES
    for name in _names(folder):
        if room <= 0:
            return
        if not name.endswith(".svg"):
            continue
        try:
            with open(
                _opened(os.path.join(folder, name)), encoding="utf-8", errors="replace"
            ) as file:
                size = os.fstat(file.fileno()).st_size
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
