"""The ``fork_steps`` directive: what happens at a fork, step by step, drawn from a recorded run.

Which threads there were, who was locked out, at which line and when, is what the record says. The
steps stand one below the other; where there are scripts, steps.js shows one at a time.
"""

import ast
import re
from dataclasses import dataclass
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from process_gallery.sphinxext import Build

_FRAME = re.compile(r'  File "([^"]*)", line (\d+),? in (\S+)')


class NotShownError(Exception):
    """The record does not say something that is drawn."""


@dataclass
class Run:
    """What is drawn, as the record and the script have it. Times are in seconds since the start."""

    parent: str
    child: str
    main: str
    """Name of the thread that forks: the child has it."""
    other: str
    """Name of the thread that has the lock: the child does not have it."""
    listed: float
    """When the parent had said that it has both."""
    forked: float
    begun: float
    said: float
    """When the child had said that its lock is locked."""
    told: float
    """When the child's stack was printed."""
    ended: float
    code: int
    released: float
    """When the parent had let the other thread go."""
    start: tuple[int, str]
    """Line that forks, and what stands there."""
    waits: tuple[int, str]
    """Line that the child does not get past."""
    holds: tuple[int, str]
    """Line at which the other thread has the lock."""


def read(record, source):
    """Return the run of a record of the script.

    Raises
    ------
    NotShownError
        If the record does not say what is drawn.
    """
    lines = source.splitlines()
    child = next((one for one in record.processes if one.how == "fork"), None)
    if child is None or None in (child.asked, child.start, child.end, child.exit_code):
        raise NotShownError(
            "no forked child with a time for its begin and its end, and an exit code"
        )
    texts = {who: [p for p in record.pieces() if p.process == who] for who in (0, child.id)}

    def said(who, pattern):
        for piece in texts[who]:
            if match := re.search(pattern, piece.text):
                return piece.time, match
        raise NotShownError(f"nothing that matches {pattern!r}")

    def line_at(number):
        return number, lines[number - 1].strip()

    listed, match = said(0, r"threads: (\[.*\])")
    threads = ast.literal_eval(match[1])
    in_child, match = said(child.id, r"threads: (\[.*\])")
    (main,) = ast.literal_eval(match[1])
    locked, _ = said(child.id, r"locked\? True")
    told, match = said(child.id, r"most recent call first\):\n((?:  File .*\n?)+)")
    frames = _FRAME.findall(match[1])
    (other,) = [name for name in threads if name != main]
    return Run(
        parent=record.processes[0].name,
        child=child.name,
        main=main,
        other=other,
        listed=listed,
        forked=child.asked,
        begun=child.start,
        said=max(in_child, locked),
        told=told,
        ended=child.end,
        code=child.exit_code,
        released=record.cells[-1].end or record.duration,
        start=line_at(int(frames[-1][1])),
        waits=line_at(int(frames[0][1])),
        holds=line_at(_holding(source)),
    )


def _holding(source):
    """Return the line of the first ``with`` of a function at the top of a script."""
    for function in ast.parse(source).body:
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.With):
                    return node.lineno
    raise NotShownError("no function with a lock")


# -- The words


def words_of(run):
    """Return a title and a text in Markdown for each step."""
    start, waits, holds = (
        f"`{text}` (line {number})" for number, text in (run.start, run.waits, run.holds)
    )
    return [
        (
            "At the start",
            f"{run.parent} has one thread, `{run.main}`, and a lock that nobody holds.",
        ),
        (
            f"`{run.other}` takes the lock",
            (
                f"The second thread is inside of {holds} and stays there. At {run.listed:.3f} s the program "
                f"has said that it has two threads."
            ),
        ),
        (
            f"`{run.main}` forks",
            (
                f"At {run.forked:.3f} s, {start} calls fork. The memory is about to be copied as it is at this "
                f"instant, and at this instant the lock is held."
            ),
        ),
        (
            "All of the memory, and one thread",
            (
                f"At {run.begun:.3f} s {run.child} begins. It has every variable, and the lock, locked. It has the "
                f"thread that called fork. `{run.other}` was not copied, and nobody else will release this lock."
            ),
        ),
        (
            "The child asks for its lock",
            (
                f"It has said by {run.said:.3f} s that its only thread is `{run.main}`, and that the lock is "
                f"locked. Then it comes to {waits}, and waits."
            ),
        ),
        (
            "It would wait for ever",
            (
                f"At {run.told:.3f} s a watchdog prints the stack: line {run.waits[0]}, still. It ends the child, "
                f"with exit code {run.code}."
            ),
        ),
        (
            f"`{run.other}` lets go, in the parent",
            (
                f"By {run.released:.3f} s, when the program ends, the parent's lock is open again. Since the fork "
                f"these were two locks: the child's would still be locked."
            ),
        ),
    ]


