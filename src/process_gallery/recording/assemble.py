"""From what was seen of a run to its record: texts without this machine's folders, the outcome, stacks."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

from process_gallery.model import (
    Cell,
    File,
    Name,
    Piece,
    Process,
    Read,
    Record,
)

from .messages import CellResult, ProcessResult, Result
from .request import PreparedJob
from .shorten import Shortener
from .supervisor_process import signal_name

GONE = "a program that had gone"
"""Name of one that lived so short that nobody could look what it was."""
# What a program says that wants to open its output once more: a terminal can be opened again, the
# recorder's stream cannot. Shells, tee, Python and others name the path and the error in one line.
_OPENED_AGAIN = re.compile(
    r"(?P<path>/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|thread-self|\d+)/fd/\d+)\b(?=.*No such device or address)"
    r"|No such device or address.*?(?P<after>/dev/(?:stdout|stderr|fd/\d+)|/proc/(?:self|thread-self|\d+)/fd/\d+)\b",
    re.IGNORECASE,
)
_LAST_LINE = re.compile(
    r"^Traceback \(most recent call last\):\n(?:  .*\n)+(?:\w+\.)*(\w+)(?:: (.*))?\n?\Z",
    re.MULTILINE,
)


def record_of(prepared: PreparedJob, result: Result) -> Record:
    """Return the record of what has happened."""
    shorten = Shortener(prepared.script, prepared.folder, prepared.probe.prefixes)
    job, source = prepared.job, prepared.job.script
    everything = (1, max(1, len(source.source.splitlines())))
    # A script of one cell is that cell, also where it runs as a whole on Pyodide.
    whole = prepared.whole and not (prepared.on_wasm and len(source.cells) == 1)
    ranges = source.cells if source.cells and not whole else (everything,)
    _shorten_output(result.cells, shorten)
    if prepared.probe.interpreter.run_by.startswith("Wine"):
        _leave_out_words_of_wine(result.cells)
    cells = [
        Cell(
            first,
            last,
            _rounded(cell.start),
            _rounded(cell.end),
            list(_pieces(cell)),
            cell.figures,
            shorten(cell.value) if cell.value_from != "_repr_html_" else cell.value,
            cell.value_from,
            cell.scraped,
        )
        for (first, last), cell in zip(ranges, result.cells, strict=False)
    ]
    processes = [_process(seen, shorten) for seen in result.processes]
    main = processes[0]
    raised = result.raised
    if prepared.whole and not raised:
        raised = raised_in("".join(piece.text for cell in cells for piece in cell.output))
    if raised and cells[0].start is None:  # Python has said itself what is wrong with the script
        text = "".join(piece.text for piece in cells[0].output)
        said = re.search(rf"^{re.escape(raised[0])}: (.*)\n?\Z", text, re.MULTILINE)
        raised = (raised[0], said[1]) if said else raised
    if result.timed_out:
        outcome = "timeout"
    elif main.signal:
        outcome = f"signal {main.signal}"
    elif raised and main.exit_code == 1:
        outcome = f"exception {raised[0]}"
    else:
        outcome = f"exit {main.exit_code}" if main.exit_code else "ok"
    error = ""
    if raised and outcome.startswith("exception"):
        error = shorten(f"{raised[0]}: {raised[1]}" if raised[1] else raised[0])
    allowed = source.declared.expects(
        job.arguments, prepared.probe.interpreter.default_start_method
    )
    return Record(
        script=job.name or prepared.script.name,
        sha256=hashlib.sha256(source.source).hexdigest(),
        interpreter=prepared.probe.interpreter,
        expected=outcome if outcome in allowed else allowed[0],
        outcome=outcome,
        exit_code=None if result.timed_out else main.exit_code,
        duration=round(result.duration, 4),
        peak_memory=result.peak_memory,
        cells=cells,
        processes=processes,
        left_behind=result.left_behind,
        timeout=prepared.timeout,
        idle=job.limits.idle if result.idle else 0.0,
        memory_limit=prepared.memory,
        error=error,
        whole=prepared.whole,
        named=not prepared.portable,
        date=time.strftime("%Y-%m-%d", time.gmtime()),
        shortened=shorten.kinds,
        cores=len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 0,
        leaves=list(source.declared.leaves),
        notes=_notes(cells),
        files=[File(path.replace(os.sep, "/"), content) for path, content in result.files],
        images=int(result.images) if result.images.isdigit() else 0,
        names=[Name(*words) for words in _listed(result.names, 4)],
        reads=list(_reads(result, prepared)),
        arguments=list(job.arguments),
    )


def _listed(text: str, width: int) -> list[list[str]]:
    """Return lists of texts that the gallery mode has written; the example may have written another."""
    import json

    try:
        found = json.loads(text)
    except ValueError:
        return []
    rows = found if isinstance(found, list) else []
    if width == 1:
        rows = [[row] for row in rows]
    return [
        row
        for row in rows
        if isinstance(row, list)
        and len(row) == width
        and all(isinstance(word, str) for word in row)
    ]


def _reads(result: Result, prepared: PreparedJob) -> Iterator[Read]:
    """Yield what the example has read of its project: not what belongs to the interpreter and what
    is installed for it, to the system, or to the run itself, nor what it has written.
    """
    if not prepared.job.gallery:
        return
    own = str(Path(__file__).parents[1])
    outside = [
        *prepared.probe.prefixes,
        str(prepared.folder),
        "/proc",
        "/dev",
        "/sys",
        "/etc",
        "/usr",
    ]
    for [path] in _listed(result.reads, 1):
        real = os.path.realpath(path)
        if real == str(prepared.script) or any(
            f"{real}/".startswith(f"{folder}/") for folder in (*outside, own)
        ):
            continue
        with contextlib.suppress(OSError):
            written_before = os.stat(real).st_mtime_ns <= prepared.began
            if written_before and (read := Read.of(real)):
                yield read


def _shorten_output(cells: list[CellResult], shorten: Shortener) -> None:
    """Shorten what each process wrote: all of it at once, since a path may come in two pieces."""
    written: dict[int | None, list[tuple[list[str | int], int]]] = {}
    for cell in cells:
        for place, (writer, text) in enumerate(zip(cell.writers, cell.texts, strict=True)):
            if isinstance(text, str):
                written.setdefault(writer, []).append((cell.texts, place))
    for places in written.values():
        texts = shorten.stream([str(texts[place]) for texts, place in places])
        for (cell_texts, place), text in zip(places, texts, strict=True):
            cell_texts[place] = text


_WORDS_OF_WINE = re.compile(r"(\[WinError \d+\]) [^\r\n]*")


def _leave_out_words_of_wine(cells: list[CellResult]) -> None:
    """Leave out the texts of system errors: Windows has others for the same numbers."""
    for cell in cells:
        cell.texts[:] = [
            _WORDS_OF_WINE.sub(r"\1 …", text) if isinstance(text, str) else text
            for text in cell.texts
        ]


def _pieces(cell: CellResult) -> Iterator[Piece]:
    for when, writer, text in zip(cell.times, cell.writers, cell.texts, strict=True):
        if isinstance(text, str):
            yield Piece(when, writer, text)
        else:
            yield Piece(when, writer, "", text)


def _process(seen: ProcessResult, shorten: Shortener) -> Process:
    number = seen.signal
    return Process(
        id=seen.id,
        pid=seen.pid,
        name=shorten(seen.name) or GONE,
        how=seen.how,
        parent=seen.parent,
        asked_by=seen.asked_by,
        asked=_rounded(seen.asked),
        start=_rounded(seen.start),
        end=_rounded(seen.end),
        exit_code=seen.exit_code,
        signal=None if number is None else signal_name(number),
        stuck=seen.stuck,
        stack=python_stack(shorten(seen.stack)),
        note=seen.note if seen.name else f"{GONE} before anyone could look what it was",
    )


def _notes(cells: list[Cell]) -> list[str]:
    """Say what the program would have printed to a terminal, and did not."""
    pieces: dict[int | None, list[str]] = {}
    for cell in cells:
        for piece in cell.output:
            pieces.setdefault(piece.process, []).append(piece.text)
    texts = map("".join, pieces.values())
    paths = {
        match["path"] or match["after"]
        for text in texts
        if "such device or address" in text
        for match in _OPENED_AGAIN.finditer(text)
    }
    return [
        f"{path} could not be opened: the output of an example is a socket, so what was to be written there is missing; "
        "write to the open standard output or error instead (in a shell >&2, in Python sys.stderr)"
        for path in sorted(paths)
    ]


def raised_in(text: str) -> tuple[str, str] | None:
    r"""Return the name and the message of the exception whose traceback ends a text.

    >>> raised_in("Traceback (most recent call last):\n  File 'x'\nurllib.error.URLError: <no host>\n")
    ('URLError', '<no host>')
    """
    match = _LAST_LINE.search(text)
    return (match[1], match[2] or "") if match else None


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 4)


def python_stack(text: str) -> str:
    r"""Return the Python stacks in what faulthandler wrote, without its heading, the C stacks
    (3.14) and the list of extension modules.

    >>> python_stack("Fatal Python error: Aborted\n\nCurrent thread 0x1 (most recent call first):\n  File 'a.py', line 3 in f\n")
    "Current thread 0x1 (most recent call first):\n  File 'a.py', line 3 in f\n"
    """
    lines: list[str] = []
    keep = False
    for line in text.splitlines(keepends=True):
        if line.startswith(("Current thread", "Thread ")) and "C stack" not in line:
            keep = True
        elif not line.startswith("  ") and line.strip():
            keep = False
        if keep:
            lines.append(line)
    return "".join(lines).strip("\n") + "\n" if lines else ""
