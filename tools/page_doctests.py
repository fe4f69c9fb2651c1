"""Type what the pages show at Python's prompt, and compare what it prints. For `make doctest`.

    python3.14 tools/page_doctests.py            every page
    python3.14 tools/page_doctests.py PAGE...    these

A page's examples are its blocks of ``pycon``. They are run by the interpreter that runs this program, which needs nothing but its
standard library: so every version can run them, also one without Sphinx.

Each block is a session of its own, in a new interpreter whose ``__main__`` has no file, as at the prompt: a reader may begin with
any of them. Whatever it prints beside the output that is shown, its children included, is a failure. A block that makes a
`Process` runs with each start method, too, unless it names one itself. In the expected output ``...`` stands for any text.

A block that is not true everywhere says so in its caption, which readers see::

    ```{code-block} pycon
    :caption: Linux, Python 3.14 and newer
"""

from __future__ import annotations

import argparse
import codeop
import doctest
import io
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGES = ("index.md", "concepts", "guides", "reference", "tutorial")
LIMIT = 120
"""Seconds that a block may take: far more than any needs, since the machine may be busy."""

_FENCE = re.compile(r"(?P<indent>\s*(?:[*+:-]\s+)*)(?P<ticks>`{3,})\s*(?P<info>[^`]*)$")


class Here(NamedTuple):
    """What a caption can ask about an interpreter."""

    version: tuple[int, ...] = sys.version_info[:2]
    platform: str = sys.platform
    gil: bool = not sysconfig.get_config_var("Py_GIL_DISABLED")


_CONDITIONS: list[tuple[str, Callable[[Here, list[tuple[int, ...]]], bool]]] = [
    (r"Linux", lambda here, _: here.platform == "linux"),
    (r"Python (3\.\d+) and newer", lambda here, bounds: bounds[0] <= here.version),
    (r"Python (3\.\d+) to (3\.\d+)", lambda here, bounds: bounds[0] <= here.version <= bounds[1]),
    (r"the usual build", lambda here, _: here.gil),  # not the free-threaded one
]
"""What captions may say, and what it means."""

_START = """\
import sys
sys.path.insert(0, {tools!r})
import page_doctests
del sys.path[0], sys
page_doctests.type_in({job!r})
"""


class PageError(Exception):
    """A block cannot be used as it stands. Its text names the page, the line and the remedy."""


@dataclass(frozen=True)
class Block:
    """What a page shows of a session at the prompt."""

    page: Path
    line: int
    """Of its first prompt, from 1."""
    text: str
    caption: str

    @property
    def place(self) -> str:
        """Where it stands, as editors read it."""
        return f"{self.page}:{self.line}"

    def session(self) -> doctest.DocTest:
        """Return its examples.

        Raises
        ------
        PageError
            It is no session, shows no output, or has a statement that a prompt would not take as whole.
        """
        try:
            session = doctest.DocTestParser().get_doctest(
                self.text, {}, self.place, str(self.page), self.line - 1
            )
        except ValueError as error:
            raise PageError(f"{self.place}: {error}") from error
        lines = self.text.splitlines()
        for example in session.examples:
            rest = itertools.takewhile(lambda line: line[:3] == "...", lines[example.lineno + 1 :])
            typed = [line[4:] for line in (lines[example.lineno], *rest)]
            if codeop.compile_command("\n".join(typed), self.place, "single") is None:
                raise PageError(
                    f"{self.page}:{self.line + example.lineno}: a prompt still waits for more after "
                    f"{typed[-1]!r}; end it with a line of '...' (ruff takes that away from a pycon "
                    "block: use a code-block)"
                )
        if not any(map(asserts, session.examples)):
            raise PageError(
                f"{self.place}: nothing is shown that could be false; show what the prompt prints, "
                "or make it a python block"
            )
        return session

    def holds(self, here: Here) -> bool:
        """Return whether its caption means this version of Python and this platform.

        Raises
        ------
        PageError
            The caption says something else.
        """
        answer = True
        for part in filter(None, self.caption.split(", ")):
            for form, means in _CONDITIONS:
                if found := re.fullmatch(form, part):
                    answer &= means(here, [numbers(text) for text in found.groups()])
                    break
            else:
                raise PageError(
                    f"{self.place}: the caption of a session says where it is true: 'Linux', "
                    "'Python 3.14 and newer', 'Python 3.11 to 3.13' or 'the usual build', "
                    f"with a comma between two of them; not {part!r}"
                )
        return answer


def numbers(version: str) -> tuple[int, ...]:
    """Return a version to compare with others.

    >>> numbers("3.14") > numbers("3.9")
    True
    """
    return tuple(map(int, version.split(".")))


def asserts(example: doctest.Example) -> bool:
    """Return whether an example shows an output, other than one that everything matches."""
    return bool(example.want.replace("...", "").strip())


