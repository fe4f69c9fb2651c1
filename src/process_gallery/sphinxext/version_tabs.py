"""The tabs that show a script's outputs by version: drawn when the page is written."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator

from process_gallery.drawing import output_html
from process_gallery.matrix import BROKEN
from process_gallery.model import PLATFORMS, Record

from .build import Build, draws
from .comparison import Group, fold, lines
from .heat import address
from .pythons import names


class version_tabs(nodes.General, nodes.Element):  # noqa: N801 (docutils names node classes so)
    """The outputs of a script; drawn when the page is written."""


def _tabs(build: Build, node: version_tabs) -> list[Group]:
    """Return what the tabs show."""
    return fold(build.matrices[node["script"]].runs, exact=node["exact"])


def _addresses(group: Group, node: version_tabs) -> list[str]:
    """Return the ids that lead to an output: of each line with a key on each version. They are
    Linux's, as the grid that leads to them.
    """
    if not node["addresses"]:
        return []
    runs = [run for run in group.runs if run.record.interpreter.platform == "linux"]
    return [address(key, run.version) for run in runs for key in lines(run.text)]


def _facts(group: Group) -> str:
    """Say which runs are behind an output."""
    parts = []
    pythons = [run.record.interpreter for run in group.runs]
    for where in dict.fromkeys(
        (one.implementation, one.platform, one.gil, one.run_by) for one in pythons
    ):
        name, platform, gil, run_by = where
        versions = ", ".join(
            one.version
            for one in pythons
            if (one.implementation, one.platform, one.gil, one.run_by) == where
        )
        kind = "" if gil else ", free-threaded,"
        how = f", run by {run_by}" if run_by else ""
        place = "WebAssembly" if platform == "emscripten" else PLATFORMS.get(platform, platform)
        parts.append(f"{name} {versions}{kind} {'for' if run_by else 'on'} {place}{how}")
    best = group.best
    shown = (
        "" if len(group.runs) == 1 else f"; the output is that of {best.record.interpreter.version}"
    )
    state = "; the script has changed since" if group.stale else ""
    if best.record.outcome == BROKEN:
        return f"{'; '.join(parts)}: the interpreter cannot be used"
    outcome = "" if best.record.outcome == "ok" else f", outcome: {best.record.outcome}"
    return f"{'; '.join(parts)}{outcome}{shown}{state}"


def visit_html(self: HTML5Translator, node: version_tabs) -> None:
    """Draw the tabs: radio buttons, so that they work without a script."""
    groups = _tabs(Build.of(self.builder.env), node)
    uid = node["uid"]
    chosen = next(
        (number for number, group in enumerate(groups) if group.best.live), len(groups) - 1
    )
    parts = [
        f'<div class="pg-versions" role="group" aria-label="Output of {escape(Path(node["script"]).name)}.py by version">'
    ]
    for number, group in enumerate(groups):
        label = escape(group.label())
        mark = ""
        if group.stale:
            mark = ' <span class="pg-mark pg-stale">stale</span>'
        elif group.best.problem:
            mark = f' <span class="pg-mark pg-stale">{escape(group.best.problem)}</span>'
        elif group.best.live:
            mark = ' <span class="pg-mark pg-here">this build</span>'
        of = escape(names(run.key for run in group.runs))
        parts.append(
            f'<input type="radio" name="{uid}" id="{uid}-{number}" data-pythons="{of}"{" checked" if number == chosen else ""}>'
            f'<label for="{uid}-{number}">{label}{mark}</label><div class="pg-panel">'
        )
        parts += [f'<i id="{escape(name)}"></i>' for name in _addresses(group, node)]
        parts.append(f'<p class="recorded-origin">{escape(_facts(group))}</p>')
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


def text_of_tabs(build: Build, node: version_tabs) -> str:
    """Return each output below its versions."""
    return "\n".join(f"{group.label()}:\n{group.best.text}" for group in _tabs(build, node))


def plain_tabs(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """For builders that do not draw: each output below its versions."""
    del docname
    if draws(app.builder):
        return
    for node in list(doctree.findall(version_tabs)):
        groups = _tabs(Build.of(app.env), node)
        result: list[nodes.Node] = []
        for group in groups:
            text = group.best.text
            result += [
                nodes.paragraph("", f"{group.label()}:", ids=_addresses(group, node)),
                nodes.literal_block(text, text, language="none"),
            ]
        node.replace_self(result)
