"""One script across versions and platforms: tabs, tables, and the check that committed records are
about the scripts of today.

The scripts are those in the folder ``process_gallery_matrix``; their records are the committed ones
(see
:mod:`process_gallery.matrix`), but that of the building interpreter is always run live. A record
whose script has changed since, or that is damaged, is reported at every build, as a warning, and
marked on the page.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from process_gallery.drawing import output_html
from process_gallery.drawing.text import failure
from process_gallery.errors import ExampleError, InterpreterError, RecordError
from process_gallery.interpreters import Installed, probe, processors
from process_gallery.matrix import BROKEN, name_of
from process_gallery.model import PLATFORMS, Record, numbers, short
from process_gallery.recording.recorder import Job, record_all, stop_on_sigterm
from process_gallery.script import Script, read_script
from process_gallery.store import Cache, folder_of, key, plain

from . import gallery

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """A script's run on one interpreter."""

    record: Record
    source: str
    """File that the record came from."""
    live: bool = False
    """True if this build ran it, or an earlier one of the same script on the same interpreter."""
    stale: bool = False
    """True if the script has changed since."""

    @property
    def version(self) -> str:
        """``3.14``, with the implementation's name in front if that is not CPython."""
        interpreter = self.record.interpreter
        return (
            "" if interpreter.implementation == "CPython" else f"{interpreter.implementation} "
        ) + short(interpreter)

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: platform, implementation, version."""
        interpreter = self.record.interpreter
        platforms = list(PLATFORMS)
        place = (
            platforms.index(interpreter.platform)
            if interpreter.platform in platforms
            else len(platforms)
        )
        return (
            place,
            interpreter.platform,
            interpreter.implementation != "CPython",
            numbers(interpreter.version),
            not interpreter.gil,
        )

    @property
    def text(self) -> str:
        """What was printed."""
        return self.record.text()

    @property
    def problem(self) -> str:
        """What went wrong, in a word or two; empty if the run is what its script declares."""
        return "" if self.record.as_expected else self.record.outcome


@dataclass
class Matrix:
    """What is known of one script."""

    script: Script
    runs: list[Run]
    damaged: list[str]
    """Names of the files that are no records."""
    folder: Path
    """Where committed records are."""

    @property
    def files(self) -> list[str]:
        """What a page depends on that shows it."""
        damaged = [self.folder / name for name in self.damaged]
        return [
            str(path) for path in (self.script.path, *(run.source for run in self.runs), *damaged)
        ]

    @property
    def here(self) -> Run | None:
        """The run of the building interpreter."""
        return next((run for run in self.runs if run.live), None)


_matrices: dict[str, Matrix] = {}
"""By name, such as ``matrix/lock_at_fork``."""


def matrices() -> dict[str, Matrix]:
    """Return what is known of each script of this build, by name."""
    return dict(_matrices)


# -- before the build


def record_matrix(app: Sphinx) -> None:
    """Run the matrix's scripts on the building interpreter, load the committed records, and say
    what is wrong with them.
    """
    _matrices.clear()
    folder = Path(app.srcdir, app.config.process_gallery_matrix)
    scripts: dict[str, Script] = {}
    for path in sorted(folder.glob("*.py")):
        try:
            script = read_script(path)
        except ExampleError as error:
            raise ExtensionError(str(error)) from error
        scripts[name_of(script).removesuffix(".py")] = script
    live = (
        _run_live(app, scripts)
        if app.config.sphinx_gallery_conf["plot_gallery"] not in (False, "False", "0", 0)
        else {}
    )
    known = {name: script.path for name, script in scripts.items()}
    for examples in gallery.example_folders(app):
        known |= {
            path.relative_to(examples).as_posix().removesuffix(".py"): path
            for path in examples.rglob("*.py")
        }
    records = gallery.records_folder(app)
    for name, script in scripts.items():
        _matrices[name] = Matrix(
            script, [live[name]] if name in live else [], [], folder_of(records, name)
        )
    for path in sorted(records.rglob("*.json")):
        _load(path, path.parent.relative_to(records).as_posix(), known)
    for matrix in _matrices.values():
        matrix.runs.sort(key=lambda run: run.order)


def _load(path: Path, name: str, known: dict[str, Path]) -> None:
    """Read a committed record; warn if it is damaged, stale, or of no script."""
    again = (
        f"renew it with  python -m process_gallery matrix {os.path.relpath(known[name])}"
        if name in known
        else ""
    )
    if not again:
        logger.warning(
            "%s: record of a script that does not exist; remove it",
            path,
            type="process_gallery",
            subtype="record",
        )
        return
    matrix = _matrices.get(name)
    try:
        record = Record.from_json(path.read_bytes())
    except (OSError, RecordError) as error:
        logger.warning(
            "%s: damaged record: %s; %s",
            path,
            error,
            again,
            type="process_gallery",
            subtype="record",
        )
        if matrix:
            matrix.damaged.append(path.name)
        return
    stale = record.sha256 != hashlib.sha256(known[name].read_bytes()).hexdigest()
    if stale:
        logger.warning(
            "%s: stale record: %s.py has changed since; %s",
            path,
            name,
            again,
            type="process_gallery",
            subtype="record",
        )
    if matrix:
        run = Run(record, str(path), stale=stale)
        here = matrix.here
        if not here or (here.version, here.record.interpreter.platform) != (
            run.version,
            record.interpreter.platform,
        ):
            matrix.runs.append(run)


def _run_live(app: Sphinx, scripts: dict[str, Script]) -> dict[str, Run]:
    stop_on_sigterm()
    python = app.config.process_gallery_python
    cache = Cache(gallery.cache_folder(app))
    try:
        interpreter = probe(python)
        installed = Installed.ask(interpreter.path, list(scripts.values()))
    except (InterpreterError, OSError, ValueError) as error:
        message = f"the interpreter that is to run the examples cannot be used: {error}"
        raise ExtensionError(message) from error
    runs: dict[str, Run] = {}
    jobs: list[Job] = []
    for name, script in scripts.items():
        digest = key(script, interpreter, installed)
        record = cache.load(script, f"{name}.py", digest)
        if record:
            runs[name] = Run(record, str(cache.path(f"{name}.py", digest)), live=True)
        else:
            jobs.append(Job(script, python=python, name=f"{name}.py"))
    for number, (job, result) in enumerate(
        record_all(jobs, at_once=app.config.process_gallery_jobs or processors()), 1
    ):
        name = job.name.removesuffix(".py")
        if not isinstance(result, Record):
            raise ExtensionError(str(result))
        logger.info(f"  [{number}/{len(jobs)}] {job.name}  {result.duration:.1f} s")
        digest = key(job.script, interpreter, installed)
        problem = failure(result, job.script.path, python)
        if problem:
            logger.warning("%s", problem, type="process_gallery", subtype="matrix")
        else:
            cache.save(job.name, digest, result)
        runs[name] = Run(result, str(cache.path(job.name, digest)), live=True)
    return runs


# -- what versions have in common


def span(versions: Iterable[str]) -> str:
    """Return versions in words; what follows on each other is a range.

    >>> span(["2.7", "3.6", "3.7", "3.8", "3.10"])
    '2.7, 3.6 to 3.8, 3.10'
    >>> span(["3.14", "3.15", "3.14t"])
    '3.14, 3.15, 3.14t'
    """
    groups: list[list[str]] = []
    for version in versions:
        if groups and _follows(groups[-1][-1], version):
            groups[-1].append(version)
        else:
            groups.append([version])
    return ", ".join(
        f"{group[0]} to {group[-1]}" if len(group) > 2 else ", ".join(group) for group in groups
    )


def _follows(before: str, version: str) -> bool:
    one, two = (re.fullmatch(r"(.*?)(\d+)\.(\d+)(t?)", text) for text in (before, version))
    return bool(
        one
        and two
        and one[1] == two[1]
        and one[2] == two[2]
        and one[4] == two[4]
        and int(one[3]) + 1 == int(two[3])
    )


@dataclass
class Group:
    """Runs that came to the same."""

    runs: list[Run]
    stale: bool

    @property
    def best(self) -> Run:
        """The run to show: this build's, else the newest."""
        return next((run for run in self.runs if run.live), self.runs[-1])

    def label(self, *, platforms: bool) -> str:
        """Return the versions in words, with their platforms if there is more than one."""
        parts = []
        for platform in dict.fromkeys(run.record.interpreter.platform for run in self.runs):
            words = span(
                run.version for run in self.runs if run.record.interpreter.platform == platform
            )
            parts.append(f"{PLATFORMS.get(platform, platform)} {words}" if platforms else words)
        return "; ".join(parts)


