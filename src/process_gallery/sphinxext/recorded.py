"""The ``recorded`` directive: embed a recorded run, or a part of it, in any page."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from process_gallery import drawing
from process_gallery.model import Cell
from process_gallery.script import decode
from process_gallery.store import without_chance

from .build import Build, Example, draws, renewal
from .domain import RecordsDomain
from .shows import OPTIONS, PatternError, Shows, shortened

PARTS = ("code", "figures", "output", "values", "stacks", "timeline", "facts")


_FIGURE_TEXT = re.compile(r"<text[^>]*>([^<]*)")


class recorded_part(nodes.General, nodes.Element):  # noqa: N801 (docutils names node classes so)
    """A part of a record; its attributes say which. The HTML is drawn when the page is written."""


class Recorded(SphinxDirective):
    """Embed a recorded run.

    The argument is the example's path below the folder of examples. Options: ``cells`` (numbers
    from 1, and ranges; all by default), ``show`` (words of :data:`PARTS`; ``code figures
    output values`` by default), ``start-method`` (the run that was called with it). What the page
    relies on: ``outcome``; ``shows``, ``shows-not`` and ``holds``
    (:mod:`process_gallery.sphinxext.shows`). A committed record stands in for a run that does not
    show it; if none does, either, that is an error.
    """

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "cells": directives.unchanged_required,
        "show": directives.unchanged_required,
        "start-method": directives.unchanged_required,
        "outcome": directives.unchanged_required,
        **OPTIONS,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes that stand for the parts asked for."""
        example = self._example()
        if example is None:
            return []
        show = self._show("code figures output values", PARTS)
        if "start-method" in self.options:
            method = self.options["start-method"]
            if method not in example.under:
                raise self.error(
                    f"{self.name}: {example.name} has no run under {method!r}; declare it in sphinx_gallery_start_methods"
                )
            example = example.under[method]
        cells = self._cells(example)
        example = self._that_shows(example, show, cells)
        record = example.record
        result: list[nodes.Node] = []
        for index in cells:
            if "code" in show:
                result.append(self._code(example, index))
            if "figures" in show:
                result.extend(self._figures(example, index))
            if "output" in show and any(
                piece.text or piece.omitted for piece in record.cells[index].output
            ):
                result.append(self._part(example, "output", [index]))
            if "values" in show:
                result += _value(record.cells[index])
        result.extend(
            self._part(example, kind, cells)
            for kind in ("stacks", "timeline", "facts")
            if kind in show
        )
        if "code" in show or not self._on_gallery_page():
            result.append(self._origin(example))
        return result

    def _example(self) -> Example | None:
        """Return the example that is named; None if this build runs none."""
        build = Build.of(self.env)
        example = build.example(self.arguments[0])
        if example is None:
            if not build.runs_examples:
                return None
            raise self.error(
                f"{self.name}: there is no example {self.arguments[0]!r}; name it by its path below the folder of examples"
            )
        RecordsDomain.of(self.env).note(self.env.docname, example.name, example.fingerprint)
        return example

    def _show(self, default: str, parts: Sequence[str]) -> list[str]:
        show: list[str] = self.options.get("show", default).split()
        for word in show:
            if word not in parts:
                raise self.error(f"{self.name}: {word!r} is not one of {', '.join(parts)}")
        return show

    def _on_gallery_page(self) -> bool:
        return Build.of(self.env).in_gallery(self.env.docname)

    def _cells(self, example: Example) -> list[int]:
        count = len(example.record.cells)
        if "cells" not in self.options:
            return list(range(count))
        chosen: list[int] = []
        for word in re.split(r"[\s,]+", self.options["cells"].strip()):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", word)
            if not match:
                raise self.error(
                    f"recorded: cells: {word!r} is neither a number nor a range like 2-3"
                )
            first, last = int(match[1]), int(match[2] or match[1])
            if not 1 <= first <= last <= count:
                raise self.error(f"recorded: {example.name} has cells 1 to {count}, not {word}")
            chosen += range(first - 1, last)
        return chosen

    def _that_shows(self, example: Example, show: list[str], cells: list[int]) -> Example:
        """Return the example with a record that shows what this page relies on: this build's, else
        the newest committed one.
        """
        try:
            shows = Shows.read(self.options)
        except PatternError as error:
            raise self.error(f"recorded: {example.name}: {error}") from None
        problems = []
        for one in (example, *example.stand_ins):
            text = text_of(one, show, cells)
            problem = shows.problem(text)
            outcome = self.options.get("outcome", one.record.outcome)
            if outcome != one.record.outcome:
                problem = f"outcome: {outcome}  (it is {one.record.outcome})\n{problem}"
            if not problem:
                return one
            problems.append((problem, text))
        others = ", ".join(one.file for one in example.stand_ins)
        also = f", and neither do the committed records {others}" if others else ""
        python = example.record.interpreter
        lines = [
            f"recorded: {example.name}: its run by {python.implementation} {python.version} does not show what this page relies on{also}"
        ]
        problem, text = problems[0]
        lines += [f"  {line}" for line in problem.splitlines()]
        lines += ["shown:", *(f"  | {line}" for line in shortened(text).splitlines())]
        lines.append(
            "remedy: mend the example, or the sentence and its pattern; if another Python shows it, commit its record:  "
            + renewal(example.script.path, newest=True)
        )
        raise self.error("\n".join(lines))

    def _part(self, example: Example, kind: str, cells: list[int]) -> recorded_part:
        serial = self.env.new_serialno("process_gallery")
        return recorded_part(
            example=example.name,
            file=example.file,
            kind=kind,
            cells=cells,
            uid=f"run-{serial}",
            on_gallery_page=self._on_gallery_page(),
        )

    def _code(self, example: Example, index: int) -> nodes.Node:
        cell = example.record.cells[index]
        code = source_of(example, cell.first, cell.last)
        block = nodes.literal_block(code, code, language="python", example=example.name, cell=index)
        self.set_source_info(block)
        return block

    def _figures(self, example: Example, index: int) -> list[nodes.Node]:
        images: list[nodes.Node] = []
        if example.record.cells[index].scraped:
            images += self.parse_text_to_nodes(example.record.cells[index].scraped)
        folder = Build.of(self.env).cache_folder / "figures"
        for number, svg in enumerate(example.record.cells[index].figures, 1):
            for mode, variant in zip(("light", "dark"), drawing.figure_variants(svg), strict=True):
                digest = hashlib.sha256(variant.encode()).hexdigest()[:12]
                path = (
                    folder / f"{Path(example.name).stem}-{index + 1}-{number}-{mode}-{digest}.svg"
                )
                path.parent.mkdir(parents=True, exist_ok=True)
                if not path.exists():
                    path.write_text(variant, encoding="utf-8")
                uri = "/" + os.path.relpath(path, self.env.srcdir).replace(os.sep, "/")
                image = nodes.image(
                    uri=uri, alt=f"Plot drawn by {Path(example.name).name}, cell {index + 1}"
                )
                image["classes"] += ["recorded-figure", f"only-{mode}"]
                images.append(image)
        # What a theme can let scroll: the labels of a plot that is as narrow as a phone cannot be read
        return [nodes.container("", *images, classes=["recorded-figures"])] if images else []

    def _origin(self, example: Example) -> nodes.Node:
        """Say where a run comes from, with a link to the whole: by its title, as the name of the file
        would look like the file itself.
        """
        target = f"/{Build.of(self.env).page(example)}"
        called = "".join(f", called with {word}" for word in example.record.arguments)
        link = pending_xref(
            "",
            nodes.inline("", example.name),  # what stands there if the page has no title
            refdomain="std",
            reftype="doc",
            reftarget=target,
            refexplicit=False,
            refwarn=True,
        )
        return nodes.paragraph(
            "",
            "",
            nodes.Text("Example: "),
            link,
            nodes.Text(f"{called}, run by {describe(example)}"),
            classes=["recorded-origin"],
        )


