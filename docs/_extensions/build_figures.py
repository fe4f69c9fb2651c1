"""The ``build-figures`` directive: what this build ran, in figures that are counted in its records."""

from collections import Counter

from shown_on_pages import follow, noted
from sphinx.util.docutils import SphinxDirective

from process_gallery import HELPERS
from process_gallery.sphinxext import Build, span


def figures(env):
    """Return what the records of this build say, as rows of a table in Markdown: a name, and what
    is counted.
    """
    build = Build.of(env)
    examples = [example for example in map(build.example, build.scripts) if example]
    if not examples:
        return []
    records = [example.record for example in examples]
    here = [example.record.interpreter for example in examples if not example.committed]
    by_hand = sum(bool(example.script.declared.by_hand) for example in examples)
    lacking = sorted({need for example in examples for need in example.lacking})
    longest = max(examples, key=lambda example: example.record.duration)
    most = max(examples, key=lambda example: len(example.record.processes))
    matrices = build.matrices.values()
    runs = [run for matrix in matrices for run in matrix.runs]
    once = {run.version: run.order for run in runs}

    rows = [("Examples", f"{len(examples)}")]
    if here:
        rows.append((f"… run by {here[0].implementation} {here[0].version}", f"{len(here)}"))
    if lacking:
        words = f"{len(examples) - len(here) - by_hand}: the interpreter of this build lacks {', '.join(lacking)}"
        rows.append(("… shown as they were recorded before", words))
    if by_hand:
        words = f"{by_hand}: they need root, a namespace, a server or a library that no build has"
        rows.append(("… recorded by hand", words))
    rows += [
        ("Processes that ran", _processes(records)),
        ("… most of them in", f"{_link(build, most)}: {len(most.record.processes)}"),
        ("… how they ended", _ends(records)),
        ("Lines that were printed", _lines(records)),
        *_others(records),
        (
            "Time of all runs, one after the other",
            f"{sum(record.duration for record in records):.0f} s",
        ),
        ("… longest", f"{_link(build, longest)}: {longest.record.duration:.1f} s"),
    ]
    if runs:
        known = span(sorted(once, key=once.get))
        rows += [
            ("Scripts that are shown by version", f"{len(matrices)}"),
            (
                "… on Python",
                f"{known}: {len(runs)} runs, {sum(run.live for run in runs)} of them by this build",
            ),
            ("… processes that ran", _processes([run.record for run in runs])),
        ]
    return rows


def _count(counted):
    return ", ".join(
        f"{number} {word}"
        for word, number in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )


def _link(build, example):
    return f"[{example.name.removesuffix('.py')}](/{build.page(example)})"


def _processes(records):
    words = {"main": "the scripts", "exec": "other programs", "unknown": "whose start was not seen"}

    def word(process):
        return (
            "helpers of `multiprocessing`"
            if process.name in HELPERS
            else words.get(process.how, f"by {process.how}")
        )

    found = Counter(word(process) for record in records for process in record.processes)
    return f"{found.total()}: {_count(found)}"


def _ends(records):
    def word(process):
        if process.signal:
            return "by a signal"
        return {0: "with exit code 0", None: "unseen"}.get(
            process.exit_code, "with another exit code"
        )

    processes = [process for record in records for process in record.processes]
    stuck = sum(process.stuck for process in processes)
    return _count(Counter(map(word, processes))) + (f"; {stuck} of them hung" if stuck else "")


def _lines(records):
    found = Counter()
    for record in records:
        for piece in record.pieces():
            found[piece.process == 0] += piece.text.count("\n")
    return f"{found.total()}, {found[False]} of them by children"


def _others(records):
    found = Counter(record.outcome for record in records if record.outcome != "ok")
    return (
        [
            (
                "Examples that end in another way than well, as they declare",
                f"{found.total()}: {_count(found)}",
            )
        ]
        if found
        else []
    )


class BuildFigures(SphinxDirective):
    """Show the figures as a table."""

    def run(self):
        rows = figures(self.env)
        noted(self.env, "build-figures")[self.env.docname] = rows
        if not rows:
            return []
        lines = [f"| {name} | {what} |" for name, what in rows]
        return self.parse_text_to_nodes("\n".join(["| What | How many |", "|---|---|", *lines]))


def setup(app):
    app.add_directive("build-figures", BuildFigures)
    follow(app, "build-figures", lambda env, _: figures(env))
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