# -- The pictures

BOX = 340, 226
"""Width and height of a process."""
_GAP = 64


def picture_of(run, step):
    """Return a step as SVG, the two processes beside each other; and the same below each other,
    which is made of the first one's parts.
    """
    parent = _process(
        run.parent,
        "one",
        lock="locked" if 1 <= step <= 5 else "open",
        threads=[
            (
                run.main,
                {0: "", 1: "", 2: run.start[1]}.get(
                    step, "waits for the child" if step < 6 else ""
                ),
                "runs",
            ),
            *([(run.other, run.holds[1], "holds")] if 1 <= step <= 5 else []),
        ],
        moment=step == 2,
    )
    if step < 3:
        child = _nothing("fork" if step == 2 else "")
    else:
        state = "waits" if step in (4, 5) else "runs" if step == 3 else "gone"
        child = _process(
            run.child,
            "three",
            lock="locked",
            threads=[
                (run.main, "" if step == 3 else run.waits[1] if step < 6 else "has ended", state),
                (run.other, "is not here", "gone"),
            ],
            end=f"exit code {run.code}" if step >= 5 else "",
        )
    (width, height), gap = BOX, _GAP
    names = [f"fork-step-{step + 1}-{who}" for who in ("parent", "child")]
    arrows = "", ""
    if step in (2, 3):
        label = "fork" if step == 2 else "copy"
        middle = height / 2 + 12
        arrows = (
            f'<path d="M{width + 6} {middle}h{gap - 14}m-8 -6l8 6l-8 6"/><text x="{width + gap / 2}" y="{middle - 12}">{label}</text>',
            f'<path d="M{width / 2} {height + 6}v24m-6 -8l6 8l6 -8"/><text x="{width / 2 + 34}" y="{height + 24}">{label}</text>',
        )
        arrows = [
            f'<g fill="none" stroke="var(--drawing-text)" stroke-width="2">{one.partition("<text")[0]}</g>'
            f'<g fill="var(--drawing-text)" font-size="13" text-anchor="middle"><text{one.partition("<text")[2]}</g>'
            for one in arrows
        ]
    wide = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {2 * width + gap} {height}" font-size="14" aria-hidden="true" class="fork-wide">'
        f'<g id="{names[0]}">{parent}</g><g transform="translate({width + gap})"><g id="{names[1]}">{child}</g></g>{arrows[0]}</svg>'
    )
    below = height + 38
    narrow = (
        f'<svg viewBox="0 0 {width} {below + height}" font-size="14" aria-hidden="true" class="fork-narrow">'
        f'<use href="#{names[0]}"/><use href="#{names[1]}" y="{below}"/>{arrows[1]}</svg>'
    )
    return wide, narrow


def _nothing(word):
    """Draw the place where a process will be."""
    width, height = BOX
    edge = "muted" if word else "line"
    return (
        f'<rect x="1" y="26" width="{width - 2}" height="{height - 28}" rx="10" fill="none" stroke="var(--drawing-{edge})" '
        f'stroke-width="1.5" stroke-dasharray="2 6"/>'
        f'<text x="{width / 2}" y="{height / 2 + 17}" text-anchor="middle" fill="var(--drawing-muted)">no child yet</text>'
    )


# Which pages of the memory are full: any pattern that can be recognised in the copy
_PAGES = ("101101110", "110110011", "011101101")


def _process(name, color, *, lock, threads, moment=False, end=""):
    """Draw a process: its memory with the lock, and its threads."""
    width, height = BOX
    alarm, hue = "var(--drawing-alarm)", f"var(--drawing-{color})"
    ended = ' stroke-dasharray="5 5"' if end else ""
    parts = [
        f'<text x="2" y="17" font-weight="600" fill="{hue}">{escape(name)}</text>',
        (
            f'<rect x="1" y="26" width="{width - 2}" height="{height - 28}" rx="10" fill="none" stroke="{hue}" stroke-width="1.5"'
            f"{ended}/>"
        ),
        f'<rect x="13" y="38" width="{width - 26}" height="78" rx="6" fill="{hue}" fill-opacity="0.1"/>',
        '<text x="24" y="57" font-size="13" fill="var(--drawing-muted)">memory</text>',
    ]
    if end:
        parts.append(
            f'<text x="{width - 2}" y="17" text-anchor="end" fill="{alarm}">{escape(end)}</text>'
        )
    if moment:
        parts.append(
            f'<rect x="13" y="38" width="{width - 26}" height="78" rx="6" fill="none" stroke="{hue}" stroke-width="2.5"/>'
        )
    pages = "".join(
        f"M{24 + 15 * place} {65 + 15 * row}h11v11h-11z"
        for row, line in enumerate(_PAGES)
        for place, full in enumerate(line)
        if full == "1"
    )
    parts.append(f'<path d="{pages}" fill="{hue}" fill-opacity="0.55"/>')
    parts.append(_padlock(lock))
    for place, (thread, code, state) in enumerate(threads):
        parts.append(
            _thread(
                130 + 44 * place, thread, code, state, hue if place == 0 else "var(--drawing-two)"
            )
        )
    return "".join(parts)


