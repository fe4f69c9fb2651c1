"""Record examples from the command line: ``python -m process_gallery record SCRIPT [SCRIPT...]``.

It runs without Sphinx. Exit codes: 0 if every run is what its example declares, 1 if one is not, 2 if something that was given
cannot be used, 130 after Ctrl-C (143 after SIGTERM), when everything that was started has been ended.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from .cells import ExampleError, read_script
from .interpreters import InterpreterError, probe
from .record import Record
from .recorder import Job, record_all, stop_on_sigterm
from .report import failure, terminal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # an example's output may be in letters that this terminal does not have
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    stop_on_sigterm()
    try:
        return _record(options)
    except (ExampleError, InterpreterError, _InputError) as error:
        print(f"process_gallery: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone; so that Python does not complain again at its end:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("process_gallery: interrupted; everything that was started has been ended", file=sys.stderr)
        return 130


class _InputError(Exception):
    """An option cannot be used; the message says why."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m process_gallery", description="Run examples that start processes, and show which process printed which line."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    record = commands.add_parser("record", help="run scripts, show what happened", description="Run each script, show what happened.")
    record.add_argument("scripts", nargs="+", metavar="SCRIPT", type=Path, help="a Python script, with or without cells")
    record.add_argument("--python", default=sys.executable, metavar="EXE", help="interpreter that runs the scripts (default: this one)")
    record.add_argument("--timeout", type=_seconds, metavar="S", help="seconds a script may take (default: what it declares, or 30)")
    record.add_argument("--memory", type=_mebibytes, metavar="MIB", help="limit of each process's address space in MiB")
    record.add_argument(
        "--json", metavar="FILE", help="write the record there, a list of them for several scripts; - is standard output"
    )
    return parser


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds greater than 0")
    return value


def _mebibytes(text: str) -> int:
    value = int(text)
    if not 0 < value < 1 << 40:
        raise argparse.ArgumentTypeError(f"{text} is not a number of MiB greater than 0")
    return value


def _record(options: argparse.Namespace) -> int:
    # All that was given is looked at before anything runs: a wrong last word shall not cost a minute.
    probe(options.python)
    target = None if options.json in (None, "-") else Path(options.json)
    if target is not None and (target.is_dir() or not target.absolute().parent.is_dir()):
        raise _InputError(f"--json {target}: is a folder, or its folder does not exist")
    jobs = [
        Job(read_script(path), python=options.python, timeout=options.timeout, memory=options.memory, name=path.name)
        for path in options.scripts
    ]
    out = sys.stderr if options.json == "-" else sys.stdout
    colour = out.isatty() and not os.environ.get("NO_COLOR")
    order = {id(job): index for index, job in enumerate(jobs)}
    records: dict[int, Record] = {}
    failures: list[str] = []
    for job, result in record_all(jobs):
        if not isinstance(result, Record):
            failures.append(str(result))
            continue
        records[order[id(job)]] = result
        print(terminal(result, colour=colour), end="\n\n" if len(jobs) > 1 else "\n", file=out, flush=True)
        message = failure(result, job.script.path, options.python)
        if message:
            failures.append(message)
    _write(options.json, [records[index] for index in sorted(records)], single=len(jobs) == 1)
    for message in failures:
        print(message, file=sys.stderr)
    return 1 if failures else 0


def _write(target: str | None, records: list[Record], *, single: bool) -> None:
    if target is None or not records:
        return
    text = records[0].to_json(indent=1) if single else json.dumps([dataclasses.asdict(r) for r in records], ensure_ascii=False, indent=1)
    if target == "-":
        print(text)
        return
    try:
        Path(target).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise _InputError(f"--json {target}: cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