class SideBySide(Recorded):
    """Show the runs of an example under each start method that it declares, beside each other.

    Options as of ``recorded``; ``show`` takes ``code output timeline``, the last two by default.
    What the page relies on is looked for in lines that begin with the start method and a colon.
    """

    option_spec: ClassVar[dict[str, Any]] = {
        "cells": directives.unchanged_required,
        "show": directives.unchanged_required,
        **OPTIONS,
    }

    def run(self) -> list[nodes.Node]:
        """Return the nodes that stand for the parts asked for."""
        example = self._example()
        if example is None:
            return []
        show = self._show("output timeline", ("code", "output", "timeline"))
        if not example.under:
            raise self.error(
                f"side_by_side: {example.name} declares no start methods; write  # sphinx_gallery_start_methods = [...]  in it"
            )
        cells = self._cells(example)
        runs = self._runs_that_show(example, show, cells)
        result: list[nodes.Node] = []
        if "code" in show:
            result += [self._code(example, index) for index in cells]
        part = self._part(example, "side", cells)
        part["files"] = [run.file for run in runs]
        part["show"] = show
        result.append(part)
        if not self._on_gallery_page():
            result.append(self._origin(example))
        return result

    def _runs_that_show(self, example: Example, show: list[str], cells: list[int]) -> list[Example]:
        """Return the runs by method: this build's, or the newest committed ones that show what the
        page relies on.
        """
        try:
            shows = Shows.read(self.options)
        except PatternError as error:
            raise self.error(f"side_by_side: {example.name}: {error}") from None
        live = list(example.under.values())
        problems = []
        for runs in (live, *zip(*(run.stand_ins for run in live), strict=False)):
            text = _text_beside(runs, show, cells)
            if not (problem := shows.problem(text)):
                return list(runs)
            problems.append((problem, text))
        problem, text = problems[0]
        raise self.error(
            "\n".join(
                [
                    f"side_by_side: {example.name}: its runs do not show what this page relies on",
                    *(f"  {line}" for line in problem.splitlines()),
                    "shown:",
                    *(f"  | {line}" for line in shortened(text).splitlines()),
                    "remedy: mend the example, or the sentence and its pattern",
                ]
            )
        )


