"""Record examples from the command line: ``python -m process_gallery record SCRIPT [SCRIPT...]``,
``matrix``, ``export``, ``pythons``.

It runs without Sphinx. Exit codes: 0 if every run is what its example declares, 1 if one is not, 2
if something that was given cannot be used, 130 after Ctrl-C (143 after SIGTERM), when everything
that was started has been ended.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from .errors import ExampleError, InterpreterError, RecorderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import Record
    from .recording.supervisor_process import SupervisorProcess


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if sys.stdout is None or sys.stderr is None:  # closed, as by >&-
        _open_what_is_closed()
    supervisors = _start_ahead(words)
    try:
        options = _parser().parse_args(words)
        for stream in (
            sys.stdout,
            sys.stderr,
        ):  # an example's output may be in letters that this terminal does not have
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        if options.command == "record":
            return _record(options, supervisors)
        commands = {"matrix": _matrix, "export": _export, "pythons": _pythons}
        return commands[options.command](options)
    except (ExampleError, InterpreterError, _InputError) as error:
        print(f"process_gallery: {error}", file=sys.stderr)
        return 2
    except (
        BrokenPipeError
    ):  # the reader of our output has gone; so that Python does not complain again at its end:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print(
            "process_gallery: interrupted; everything that was started has been ended",
            file=sys.stderr,
        )
        return 130
    finally:
        for supervisor in supervisors:
            supervisor.end()


def _start_ahead(words: list[str]) -> list[SupervisorProcess]:
    """Start the supervisor that recording needs, while the rest is imported, which takes longer than
    a short script.
    """
    if words[:1] != ["record"] or sys.platform != "linux" or "--portable" in words:
        return []
    from .recording.supervisor_process import SupervisorProcess

    try:
        return [SupervisorProcess()]
    except OSError:  # said of the first job, when it is tried again
        return []


def _open_what_is_closed() -> None:
    """Let a closed standard stream lead nowhere, so that no file that is opened gets its number."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, for good