def _padlock(state):
    """Draw the lock: closed and full, or open and empty."""
    word = f'<text x="277" y="57" font-size="13" text-anchor="middle" fill="var(--drawing-text)">lock: {state}</text>'
    if state == "open":
        return (
            f'{word}<g fill="none" stroke="var(--drawing-text)" stroke-width="2.5"><path d="M269 82v-5a8 8 0 0 1 15.500 -2.700"/>'
            '<rect x="263" y="83" width="28" height="22" rx="4"/></g>'
        )
    return (
        f'{word}<path d="M269 83v-6a8 8 0 0 1 16 0v6" fill="none" stroke="var(--drawing-alarm)" stroke-width="3"/>'
        '<rect x="263" y="83" width="28" height="22" rx="4" fill="var(--drawing-alarm)"/>'
    )


def _thread(y, name, code, state, hue):
    """Draw a thread: who it is, where it is, and how it is tied to the lock."""
    gone, waits = state == "gone", state == "waits"
    edge = "var(--drawing-muted)" if gone else "var(--drawing-alarm)" if waits else hue
    dashes = ' stroke-dasharray="2 5"' if gone else ' stroke-dasharray="6 4"' if waits else ""
    ink = "var(--drawing-muted)" if gone else "var(--drawing-text)"
    parts = [
        f'<rect x="14" y="{y}" width="236" height="34" rx="17" fill="{hue}" fill-opacity="{0 if gone else 0.12}" stroke="{edge}" stroke-width="1.5"{dashes}/>'
    ]
    if not gone:
        parts.append(f'<circle cx="31" cy="{y + 17}" r="5" fill="{edge}"/>')
    parts.append(f'<text x="44" y="{y + 22}" fill="{ink}">{escape(name)}</text>')
    if code:
        mono = "" if gone or " the " in code else ' font-family="monospace"'
        parts.append(
            f'<text x="240" y="{y + 22}" text-anchor="end" font-size="12" fill="{ink}"{mono}>{escape(code)}</text>'
        )
    if state in ("holds", "waits"):
        color = "two" if state == "holds" else "alarm"
        parts.append(
            f'<path d="M251 {y + 17}h14a12 12 0 0 0 12 -12V{121 if waits else 117}m-5 7l5 -7l5 7" fill="none" stroke="var(--drawing-{color})" stroke-width="2"{dashes}/>'
            f'<text x="286" y="{y + 21}" font-size="13" fill="var(--drawing-{color})">{state}</text>'
        )
    return "".join(parts)


class ForkSteps(SphinxDirective):
    """Draw a run of the example: its path below the folder of examples."""

    required_arguments = 1

    def run(self):
        build = Build.of(self.env)
        example = build.example(self.arguments[0])
        if example is None:
            if not build.runs_examples:
                return []
            raise self.error(f"fork_steps: there is no example {self.arguments[0]!r}")
        Build.of(self.env).note(self.env.docname, example)
        try:
            run = read(example.record, example.script.text)
        except (NotShownError, ValueError) as error:
            raise self.error(
                f"fork_steps: {example.name}: its record does not show what is drawn: {error}"
            ) from None
        steps = nodes.enumerated_list(classes=["fork-steps"], enumtype="arabic")
        for number, (title, text) in enumerate(words_of(run)):
            wide, narrow = picture_of(run, number)
            item = nodes.list_item(ids=[f"fork-step-{number + 1}"])
            item += self.parse_text_to_nodes(f"**{title}.** {text}")
            # A book takes the first into a file, as of the directive `drawing`. The words say all of it.
            name = f"fork-step-{number + 1}"
            item += nodes.raw(
                "", wide, format="html", drawing=name, alt=f"Step {number + 1}, drawn", step=True
            )
            item += nodes.raw("", narrow, format="html", step=True)
            steps += item
        return [steps]


def only_drawn(app, doctree, docname):
    """Leave the pictures out where nothing is drawn: the words say what they show."""
    if app.builder.name not in ("html", "epub"):
        for node in list(doctree.findall(nodes.raw)):
            if "step" in node:
                node.parent.remove(node)


def setup(app):
    app.add_directive("fork_steps", ForkSteps)
    app.connect("doctree-resolved", only_drawn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