def _text_beside(runs: Sequence[Example], show: Sequence[str], cells: Sequence[int]) -> str:
    return drawing.side_by_side_text(
        {run.record.arguments[0]: run.record for run in runs},
        cells,
        timeline="timeline" in show,
        output="output" in show,
    )


def describe(example: Example) -> str:
    """Return which interpreter a record is from, and why it is not the building one."""
    interpreter = example.record.interpreter
    words = interpreter.label.replace(", run by ", " under ")
    if not interpreter.run_by:
        words += f" on {interpreter.platform}"
    if example.script.declared.by_hand:
        words += f", recorded by hand on {example.record.date}: {example.script.declared.by_hand}"
    elif example.lacking:
        words += f", recorded on {example.record.date}: the interpreter that built this site lacks {' and '.join(example.lacking)}"
    if example.replaces:
        words += f", recorded on {example.record.date}: {example.replaces}, which built this site, did not show it"
    if example.stale:
        words += " (stale: the script has changed since)"
    return words


def text_of(example: Example, show: Sequence[str], cells: Sequence[int]) -> str:
    """Return what a directive shows, as text: output, stacks, timeline in words, facts; the code
    only if it shows nothing else.
    """
    record = example.record
    parts = []
    if "output" in show:
        parts.append(drawing.output_text(record, cells))
    if "values" in show:
        parts += [record.cells[index].value for index in cells]
    if "stacks" in show:
        parts.append(drawing.stacks_text(record))
    if "timeline" in show:
        parts.append(drawing.timeline_text(record))
    if "facts" in show:
        parts.append(drawing.facts_text(record))
    if "figures" in show:
        parts += [
            "\n".join(_FIGURE_TEXT.findall(figure))
            for index in cells
            for figure in record.cells[index].figures
        ]
    if not parts:
        spans = [(record.cells[index].first, record.cells[index].last) for index in cells]
        parts = [source_of(example, first, last) for first, last in spans]
    return "\n".join(parts)