def fold(runs: Sequence[Run], *, exact: bool = False) -> list[Group]:
    """Put runs together that differ in nothing but process ids, addresses and (unless ``exact``)
    times.
    """
    groups: dict[object, Group] = {}
    for run in runs:
        essence = (plain(run.text, times=not exact), run.record.outcome, run.stale)
        groups.setdefault(essence, Group([], run.stale)).runs.append(run)
    return list(groups.values())


def lines(text: str) -> dict[str, str]:
    r"""Return what a script printed as ``key: value`` lines, without what differs by chance.
    Warnings are not among them.

    >>> lines("a.py:1: SomeWarning: x\nlock: 3 of 10\nnothing\n")
    {'lock': '3 of 10'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(?!\S+:\d+: )(\S.*?): (.*)", line)
        if match:
            found.setdefault(match[1], plain(match[2]))
    return found


def outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages that show a script of which there are new records; what has changed or is
    gone, Sphinx sees itself.
    """
    del added, changed, removed
    pages = []
    for docname, dependencies in env.dependencies.items():
        known = {os.path.join(app.srcdir, path) for path in dependencies}
        if any(
            str(matrix.script.path) in known and not known.issuperset(matrix.files)
            for matrix in _matrices.values()
        ):
            pages.append(docname)
    return pages


