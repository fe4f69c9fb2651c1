"""One script across versions and platforms: the directives ``version_tabs``, ``version_table``,
``version_lines`` and ``version_grid``.

The scripts are those in the folder ``process_gallery_matrix``; their records are the committed ones
(see :mod:`process_gallery.matrix`), but that of the building interpreter is always run live. A
record whose script has changed since, or that is damaged, is reported at every build, as a warning,
and marked on the page.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import download_reference
from sphinx.util.docutils import SphinxDirective

from process_gallery.matrix import BROKEN
from process_gallery.model import PLATFORMS, Record, numbers
from process_gallery.store import without_chance

from . import heat
from .build import Build
from .comparison import Group, Matrix, VersionRun, counterpart, lines, span
from .domain import RecordsDomain
from .pythons import key, marked_entry, marked_row, names
from .shows import OPTIONS, PatternError, Shows, shortened
from .version_tabs import text_of_tabs, version_tabs

RANGE = "pg-range"
"""Class of what names versions."""

Entry = str | Sequence[nodes.Node] | nodes.entry
"""What an entry of a table is made of."""


class ByVersion(SphinxDirective):
    """What the directives have in common."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place, if they show what the page relies on."""
        result = self.drawn()
        try:
            text = text_of(result, Build.of(self.env))
            problem = Shows.read(self.options).problem(text)
        except PatternError as error:
            raise self.error(f"{self.name}: {self.arguments[0]}: {error}") from None
        if problem:
            lines = [f"{self.name}: {self.arguments[0]} does not show what this page relies on"]
            lines += [f"  {line}" for line in problem.splitlines()]
            lines += ["shown:", *(f"  | {line}" for line in shortened(text).splitlines())]
            lines.append(
                "remedy: mend the script, or the sentence and its pattern; renew records with  make matrix"
            )
            raise self.error("\n".join(lines))
        return result

    def drawn(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        raise NotImplementedError

    def matrix(self, name: str) -> Matrix:
        """Return what is known of a script; the page is read again when that changes."""
        matrix = Build.of(self.env).matrices.get(name.removesuffix(".py"))
        if matrix is None:
            raise self.error(
                f"{self.name}: there is no script {name!r} in the folder process_gallery_matrix"
            )
        RecordsDomain.of(self.env).note(self.env.docname, matrix.name, matrix.fingerprint)
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
        paragraph += nodes.Text(f"{when}{machine}{live}.{_who_else(runs)}")
        return paragraph


def _who_else(runs: Sequence[VersionRun]) -> str:
    """Say which runs are not of CPython on Linux, and what ran them."""
    others = [run for run in runs if not run.usual]
    if not others:
        return ""
    parts = []
    for place in dict.fromkeys(run.place for run in others):
        there = [run for run in others if run.place == place]
        words = span(dict.fromkeys(run.minor for run in there))
        by = " or ".join(sorted({run.record.interpreter.run_by for run in there} - {""}))
        free = " (t: free-threaded)" if any(not run.record.interpreter.gil for run in there) else ""
        parts.append(f"{place} {words}".strip() + free + (f", run by {by}" if by else ""))
    return f" Also run: {'; '.join(parts)}. Where they are not named, they say what CPython on Linux says."


def _on_linux(record: Record) -> Record:
    return dataclasses.replace(
        record, interpreter=dataclasses.replace(record.interpreter, platform="linux")
    )


def _note(text: str, *classes: str) -> nodes.paragraph:
    return nodes.paragraph("", text, classes=list(classes))


class VersionTabs(ByVersion):
    """Show the outputs of a script, those that are the same together. Options: ``exact``, times count
    as a difference; ``addresses``: each ``key: value`` line has an address on each version.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "exact": directives.flag,
        "code": directives.flag,
        "addresses": directives.flag,
        **OPTIONS,
    }

    def drawn(self) -> list[nodes.Node]:
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
            version_tabs(
                script=name,
                uid=uid,
                exact="exact" in self.options,
                addresses="addresses" in self.options,
            ),
            *self.notes([matrix]),
            self.origin([matrix]),
        ]


class VersionTable(ByVersion):
    """Show what came of a script, version by version and platform by platform.

    Option ``pick``: a regular expression; its group in the output is what the table shows (the
    outcome by default). The lines of the content say what is documented where nothing was run:
    ``win32 3.4-: spawn <https://...>``.
    """

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "pick": directives.unchanged_required,
        "platforms": directives.unchanged_required,
        **OPTIONS,
    }

    def drawn(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrix = self.matrix(self.arguments[0])
        documented = [self._documented(line) for line in self.content if line.strip()]
        platforms = self.options.get("platforms", " ".join(PLATFORMS)).split()
        if unknown := set(platforms) - PLATFORMS.keys():
            raise self.error(
                f"version_table: platforms: {min(unknown)} is none of {', '.join(PLATFORMS)}"
            )
        columns = [
            run
            for run in matrix.runs
            if run.record.interpreter.platform in PLATFORMS
            and dataclasses.replace(run, record=_on_linux(run.record)).usual
        ]
        versions = [run.version for run in sorted(columns, key=lambda run: run.order[2:])]
        rows: list[tuple[list[str], list[tuple[str, ...]]]] = []
        for version in dict.fromkeys(versions):
            entries = [
                self._content(matrix, version, platform, documented) for platform in platforms
            ]
            if rows and rows[-1][1] == entries:
                rows[-1][0].append(version)
            elif any(kind != "none" for kind, *_ in entries):
                rows.append(([version], entries))
        here = matrix.here if "linux" in platforms else None
        body: list[Sequence[Entry]] = []
        everywhere: dict[str, list[str]] = {platform: [] for platform in platforms}
        for group, entries in rows:
            row: list[marked_entry] = []
            all_of_row: list[str] = []
            for platform, content in zip(platforms, entries, strict=True):
                of = [] if content[0] == "none" else self._keys(matrix, group, platform)
                everywhere[platform] += of
                all_of_row += of
                row.append(entry_of(self._entry(content), of))
            body.append([_version_entry(group, here, all_of_row), *row])
        head: list[Entry] = ["Python"]
        for platform in platforms:
            words = [nodes.paragraph("", PLATFORMS.get(platform, platform))]
            head.append(entry_of(words, everywhere[platform]))
        table = table_of(head, body)
        others = [run for run in matrix.runs if run not in columns]
        if set(platforms) != PLATFORMS.keys():
            others = []
        return [table, *self._others(matrix, others), *self.notes([matrix]), self.origin([matrix])]

    def _others(self, matrix: Matrix, others: Sequence[VersionRun]) -> list[nodes.Node]:
        """Say what Pythons say that have no column: PyPy, free-threaded builds, Pyodide."""
        said = {id(run): self._picked(run) for run in matrix.runs}
        parts: dict[str, list[VersionRun]] = {}
        for run in others:
            like = counterpart(run, matrix.runs)
            if like is None or said[id(like)][1] != said[id(run)][1]:
                parts.setdefault(said[id(run)][1], []).append(run)
        words = [
            f"{Group(runs, stale=False, among=matrix.runs).label()}: {text}"
            for text, runs in parts.items()
        ]
        return [_note(f"{'; '.join(words)}.")] if words else []

    def _keys(self, matrix: Matrix, versions: list[str], platform: str) -> list[str]:
        """Return the names of the Pythons of some versions on a platform, be they run there or not."""
        interpreters = [run.record.interpreter for run in matrix.runs if run.version in versions]
        return [key(dataclasses.replace(one, platform=platform)) for one in interpreters]

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

    def _content(
        self,
        matrix: Matrix,
        version: str,
        platform: str,
        documented: list[tuple[str, str, str, str, str]],
    ) -> tuple[str, ...]:
        """Return what an entry of the table says, and of which kind it is: ``run``, ``problem``, ``documented``
        (with an address) or ``none``.
        """
        for run in matrix.runs:
            if (run.version, run.record.interpreter.platform) == (version, platform):
                return self._picked(run)
        for where, first, last, text, address in documented:
            if where == platform and numbers(first) <= numbers(version) <= numbers(last):
                return "documented", text, address
        return "none", "not run"

    def _picked(self, run: VersionRun) -> tuple[str, ...]:
        """Return what the table says of a run, and of which kind it is."""
        if run.problem:
            broken = run.problem == BROKEN
            return "problem", "the interpreter cannot be used" if broken else run.problem
        match = None
        if "pick" in self.options:
            match = re.search(self.options["pick"], without_chance(run.text), re.MULTILINE)
            if not match:
                return "none", "does not say"
        text = match[match.lastindex or 0] if match else run.record.outcome
        if run.stale:
            return "stale", text
        run_by = run.record.interpreter.run_by
        return ("run by", text, run_by) if run_by else ("run", text)

    def _entry(self, cell: tuple[str, ...]) -> list[nodes.Node]:
        kind, text = cell[:2]
        if kind == "run by":
            mark = nodes.inline("", f"(run by {cell[2]})", classes=["pg-doc"])
            return [nodes.paragraph("", "", nodes.Text(f"{text} "), mark)]
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


class VersionLines(ByVersion):
    """Show each ``key: value`` line of a script with the versions that print it so. Option
    ``keys``: only these, a regular expression.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "keys": directives.unchanged_required,
        "head": directives.unchanged_required,
        **OPTIONS,
    }

    def drawn(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrix = self.matrix(self.arguments[0])
        keys: dict[str, dict[str, list[VersionRun]]] = {}
        for run in reversed(matrix.runs):  # the newest one's order of lines
            for name in lines(run.text):
                if re.search(self.options.get("keys", ""), name):
                    keys.setdefault(name, {})
        for run in matrix.runs:
            for name, value in lines(run.text).items():
                if name in keys:
                    keys[name].setdefault(value, []).append(run)
        body: list[Sequence[Entry] | nodes.row] = []
        for name, values in keys.items():
            for number, (value, runs) in enumerate(values.items()):
                first: list[nodes.Node] = [nodes.paragraph("", name)] if not number else []
                label = Group(runs, stale=False, among=matrix.runs).label()
                said: list[nodes.Node] = [nodes.paragraph("", "", nodes.literal(value, value))]
                versions = [nodes.paragraph("", label, classes=[RANGE])]
                body.append(row_of([first, versions, said], pythons=names(run.key for run in runs)))
        problems = [run for run in matrix.runs if run.problem]
        if problems:
            label = Group(problems, stale=False, among=matrix.runs).label()
            words = ", ".join(dict.fromkeys(run.problem for run in problems))
            row = [
                [],
                [nodes.paragraph("", label, classes=[RANGE])],
                [_note(f"did not run to its end: {words}", "pg-stale")],
            ]
            body.append(row_of(row, pythons=names(run.key for run in problems)))
        head = [
            *(
                word.strip()
                for word in self.options.get("head", "Case | Python | What it says").split("|")
            )
        ]
        if len(head) != 3:
            raise self.error("version_lines: head: write three words with | between them")
        return [table_of(head, body, "pg-lines"), *self.notes([matrix]), self.origin([matrix])]


class VersionGrid(ByVersion):
    """Show the ``key: value`` lines of scripts, a row for each key and a column for each version;
    neighbours that are the same are one.

    Options: ``keys``, a regular expression; ``value``, one whose group is shown; ``rows``:
    ``versions`` turns the table; ``unfolded``; ``words``: a column for each of these words instead,
    which says on which versions the value has it; ``heat``: a column for each version, counts such
    as ``3 of 10`` coloured, each with a link to its address in ``version_tabs`` on the same page.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "keys": directives.unchanged_required, "value": directives.unchanged_required, "rows": directives.unchanged_required,
        "unfolded": directives.flag, "words": directives.unchanged_required, "corner": directives.unchanged_required,
        "heat": directives.flag,
        **OPTIONS,
    }  # fmt: skip

    def drawn(self) -> list[nodes.Node]:
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
        runs.sort(key=lambda run: run.order)
        versions = list(dict.fromkeys(run.version for run in runs if run.usual))
        # Other Pythons have a column if they say something else than CPython of their version.
        like = {
            run.version: (counterpart(run, runs) or run).version for run in runs if not run.usual
        }
        others = [
            version
            for version, usual in like.items()
            if any(row.get(version) != row.get(usual) for row in table.values())
        ]
        self._key_of = {run.version: run.key for run in runs}
        if "words" in self.options:
            return [self._by_word(table, versions), *self.notes(matrices), self.origin(matrices)]
        here = next((matrix.here for matrix in matrices if matrix.here), None)
        if "heat" in self.options:
            shown = dict.fromkeys(run.version for run in sorted(runs, key=heat.usual_first))
            return [
                self._heat_map(table, list(shown), problems, here),
                heat.legend(),
                *self.notes(matrices),
                self.origin(matrices),
            ]
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
        columns += [[version] for version in others]

        def of(column: list[str]) -> list[str]:
            same = [version for version, usual in like.items() if usual in column]
            return [
                self._key_of[version]
                for version in [*column, *same]
                if version in column or version not in others
            ]

        def entry(name: str, column: list[str]) -> list[nodes.Node]:
            value = table[name].get(column[0])
            return (
                [nodes.paragraph("", value)]
                if value
                else [_note(problems.get(column[0], "-"), "pg-doc")]
            )

        keys = list(table)
        corner = self.options.get("corner", "")
        if self.options.get("rows") == "versions":
            by_version = [
                row_of(
                    [_version_entry(column, here), *(entry(name, column) for name in keys)],
                    pythons=names(of(column)),
                )
                for column in columns
            ]
            return [
                table_of([corner or "Python", *keys], by_version),
                *self.notes(matrices),
                self.origin(matrices),
            ]
        body: list[Sequence[Entry]] = [
            [
                [nodes.paragraph("", name)],
                *(entry_of(entry(name, column), of(column)) for column in columns),
            ]
            for name in keys
        ]
        head: list[Entry] = [
            corner,
            *(_version_entry(column, here, of(column)) for column in columns),
        ]
        return [table_of(head, body, "pg-grid"), *self.notes(matrices), self.origin(matrices)]

    def _heat_map(
        self,
        table: dict[str, dict[str, str]],
        versions: list[str],
        problems: dict[str, str],
        here: VersionRun | None,
    ) -> nodes.Node:
        heads = [_version_entry([version], here, [self._key_of[version]]) for version in versions]
        body: list[Sequence[Entry]] = [
            [
                heat.row_head(name, list(values.values())),
                *(
                    entry_of(
                        heat.cell(name, version, values.get(version) or problems.get(version, "-")),
                        [self._key_of[version]],
                    )
                    for version in versions
                ),
            ]
            for name, values in table.items()
        ]
        result = table_of([self.options.get("corner", ""), *heads], body, "pg-heat")
        next(result.findall(nodes.colspec))["stub"] = 1  # its entries are the heads of their rows
        return result

    def _by_word(self, table: dict[str, dict[str, str]], versions: list[str]) -> nodes.Node:
        words = self.options["words"].split()
        body = []
        possible = {
            word: [
                v
                for v in versions
                if any(word in re.split(r"[\s,]+", row.get(v, "")) for row in table.values())
            ]
            for word in words
        }
        for name, row in table.items():
            entries: list[Entry] = [[nodes.paragraph("", name)]]
            for word in words:
                there = [v for v in possible[word] if word in re.split(r"[\s,]+", row.get(v, ""))]
                if there == possible[word]:
                    said: nodes.Node = nodes.paragraph("", "yes")
                elif there:
                    said = nodes.paragraph("", span(there), classes=[RANGE])
                else:
                    said = _note("-", "pg-doc")
                # Where nobody says yes, it is so on each that has the word.
                entries.append(entry_of([said], [self._key_of[v] for v in there or possible[word]]))
            body.append(entries)
        head = [
            entry_of([nodes.paragraph("", word)], [self._key_of[v] for v in possible[word]])
            for word in words
        ]
        return table_of([self.options.get("corner", ""), *head], body, "pg-words")


def text_of(shown: Sequence[nodes.Node], build: Build) -> str:
    """Return tables as text, a line for each row with bars between its entries; and tabs, each output
    below its versions.
    """
    lines = []
    for node in shown:
        if isinstance(node, version_tabs):
            lines.append(text_of_tabs(build, node))
        elif isinstance(node, nodes.table):
            lines += [
                " | ".join(" ".join(entry.astext().split()) for entry in row.children)
                for row in node.findall(nodes.row)
            ]
    return "\n".join(lines)


def _version_entry(
    versions: list[str], here: VersionRun | None, of: Sequence[str] = ()
) -> marked_entry:
    """Name versions; mark the one that builds the site."""
    result: list[nodes.Node] = [nodes.paragraph("", span(versions), classes=[RANGE])]
    if here and here.version in versions:
        words = "this build" if len(versions) == 1 else f"this build: {here.version}"
        result.append(nodes.paragraph("", "", nodes.inline("", words, classes=["pg-here"])))
    return entry_of(result, of)


def entry_of(children: Sequence[nodes.Node], pythons: Sequence[str]) -> marked_entry:
    """Return an entry of a table that is of some Pythons."""
    return marked_entry("", *children, data={"pythons": names(pythons)})


def row_of(entries: Sequence[Entry], **data: str) -> marked_row:
    """Return a row of a table with such attributes (:mod:`.pythons`)."""
    row = marked_row(data=data)
    row += [_entry(entry) for entry in entries]
    return row


def table_of(
    head: Sequence[Entry], body: Sequence[Sequence[Entry] | nodes.row], *classes: str
) -> nodes.Node:
    """Return a table of docutils' nodes; a word in the head stands for a paragraph of it."""
    table = nodes.table(classes=["pg-table", *classes])
    group = nodes.tgroup(cols=len(head))
    table += group
    for _ in head:
        group += nodes.colspec(colwidth=1)
    heading = nodes.thead()
    group += heading
    heading += row_of(head)
    rows = nodes.tbody()
    group += rows
    for row in body:
        rows += row if isinstance(row, nodes.row) else row_of(row)
    return table


def _entry(entry: Entry) -> nodes.entry:
    if isinstance(entry, nodes.entry):
        return entry
    return nodes.entry("", *([nodes.paragraph("", entry)] if isinstance(entry, str) else entry))