def _value(cell: Cell) -> list[nodes.Node]:
    """Return what shows the value of a cell's last expression. HTML is the example's own: it has
    written this page, too.
    """
    if not cell.value:
        return []
    if cell.value_from == "_repr_html_":
        html = f'<div class="output_subarea output_html rendered_html output_result">\n{cell.value}\n</div>'
        return [nodes.raw("", html, format="html")]
    return [
        nodes.literal_block(
            cell.value, cell.value, language="none", classes=["sphx-glr-script-out"]
        )
    ]


def source_of(example: Example, first: int, last: int) -> str:
    """Return lines of the script as a page shows them, without what is for sphinx-gallery."""
    lines = decode(example.script.source).split("\n")[first - 1 : last]
    code = "\n".join(lines)
    code = re.sub(
        r"^[ \t]*#\s*sphinx_gallery_start_ignore(?:[\s\S]*?)#\s*sphinx_gallery_end_ignore\n?",
        "",
        code,
        flags=re.MULTILINE,
    )
    code = re.sub(r"^[ \t]*#\s*sphinx_gallery_\w+\s*=.*\n?", "", code, flags=re.MULTILINE)
    return code.strip("\n")


def _example_of(env: BuildEnvironment, node: recorded_part) -> Example:
    example = Build.of(env).example(node["example"])
    assert example is not None
    return example.with_record(node["file"])


def _runs_of(env: BuildEnvironment, node: recorded_part) -> list[Example]:
    """Return the runs that stand beside each other."""
    example = Build.of(env).example(node["example"])
    assert example is not None
    return [example.with_record(file) for file in node["files"]]


def visit_html(self: HTML5Translator, node: recorded_part) -> None:
    """Draw a part of a record."""
    example = _example_of(self.builder.env, node)
    record, kind, uid = example.record, node["kind"], node["uid"]
    code_anchor = _anchor(example) if node["on_gallery_page"] else None
    if kind == "output":
        parts = self.document.findall(recorded_part)
        timeline = any(
            part["kind"] == "timeline"
            and (part["example"], part["file"]) == (node["example"], node["file"])
            for part in parts
        )
        self.body.append(
            drawing.output_html(
                record, node["cells"], uid=uid, code_anchor=code_anchor, timeline=timeline
            )
        )
    elif kind == "side":
        runs = _runs_of(self.builder.env, node)
        self.body.append(
            drawing.side_by_side_html(
                {run.record.arguments[0]: run.record for run in runs},
                node["cells"],
                uid=uid,
                timeline="timeline" in node["show"],
                output="output" in node["show"],
                essence=functools.partial(without_chance, times=True),
                code_anchor=code_anchor,
            )
        )
    elif kind == "stacks":
        self.body.append(drawing.stacks_html(record, uid=uid, code_anchor=code_anchor))
    elif kind == "timeline":
        self.body.append(drawing.timeline_html(record, uid=uid))
    else:
        self.body.append(drawing.facts_html(record))
        if example.committed or example.replaces:
            self.body.append(
                f'<p class="recorded-origin">Run by {self.encode(describe(example))}.</p>'
            )
    raise nodes.SkipNode


def _anchor(example: Example) -> Any:
    """Return a function from a line of the script to the id of the code block on its gallery page."""

    def anchor(line: int) -> str | None:
        index = example.record.cell_at(line)
        return None if index is None else f"line-{example.record.cells[index].first}"

    return anchor


def plain_parts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """For builders that do not draw: the same lines as text, with the processes' names in front,
    and figures once.
    """
    del docname
    if draws(app.builder):
        return
    for image in list(doctree.findall(nodes.image)):
        if {"recorded-figure", "only-dark"} <= set(image["classes"]):
            image.parent.remove(image)
    for node in list(doctree.findall(recorded_part)):
        example = _example_of(app.env, node)
        if node["kind"] == "output":
            text = drawing.output_text(example.record, node["cells"])
        elif node["kind"] == "side":
            text = _text_beside(_runs_of(app.env, node), node["show"], node["cells"])
        elif node["kind"] == "timeline":
            text = drawing.timeline_text(example.record)
        else:
            text = ""
        node.replace_self([nodes.literal_block(text, text, language="none")] if text else [])