# -- directives


class version_tabs(nodes.General, nodes.Element):  # noqa: N801 (docutils names node classes so)
    """The outputs of a script; drawn when the page is written."""


class _Versions(SphinxDirective):
    """What the directives have in common."""

    required_arguments = 1
    final_argument_whitespace = True

    def matrix(self, name: str) -> Matrix:
        """Return what is known of a script; the page depends on all of it."""
        matrix = _matrices.get(name.removesuffix(".py"))
        if matrix is None:
            raise self.error(
                f"{self.name}: there is no script {name!r} in the folder process_gallery_matrix"
            )
        for path in matrix.files:
            self.env.note_dependency(path)
        if not matrix.runs:
            raise self.error(f"{self.name}: there is no record of {name!r}")
        return matrix

    def notes(self, matrices: Sequence[Matrix]) -> list[nodes.Node]:
        """Say what is wrong with records, and where the runs are from."""
        result: list[nodes.Node] = []
        for matrix in matrices:
            name = matrix.script.path.name
            stale = [run.version for run in matrix.runs if run.stale]
            if stale:
                result.append(
                    _note(
                        f"Stale: {name} has changed since it was recorded on {span(stale)}.",
                        "pg-stale",
                    )
                )
            if matrix.damaged:
                result.append(
                    _note(
                        f"Damaged, and not shown: {', '.join(matrix.damaged)} of {name}.",
                        "pg-stale",
                    )
                )
        return result

    def origin(self, matrices: Sequence[Matrix]) -> nodes.Node:
        """Say which scripts were run, when and on what."""
        runs = [run for matrix in matrices for run in matrix.runs]
        dates = sorted({run.record.date for run in runs if not run.live})
        when = (
            ""
            if not dates
            else f"; recorded {dates[0]}" + (f" to {dates[-1]}" if len(dates) > 1 else "")
        )
        cores = sorted({run.record.cores for run in runs if run.record.cores})
        machine = (
            f" with {' or '.join(map(str, cores))} processor{'s' if cores != [1] else ''}"
            if cores
            else ""
        )
        here = next((run.record.interpreter for run in runs if run.live), None)
        live = f"; {here.implementation} {here.version} run by this build" if here else ""
        paragraph = nodes.paragraph(classes=["recorded-origin"])
        for number, matrix in enumerate(matrices):
            if number:
                paragraph += nodes.Text(", ")
            target = os.path.relpath(
                matrix.script.path, Path(self.env.doc2path(self.env.docname)).parent
            ).replace(os.sep, "/")
            paragraph += download_reference(
                "",
                matrix.script.path.name,
                reftarget=target,
                refdoc=self.env.docname,
                classes=["download"],
            )
        paragraph += nodes.Text(f"{when}{machine}{live}.")
        return paragraph