class _InputError(Exception):
    """An option cannot be used; the message says why."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m process_gallery",
        description="Run examples that start processes, and show which process printed which line.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    record = commands.add_parser(
        "record",
        help="run scripts, show what happened",
        description="Run each script, show what happened.",
    )
    record.add_argument(
        "scripts",
        nargs="+",
        metavar="SCRIPT",
        type=Path,
        help="a Python script, with or without cells",
    )
    record.add_argument(
        "--python",
        metavar="EXE",
        help="interpreter that runs the scripts (default: what they declare, or this one)",
    )
    record.add_argument(
        "--timeout",
        type=_seconds,
        metavar="S",
        help="seconds a script may take (default: what it declares, or 30)",
    )
    record.add_argument(
        "--memory",
        type=_mebibytes,
        metavar="MIB",
        help="limit of each process's address space in MiB",
    )
    record.add_argument(
        "--output",
        type=_kibibytes,
        default=64,
        metavar="KIB",
        help="how much of each cell's output is kept, up to 256 KiB (default: 64)",
    )
    record.add_argument(
        "--beside",
        action="store_true",
        help="run each script in its own folder, beside its data, not in an empty one",
    )
    record.add_argument(
        "--portable",
        action="store_true",
        help="use nothing that Linux alone has, as is done elsewhere: lines are without their writers",
    )
    record.add_argument(
        "--argument",
        action="append",
        default=[],
        metavar="WORD",
        help="call each script with it; may be given several times",
    )
    record.add_argument(
        "--json",
        metavar="FILE",
        help="write the record there, a list of them for several scripts; - is standard output",
    )
    many = commands.add_parser(
        "matrix", help="run scripts on many interpreters, keep the records",
        description="Run each script on one interpreter of every kind and minor version found (on the PATH, pyenv's, uv's, ~/.cache/pythons) or named; keep the records.",
    )  # fmt: skip
    many.add_argument("scripts", nargs="+", metavar="SCRIPT", type=Path, help="a Python script")
    many.add_argument(
        "--pythons", nargs="+", metavar="EXE", help="interpreters (default: those that are found)"
    )
    many.add_argument(
        "--releases",
        nargs="+",
        default=[],
        metavar="EXE",
        help="more interpreters, only for scripts that are recorded on every release",
    )
    many.add_argument(
        "--records",
        default="docs/records",
        metavar="DIR",
        type=Path,
        help="where records are kept (default: docs/records)",
    )
    many.add_argument(
        "--jobs",
        type=int,
        default=0,
        metavar="N",
        help="how many run at once (default: two more than there are processors)",
    )
    many.add_argument(
        "--newest",
        action="store_true",
        help="record each script only on the newest interpreter that has what it needs",
    )
    export = commands.add_parser(
        "export",
        help="write a record in a format that other programs open",
        description="Write a record, as record --json makes it, in a format that other programs open: "
        "Chrome's trace format (Perfetto), or asciicast (terminal players).",
    )
    export.add_argument("record", metavar="RECORD", type=Path, help="a record: a JSON file")
    export.add_argument("format", choices=("chrome", "asciicast"), help="the format")
    export.add_argument("target", metavar="FILE", help="where it is written; - is standard output")
    pythons = commands.add_parser(
        "pythons",
        help="list the interpreters of this machine",
        description="List the interpreters of this machine: the newest CPython of each minor version.",
    )
    pythons.add_argument(
        "--all",
        action="store_true",
        help="also patch releases, other implementations, free-threaded builds and Pyodide; each with what it is",
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


def _kibibytes(text: str) -> int:
    from .recording.job import MOST_OUTPUT

    value = int(text)
    if not 1 <= value <= MOST_OUTPUT:
        raise argparse.ArgumentTypeError(f"{text} is not a number of KiB from 1 to {MOST_OUTPUT}")
    return value


def _record(options: argparse.Namespace, supervisors: list[SupervisorProcess]) -> int:
    from .recording.job import Job, Limits
    from .recording.recorder import record_all, stop_on_sigterm
    from .script import read_script

    stop_on_sigterm()
    # All that was given is looked at before anything runs: a wrong last word shall not cost a
    # minute. The interpreter is asked by record_all, while its supervisor starts.
    target = None if options.json in (None, "-") else Path(options.json)
    if target is not None and (target.is_dir() or not target.absolute().parent.is_dir()):
        raise _InputError(f"--json {target}: is a folder, or its folder does not exist")
    jobs = [
        Job(
            script,
            python=options.python or script.python or sys.executable,
            timeout=options.timeout,
            memory=options.memory,
            name=path.name,
            cwd="script" if options.beside else "empty",
            portable=options.portable or sys.platform != "linux",
            limits=Limits(output=options.output),
            arguments=tuple(options.argument),
        )
        for path in options.scripts
        for script in [read_script(path)]
    ]
    out = sys.stderr if options.json == "-" else sys.stdout
    colour = out.isatty() and not os.environ.get("NO_COLOR")
    order = {id(job): index for index, job in enumerate(jobs)}
    records: dict[int, Record] = {}
    failures: list[str] = []
    ahead, supervisors[:] = supervisors[:], []  # now they are the recorder's to end
    for job, result in record_all(jobs, supervisors=ahead, meanwhile=_load_what_shows):
        if isinstance(result, RecorderError):
            failures.append(str(result))
            continue
        from .drawing.text import failure, terminal

        records[order[id(job)]] = result
        print(
            terminal(result, colour=colour),
            end="\n\n" if len(jobs) > 1 else "\n",
            file=out,
            flush=True,
        )
        message = failure(result, job.script.path, job.python, cwd=job.cwd)
        if message:
            failures.append(message)
    _write(options.json, [records[index] for index in sorted(records)], single=len(jobs) == 1)
    for message in failures:
        print(message, file=sys.stderr)
    return 1 if failures else 0


def _load_what_shows() -> None:
    """Import what makes and shows a record, while the first example runs."""
    from .drawing import text  # noqa: F401
    from .recording import assemble  # noqa: F401


def _matrix(options: argparse.Namespace) -> int:
    # None of this is needed, or loaded, to record one script.
    from collections import Counter

    from . import matrix
    from .interpreters import Installed, find_pythons, look_at, newest_that_has, processors
    from .recording.recorder import stop_on_sigterm
    from .script import read_script

    stop_on_sigterm()
    scripts = [read_script(path) for path in options.scripts]
    pythons = (
        look_at(options.pythons) if options.pythons else find_pythons(others=not options.newest)
    )
    if not any(python.probe for python in pythons):
        raise _InputError(
            "none of these interpreters can be used: "
            + "; ".join(python.error for python in pythons)
        )
    pairs = matrix.pairs(scripts, pythons, look_at(options.releases))
    failed = 0
    if options.newest:
        installed = {
            p.path: Installed.ask(p.path, scripts)
            for p in pythons
            if p.probe and p.probe.version_info >= (3, 11)
        }
        pairs = []
        for script in scripts:
            python, missing = newest_that_has(script, pythons, installed)
            if python is None:
                failed += 1
                print(
                    f"{matrix.name_of(script)}: not recorded: no interpreter has {' and '.join(missing)}",
                    file=sys.stderr,
                )
            else:
                pairs.append((script, python))
    # The scripts of a matrix mostly wait; the examples, which --newest is for, do not.
    at_once = options.jobs or processors() + (0 if options.newest else 2)
    total = len(pairs)
    if options.newest:
        total += sum(len(script.declared.start_methods) for script, _ in pairs)
    changes: Counter[str] = Counter()
    for number, row in enumerate(
        matrix.renew(pairs, options.records, at_once=at_once, newest=options.newest), 1
    ):
        if isinstance(row, RecorderError):
            failed += 1
            print(f"[{number:3}/{total}] {row}", file=sys.stderr)
            continue
        changes[row.change.split()[0]] += 1
        used = row.record.interpreter
        outcome = (
            row.record.outcome
            if row.record.as_expected
            else f"{row.record.outcome.upper()}, expected {row.record.expected}"
        )
        version = f"{used.implementation} {used.version}"
        print(
            f"[{number:3}/{total}] {' '.join([row.name, *row.record.arguments]):40} {version:16} {outcome:10} {row.record.duration:5.1f} s  {row.change}",
            flush=True,
        )
        if row.record.outcome == matrix.BROKEN:
            print(f"          {row.record.error}")
    size = sum(path.stat().st_size for path in options.records.rglob("*.json"))
    print(
        f"{changes['new']} new, {changes['changed']} changed, {changes['as']} as before; {size / 1000:,.0f} kB in {options.records}"
    )
    return 1 if failed else 0


def _export(options: argparse.Namespace) -> int:
    from .drawing.exports import FORMATS
    from .errors import RecordError
    from .model import Record

    try:
        record = Record.from_json(options.record.read_bytes())
    except OSError as error:
        raise _InputError(f"{options.record}: cannot be read: {error.strerror}") from error
    except RecordError as error:
        raise _InputError(
            f"{options.record}: {error}; write a record of one script with  record --json"
        ) from error
    _put(FORMATS[options.format](record), options.target, "export")
    return 0


def _pythons(options: argparse.Namespace) -> int:
    from .interpreters import find_pythons

    for python in find_pythons(others=options.all, releases=options.all):
        if python.probe:
            print(python.path, f"  {python.interpreter.label}" if options.all else "", sep="")
    return 0


def _write(target: str | None, records: list[Record], *, single: bool) -> None:
    if target is None or not records:
        return
    import dataclasses
    import json

    text = (
        records[0].to_json(indent=1)
        if single
        else json.dumps([dataclasses.asdict(r) for r in records], ensure_ascii=False, indent=1)
    )
    _put(text + "\n", target, "--json")


def _put(text: str, target: str, option: str) -> None:
    """Write a text into a file, or to standard output."""
    if target == "-":
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(encoding="utf-8")  # as JSON is; a pipe on Windows is not
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise _InputError(f"{option} {target}: cannot be written: {error.strerror}") from error


if __name__ == "__main__":
    sys.exit(main())