def blocks_in(lines: list[str], page: Path, first: int = 1) -> list[Block]:
    """Return the sessions in Markdown, also those inside of a directive such as ``glossary``.

    Parameters
    ----------
    lines
        Without their ends.
    page
        Where they are from.
    first
        The number of the first line, from 1.
    """
    found: list[Block] = []
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        end = re.compile(rf"\s*`{{{len(fence['ticks'])},}}\s*$")
        close = next((n for n in range(number, len(lines)) if end.match(lines[n])), len(lines))
        indent = re.compile(rf"\s{{,{len(fence['indent'])}}}")
        body = [indent.sub("", line, count=1) for line in lines[number:close]]
        kind, _, argument = fence["info"].strip().partition(" ")
        if kind == "pycon" or (kind, argument) == ("{code-block}", "pycon"):
            options = list(itertools.takewhile(lambda line: re.match(r":\w", line), body))
            caption = dict(option[1:].split(": ", 1) for option in options if ": " in option)
            skipped = next((n for n, line in enumerate(body) if line.startswith(">>>")), 0)
            found.append(
                Block(
                    page,
                    first + number + skipped,
                    "".join(f"{line}\n" for line in body[skipped:]),
                    caption.get("caption", ""),
                )
            )
        elif kind.startswith("{") and kind not in ("{code-block}", "{recorded}"):
            found += blocks_in(body, page, first + number)
        number = close + 1
    return found


def pages() -> list[Path]:
    """Return every page that is written by hand; not the parts of pages that tools write."""
    docs = ROOT / "docs"
    return sorted(
        path
        for name in PAGES
        for path in ((docs / name).glob("[!_]*.md") if name[-3:] != ".md" else [docs / name])
    )


def blocks_of(page: Path) -> list[Block]:
    """Return the sessions of a page."""
    return blocks_in(page.read_text(encoding="utf-8").splitlines(), page)


# -- In the interpreter that runs a block


def type_in(job: str) -> None:
    """Run a session in ``__main__``, and note in a file what was not as shown, and whether a `Process` was made.

    Parameters
    ----------
    job
        JSON: the fields of a `Block`, the `method` to set before or None, and the file for the `answer`.
    """
    asked = json.loads(job)
    main = sys.modules["__main__"]
    session = Block(Path(asked["page"]), asked["line"], asked["text"], "").session()
    main.__dict__.pop("page_doctests", None)
    session.globs = main.__dict__
    sys.argv = [""]
    if asked["method"]:
        import multiprocessing

        multiprocessing.set_start_method(asked["method"])
    said = io.StringIO()
    runner = doctest.DocTestRunner(
        verbose=False, optionflags=doctest.ELLIPSIS | doctest.DONT_ACCEPT_TRUE_FOR_1
    )
    runner.run(session, out=said.write, clear_globs=False)
    process = sys.modules.get("multiprocessing.process")
    # The counter has given 1 only to this call if no process was made.
    made = process is not None and next(process._process_counter) > 1  # noqa: SLF001 -- there is no public way
    answer = {"wrong": said.getvalue(), "makes processes": made}
    Path(asked["answer"]).write_text(json.dumps(answer), encoding="utf-8")


# -- In this one


class Run(NamedTuple):
    """How a block went with one start method, or with none set."""

    block: Block
    method: str | None
    wrong: str
    """Empty, or what differs from what the page shows."""
    makes_processes: bool


def run(block: Block, method: str | None = None) -> Run:
    """Run a session in a new interpreter, in an empty folder."""
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        answer = Path(folder, "answer.json")
        place = Path(folder, "empty")
        place.mkdir()
        job = {
            "page": str(block.page),
            "line": block.line,
            "text": block.text,
            "method": method,
            "answer": str(answer),
        }
        program = _START.format(tools=str(Path(__file__).parent), job=json.dumps(job))
        with subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=place,
            env={name: text for name, text in os.environ.items() if not name.startswith("PYTHON")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                printed, _ = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                end(process)
                return Run(
                    block, method, f"it has not ended after {LIMIT} s", makes_processes=False
                )
        told = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
        wrong = told.get("wrong", "it ended early\n")
        if printed:
            wrong += f"Printed beside what is shown:\n{printed}"
        if process.returncode:
            wrong += f"The interpreter ended with {process.returncode}.\n"
        return Run(block, method, wrong, told.get("makes processes", False))


def end(process: subprocess.Popen[str]) -> None:
    """End an interpreter that hangs, and its children."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def run_in_every_way(block: Block) -> list[Run]:
    """Run a session as it stands; if it makes a process and names no start method, with each."""
    done = [run(block)]
    if (
        done[0].makes_processes
        and "_start_method" not in block.text
        and "get_context" not in block.text
    ):
        import multiprocessing

        done += [run(block, method) for method in multiprocessing.get_all_start_methods()]
    return done


def main(arguments: list[str] | None = None) -> int:
    """Return 0 if everything is as the pages show it, 1 if not, 2 if a block cannot be used."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, metavar="PAGE", help="by default every page")
    parser.add_argument("--jobs", type=int, default=4, help="how many run at once; 4 if not given")
    options = parser.parse_args(arguments)
    try:
        every = [block for page in options.pages or pages() for block in blocks_of(page)]
        here = [block for block in every if block.holds(Here())]
        examples = sum(asserts(example) for block in here for example in block.session().examples)
    except (PageError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    with ThreadPoolExecutor(options.jobs) as executor:
        runs = [one for several in executor.map(run_in_every_way, here) for one in several]
    for one in runs:
        if one.wrong:
            way = f" with the start method {one.method}" if one.method else ""
            print(f"{one.block.place}{way}:\n{one.wrong}", file=sys.stderr)
    failed = sum(bool(one.wrong) for one in runs)
    print(
        f"Python {'.'.join(map(str, sys.version_info[:3]))}: {examples} examples in {len(here)} sessions on "
        f"{len({block.page for block in here})} pages, {sum(one.method is not None for one in runs)} "
        f"more runs with a start method set; {len(every) - len(here)} sessions are for others; {failed} failed"
    )
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