def _note(text: str, *classes: str) -> nodes.paragraph:
    return nodes.paragraph("", text, classes=list(classes))


class VersionTabs(_Versions):
    """Show the outputs of a script, those that are the same together. Option ``exact``: times count
    as a difference.
    """

    option_spec: ClassVar[dict[str, Any]] = {"exact": directives.flag, "code": directives.flag}

    def run(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        name = self.arguments[0].removesuffix(".py")
        matrix = self.matrix(name)
        result: list[nodes.Node] = []
        if "code" in self.options:
            code = matrix.script.source.decode("utf-8").rstrip()
            result.append(nodes.literal_block(code, code, language="python"))
        uid = f"versions-{self.env.new_serialno('process_gallery')}"
        return [
            *result,
            version_tabs(script=name, uid=uid, exact="exact" in self.options),
            *self.notes([matrix]),
            self.origin([matrix]),
        ]


class VersionTable(_Versions):
    """Show what came of a script, version by version and platform by platform.

    Option ``pick``: a regular expression; its group in the output is what the table shows (the
    outcome by default). The lines of the content say what is documented where nothing was run:
    ``win32 3.4-: spawn <https://...>``.
    """

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"pick": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrix = self.matrix(self.arguments[0])
        documented = [self._documented(line) for line in self.content if line.strip()]
        platforms = [
            *PLATFORMS,
            *sorted({run.record.interpreter.platform for run in matrix.runs} - PLATFORMS.keys()),
        ]
        versions = [run.version for run in sorted(matrix.runs, key=lambda run: run.order[2:])]
        rows: list[tuple[list[str], list[tuple[str, ...]]]] = []
        for version in dict.fromkeys(versions):
            cells = [self._cell(matrix, version, platform, documented) for platform in platforms]
            if rows and rows[-1][1] == cells:
                rows[-1][0].append(version)
            else:
                rows.append(([version], cells))
        body = []
        for group, cells in rows:
            words = [_version_cell(group, matrix.here)]
            body.append([*words, *(self._entry(cell) for cell in cells)])
        head = ["Python", *(PLATFORMS.get(platform, platform) for platform in platforms)]
        return [_table(head, body), *self.notes([matrix]), self.origin([matrix])]

    def _documented(self, line: str) -> tuple[str, str, str, str, str]:
        match = re.fullmatch(
            r"(\w+)\s+(?:(\d+\.\d+)?\s*(-)?\s*(\d+\.\d+)?)\s*:\s*(.*?)\s*<(https://\S+)>",
            line.strip(),
        )
        if not match or match[1] not in PLATFORMS:
            raise self.error(
                f"version_table: {line!r}: write  PLATFORM FIRST-LAST: what is documented <https://...>  with a sys.platform"
            )
        first = match[2] or "0.0"
        last = match[4] or ("99.99" if match[3] else first)
        return match[1], first, last, match[5], match[6]

    def _cell(
        self,
        matrix: Matrix,
        version: str,
        platform: str,
        documented: list[tuple[str, str, str, str, str]],
    ) -> tuple[str, ...]:
        """Return what a cell says, and of which kind it is: ``run``, ``problem``, ``documented``
        (with an address) or ``none``.
        """
        for run in matrix.runs:
            if (run.version, run.record.interpreter.platform) == (version, platform):
                if run.problem:
                    return (
                        "problem",
                        "the interpreter cannot be used" if run.problem == BROKEN else run.problem,
                    )
                match = (
                    re.search(self.options["pick"], plain(run.text), re.MULTILINE)
                    if "pick" in self.options
                    else None
                )
                if "pick" in self.options and not match:
                    return "none", "does not say"
                return "stale" if run.stale else "run", match[
                    match.lastindex or 0
                ] if match else run.record.outcome
        for where, first, last, text, address in documented:
            if where == platform and numbers(first) <= numbers(version) <= numbers(last):
                return "documented", text, address
        return "none", "not run"

    def _entry(self, cell: tuple[str, ...]) -> list[nodes.Node]:
        kind, text = cell[:2]
        if kind == "documented":
            link = nodes.reference("", "documented, not run", refuri=cell[2])
            source = nodes.inline(
                "", "", nodes.Text("("), link, nodes.Text(")"), classes=["pg-doc"]
            )
            return [nodes.paragraph("", "", nodes.Text(f"{text} "), source)]
        return [
            _note(
                text,
                *(
                    {"problem": ["pg-stale"], "none": ["pg-doc"], "stale": ["pg-stale"]}.get(
                        kind, []
                    )
                ),
            )
        ]


class VersionLines(_Versions):
    """Show each ``key: value`` line of a script with the versions that print it so. Option
    ``keys``: only these, a regular expression.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "keys": directives.unchanged_required,
        "head": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrix = self.matrix(self.arguments[0])
        keys: dict[str, dict[str, list[Run]]] = {}
        for run in reversed(matrix.runs):  # the newest one's order of lines
            for name in lines(run.text):
                if re.search(self.options.get("keys", ""), name):
                    keys.setdefault(name, {})
        for run in matrix.runs:
            for name, value in lines(run.text).items():
                if name in keys:
                    keys[name].setdefault(value, []).append(run)
        several = len({run.record.interpreter.platform for run in matrix.runs}) > 1
        body: list[list[list[nodes.Node]]] = []
        for name, values in keys.items():
            for number, (value, runs) in enumerate(values.items()):
                first: list[nodes.Node] = [nodes.paragraph("", name)] if not number else []
                label = Group(runs, stale=False).label(platforms=several)
                said: list[nodes.Node] = [nodes.paragraph("", "", nodes.literal(value, value))]
                body.append([first, [nodes.paragraph("", label)], said])
        problems = [run for run in matrix.runs if run.problem]
        if problems:
            label = Group(problems, stale=False).label(platforms=several)
            words = ", ".join(dict.fromkeys(run.problem for run in problems))
            body.append(
                [
                    [],
                    [nodes.paragraph("", label)],
                    [_note(f"did not run to its end: {words}", "pg-stale")],
                ]
            )
        head = [
            *(
                word.strip()
                for word in self.options.get("head", "Case | Python | What it says").split("|")
            )
        ]
        if len(head) != 3:
            raise self.error("version_lines: head: write three words with | between them")
        return [_table(head, body, "pg-lines"), *self.notes([matrix]), self.origin([matrix])]


class VersionGrid(_Versions):
    """Show the ``key: value`` lines of scripts, a row for each key and a column for each version;
    neighbours that are the same are one.

    Options: ``keys``, a regular expression; ``value``, one whose group is shown; ``rows``:
    ``versions`` turns the table; ``unfolded``; ``words``: a column for each of these words instead,
    which says on which versions the value has it.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "keys": directives.unchanged_required, "value": directives.unchanged_required, "rows": directives.unchanged_required,
        "unfolded": directives.flag, "words": directives.unchanged_required, "corner": directives.unchanged_required,
    }  # fmt: skip

    def run(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrices = [self.matrix(name) for name in self.arguments[0].split()]
        table: dict[str, dict[str, str]] = {}
        runs = [
            run
            for matrix in matrices
            for run in matrix.runs
            if run.record.interpreter.platform == "linux"
        ]
        problems: dict[str, str] = {}
        for matrix in matrices:
            for run in reversed([run for run in matrix.runs if run in runs]):
                if run.problem:
                    problems[run.version] = run.problem
                for name, value in lines(run.text).items():
                    if re.search(self.options.get("keys", ""), name):
                        match = re.search(self.options.get("value", ".*"), value)
                        if match:
                            table.setdefault(name, {})[run.version] = match[match.lastindex or 0]
        versions = list(
            dict.fromkeys(run.version for run in sorted(runs, key=lambda run: run.order))
        )
        if "words" in self.options:
            return [self._by_word(table, versions), *self.notes(matrices), self.origin(matrices)]
        columns: list[list[str]] = []
        for version in versions:
            same = columns and all(
                row.get(columns[-1][-1]) == row.get(version) for row in table.values()
            )
            if (
                same
                and "unfolded" not in self.options
                and problems.get(columns[-1][-1]) == problems.get(version)
            ):
                columns[-1].append(version)
            else:
                columns.append([version])
        here = next((matrix.here for matrix in matrices if matrix.here), None)

        def cell(name: str, column: list[str]) -> list[nodes.Node]:
            value = table[name].get(column[0])
            return (
                [nodes.paragraph("", value)]
                if value
                else [_note(problems.get(column[0], "-"), "pg-doc")]
            )

        names = list(table)
        corner = self.options.get("corner", "")
        if self.options.get("rows") == "versions":
            body = [
                [_version_cell(column, here), *(cell(name, column) for name in names)]
                for column in columns
            ]
            return [
                _table([corner or "Python", *names], body),
                *self.notes(matrices),
                self.origin(matrices),
            ]
        body = [
            [[nodes.paragraph("", name)], *(cell(name, column) for column in columns)]
            for name in names
        ]
        head: list[str | list[nodes.Node]] = [
            corner,
            *(_version_cell(column, here) for column in columns),
        ]
        return [_table(head, body, "pg-grid"), *self.notes(matrices), self.origin(matrices)]

    def _by_word(self, table: dict[str, dict[str, str]], versions: list[str]) -> nodes.Node:
        words = self.options["words"].split()
        body = []
        for name, row in table.items():
            cells: list[list[nodes.Node]] = [[nodes.paragraph("", name)]]
            for word in words:
                possible = [
                    v
                    for v in versions
                    if any(
                        word in re.split(r"[\s,]+", other.get(v, "")) for other in table.values()
                    )
                ]
                there = [v for v in possible if word in re.split(r"[\s,]+", row.get(v, ""))]
                cells.append(
                    [
                        nodes.paragraph("", "yes" if there == possible else span(there))
                        if there
                        else _note("-", "pg-doc")
                    ]
                )
            body.append(cells)
        return _table([self.options.get("corner", ""), *words], body)


def _version_cell(versions: list[str], here: Run | None) -> list[nodes.Node]:
    """Name versions; mark the one that builds the site."""
    result: list[nodes.Node] = [nodes.paragraph("", span(versions))]
    if here and here.version in versions:
        words = "this build" if len(versions) == 1 else f"this build: {here.version}"
        result.append(nodes.paragraph("", "", nodes.inline("", words, classes=["pg-here"])))
    return result


def _table(
    head: Sequence[str | list[nodes.Node]],
    body: Sequence[Sequence[list[nodes.Node]]],
    *classes: str,
) -> nodes.Node:
    table = nodes.table(classes=["pg-table", *classes])
    group = nodes.tgroup(cols=len(head))
    table += group
    for _ in head:
        group += nodes.colspec(colwidth=1)
    heading = nodes.thead()
    group += heading
    heading += _row(
        [[nodes.paragraph("", cell)] if isinstance(cell, str) else cell for cell in head]
    )
    rows = nodes.tbody()
    group += rows
    for cells in body:
        rows += _row(cells)
    return table


def _row(cells: Sequence[list[nodes.Node]]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        row += nodes.entry("", *cell)
    return row


# -- drawing


def _tabs(node: version_tabs) -> tuple[list[Group], bool]:
    matrix = _matrices[node["script"]]
    return fold(matrix.runs, exact=node["exact"]), len(
        {run.record.interpreter.platform for run in matrix.runs}
    ) > 1


def _facts(group: Group) -> str:
    """Say which runs are behind an output."""
    parts = []
    for platform in dict.fromkeys(run.record.interpreter.platform for run in group.runs):
        runs = [run for run in group.runs if run.record.interpreter.platform == platform]
        parts.append(
            f"{', '.join(run.record.interpreter.version for run in runs)} on {PLATFORMS.get(platform, platform)}"
        )
    best = group.best
    shown = (
        "" if len(group.runs) == 1 else f"; the output is that of {best.record.interpreter.version}"
    )
    state = "; the script has changed since" if group.stale else ""
    if best.record.outcome == BROKEN:
        return f"{'; '.join(parts)}: the interpreter cannot be used"
    outcome = "" if best.record.outcome == "ok" else f", outcome: {best.record.outcome}"
    return f"{best.record.interpreter.implementation} {'; '.join(parts)}{outcome}{shown}{state}"


def visit_html(self: HTML5Translator, node: version_tabs) -> None:
    """Draw the tabs: radio buttons, so that they work without a script."""
    groups, platforms = _tabs(node)
    uid = node["uid"]
    chosen = next(
        (number for number, group in enumerate(groups) if group.best.live), len(groups) - 1
    )
    parts = [
        f'<div class="pg-versions" role="group" aria-label="Output of {escape(Path(node["script"]).name)}.py by version">'
    ]
    for number, group in enumerate(groups):
        label = escape(group.label(platforms=platforms))
        mark = ""
        if group.stale:
            mark = ' <span class="pg-mark pg-stale">stale</span>'
        elif group.best.problem:
            mark = f' <span class="pg-mark pg-stale">{escape(group.best.problem)}</span>'
        elif group.best.live:
            mark = ' <span class="pg-mark pg-here">this build</span>'
        versions = escape(" ".join(run.version.replace(" ", "") for run in group.runs))
        parts.append(
            f'<input type="radio" name="{uid}" id="{uid}-{number}" data-versions="{versions}"{" checked" if number == chosen else ""}>'
            f'<label for="{uid}-{number}">{label}{mark}</label><div class="pg-panel"><p class="recorded-origin">{escape(_facts(group))}</p>'
        )
        record = group.best.record
        parts.extend(_output(record, f"{uid}-{number}-output"))
        parts.append("</div>")
    parts.append("</div>\n")
    self.body.append("".join(parts))
    raise nodes.SkipNode


def _output(record: Record, uid: str) -> Iterator[str]:
    if record.processes:
        yield output_html(record, range(len(record.cells)), uid=uid, timeline=False)
    else:
        yield f'<div class="highlight"><pre>{escape(record.text())}</pre></div>'


def plain_tabs(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """For builders that do not draw: each output below its versions."""
    del docname
    if gallery.draws(app):
        return
    for node in list(doctree.findall(version_tabs)):
        groups, platforms = _tabs(node)
        result: list[nodes.Node] = []
        for group in groups:
            text = group.best.text
            result += [
                nodes.paragraph("", f"{group.label(platforms=platforms)}:"),
                nodes.literal_block(text, text, language="none"),
            ]
        node.replace_self(result)
