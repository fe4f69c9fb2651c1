"""Build the same examples with several extensions that run code, and write down what each shows and costs.

    python tools/compare_builders.py docs/reference/_builders.md

The extensions are installed into an environment of their own, which needs a network. What is measured is
the processor time of the whole build, with all that it starts, as a multiple of running the same scripts
by themselves, in turn with the builds. Other work on the machine makes it higher.
"""

from __future__ import annotations

import argparse
import html
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from measuring import run

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 90
"""Seconds that a build may take; what is ended then has the pages that it has written."""

CHILDREN = """
import multiprocessing

def speak(number):
    print("line of child", 40 + number, flush=True)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=speak, args=(number,)) for number in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("both have ended")
"""
PRINTS = """
print("a line from the example", 6 * 7)
"""
DRAWS = """
import matplotlib.pyplot as plt

plt.plot([1, 2, 3])
plt.show()
"""


@dataclass(frozen=True)
class Question:
    """What an example does, and whether a page shows it."""

    words: str
    code: str
    is_shown: Callable[[str], bool]
    """Given the text of all pages, without the marks of the code's colours."""


def _in_order(*texts: str) -> Callable[[str], bool]:
    pattern = re.compile(".*".join(texts), re.DOTALL)
    return lambda pages: bool(pattern.search(pages))


QUESTIONS = (
    Question("What an example prints", PRINTS, _in_order("a line from the example 42")),
    Question(
        "What a forked child prints",
        CHILDREN.replace('"spawn"', '"fork"'),
        _in_order("line of child 4[12]", "line of child 4[12]"),
    ),
    Question(
        "What a spawned child prints",
        CHILDREN,
        _in_order("line of child 4[12]", "line of child 4[12]"),
    ),
    Question(
        "What another program prints",
        'import subprocess\n\nsubprocess.run(["sh", "-c", "echo $((40 + 2)) from a shell"])\n',
        _in_order("42 from a shell"),
    ),
    Question(
        "Which process printed which line",
        CHILDREN,
        _in_order(r"SpawnProcess-1[^>]*[>|]\s*line of child 41"),
    ),
    Question(
        "The value of a last expression",
        "from fractions import Fraction\n\nFraction(2, 6)\n",
        _in_order(r"Fraction\(1, 3\)"),
    ),
    Question(
        "The HTML of such a value",
        "class Table:\n    def _repr_html_(self):\n"
        "        return f'<table id=\"t{6 * 7}\"></table>'\n\n\nTable()\n",
        _in_order('<table id="t42">'),
    ),
    Question(
        "A figure of matplotlib",
        DRAWS,
        _in_order(r"plt.*<(?:img|image)\b[^>]*(?:_images/|image/png;base64)"),
    ),
    Question(
        "What one that fails has printed, and its traceback",
        'print("before", 6 * 7)\nraise ValueError(f"fault {6 * 7}")\n',
        _in_order("before 42", "ValueError: fault 42"),
    ),
    Question(
        "One that hangs: its output and its stack",
        'import threading\n\nprint("waits", 6 * 7, flush=True)\nlock = threading.Lock()\n'
        "lock.acquire()\nlock.acquire()\n",
        _in_order("waits 42", r"(?:one\.py|<module>)\W+line \d+|line \d+, in <module>"),
    ),
)


@dataclass(frozen=True)
class Builder:
    """An extension that runs code, and how its pages are written."""

    name: str
    package: str
    conf: str
    write: Callable[[Path, str, str], None]
    """Writes a page that shows a code: given the folder of the documentation, a name and the code."""


def _gallery(docs: Path, name: str, code: str) -> None:
    folder = docs.parent / "examples"
    folder.mkdir(exist_ok=True)
    (folder / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
    (folder / f"plot_{name}.py").write_text(
        f'"""\n{_title(name)}\nText.\n"""\n\n# %%\n# It runs.\n\n{code.strip()}\n'
    )
    _index(docs, "gallery/index")


def _notebook(docs: Path, name: str, code: str) -> None:
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
    (docs / f"{name}.md").write_text(
        f"{head}# {name}\n\n```{{code-cell}} python\n{code.strip()}\n```\n"
    )
    _index(docs, "*")


def _program(docs: Path, name: str, code: str) -> None:
    (docs / f"{name}.py").write_text(code)
    (docs / f"{name}.rst").write_text(
        f"{_title(name)}\n.. literalinclude:: {name}.py\n\n.. program-output:: python {name}.py\n"
    )
    _index(docs, "*")


def _exec(docs: Path, name: str, code: str) -> None:
    body = textwrap.indent(code.strip(), "   ")
    (docs / f"{name}.rst").write_text(f"{_title(name)}\n.. exec_code::\n\n{body}\n")
    _index(docs, "*")


def _title(name: str) -> str:
    return f"{name}\n{'=' * len(name)}\n"


def _index(docs: Path, entry: str) -> None:
    (docs / "index.rst").write_text(f"{_title('Index')}\n.. toctree::\n   :glob:\n\n   {entry}\n")


_GALLERY = 'sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery"}\n'
_OURS = f'extensions = ["process_gallery"]\n{_GALLERY}process_gallery_idle = 5\n'
BUILDERS = (
    Builder("process_gallery", "process-gallery", _OURS, _gallery),
    Builder(
        "sphinx-gallery",
        "sphinx-gallery",
        f'extensions = ["sphinx_gallery.gen_gallery"]\n{_GALLERY}',
        _gallery,
    ),
    Builder(
        "MyST-NB",
        "myst-nb",
        'extensions = ["myst_nb"]\nnb_execution_mode = "cache"\nnb_execution_timeout = 15\n',
        _notebook,
    ),
    Builder(
        "programoutput",
        "sphinxcontrib-programoutput",
        'extensions = ["sphinxcontrib.programoutput"]\n',
        _program,
    ),
    Builder("exec-code", "sphinx-exec-code", 'extensions = ["sphinx_exec_code"]\n', _exec),
)
WARM = Builder(
    "process_gallery, with `process_gallery_warm`",
    "process-gallery",
    f'{_OURS}process_gallery_warm = ["matplotlib.pyplot"]\n',
    _gallery,
)
COSTS = {"print a line": PRINTS, "start two children": CHILDREN, "draw a figure": DRAWS}
SCRIPTS = 10


def main() -> None:
    """Compare, and write the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("target", type=Path, help="the Markdown file that is written")
    parser.add_argument(
        "--repeat", type=int, default=3, help="how often each build is measured (default: 3)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="builders-") as folder:
        place = Path(folder)
        python = _environment(place / "environment")
        shown = {
            question.words: [
                question.is_shown(build(place, builder, python, {"one": question.code}).pages)
                for builder in BUILDERS
            ]
            for question in QUESTIONS
        }
        costs = {
            words: _costs(place, python, code, options.repeat) for words, code in COSTS.items()
        }
        versions = _versions(python)
    options.target.write_text(_written(shown, costs, versions, options.repeat), encoding="utf-8")
    print(f"written: {options.target}")


def _environment(folder: Path) -> Path:
    """Make a virtual environment that has them all; return its interpreter."""
    uv = [sys.executable, "-m", "uv", "--system-certs", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, folder], check=True)
    python = folder / "bin" / "python"
    packages = [f"{ROOT}[sphinx]", "matplotlib", *(one.package for one in BUILDERS[1:])]
    subprocess.run([*uv, "pip", "install", "--python", python, *packages], check=True)
    return python


@dataclass(frozen=True)
class Built:
    """What a build has taken and written."""

    seconds: float
    """Processor time."""
    status: int
    """The build's exit code."""
    pages: str
    """The text of all pages, as a reader sees it, but for the tags that are no marks of colours."""


def build(
    place: Path,
    builder: Builder,
    python: Path,
    codes: Mapping[str, str],
    *,
    again: bool = False,
    longest: float | None = LONGEST,
) -> Built:
    """Build pages that show codes, given by the names of their pages; again what is there already."""
    site = place / "site"
    if not again:
        shutil.rmtree(site, ignore_errors=True)
        docs = site / "docs"
        docs.mkdir(parents=True)
        (docs / "conf.py").write_text(builder.conf)
        for page, code in codes.items():
            builder.write(docs, page, code)
    command = [str(python), "-m", "sphinx", "-q", "-b", "html", "docs", "html"]
    measured = run(command, site, longest=longest)
    texts = [path.read_text(encoding="utf-8") for path in (site / "html").rglob("*.html")]
    return Built(measured.seconds, measured.status, "\n".join(map(_plain, texts)))


def _plain(page: str) -> str:
    # Marks of colours go; what says which process printed a line stays.
    return html.unescape(
        re.sub(r"<span(?![^>]*data-n)[^>]*>|</?(?:a|strong|b|div)\b[^>]*>|</span>", "", page)
    )


def _costs(place: Path, python: Path, code: str, repeat: int) -> dict[str, tuple[float, float]]:
    """Return what each builder takes from nothing, and again with nothing changed: medians of
    multiples of running the scripts alone.
    """
    # None is like another: MyST-NB's cache would run only one of them.
    codes = {f"number{number}": f"{code}\n# {number}\n" for number in range(SCRIPTS)}
    scripts = place / "scripts"
    scripts.mkdir(exist_ok=True)
    for name, text in codes.items():
        (scripts / f"{name}.py").write_text(text)
    ratios: dict[str, list[tuple[float, float]]] = {one.name: [] for one in (*BUILDERS, WARM)}
    for _ in range(repeat):
        alone = sum(
            run([str(python), f"{name}.py"], scripts, environment={"MPLBACKEND": "agg"}).seconds
            for name in codes
        )
        for builder in (*BUILDERS, WARM):
            first = build(place, builder, python, codes, longest=None)
            second = build(place, builder, python, codes, again=True, longest=None)
            if first.status or second.status:  # what it took is not what a build takes
                raise SystemExit(
                    f"{builder.name}: a build failed, with {first.status} and {second.status}"
                )
            ratios[builder.name].append((first.seconds / alone, second.seconds / alone))
    return {
        name: (
            statistics.median(first for first, _ in found),
            statistics.median(second for _, second in found),
        )
        for name, found in ratios.items()
    }


def _versions(python: Path) -> dict[str, str]:
    names = ["sphinx", *(builder.package for builder in BUILDERS)]
    code = f"from importlib.metadata import version\nprint(*map(version, {names!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return dict(zip(names, done.stdout.split(), strict=True))


def _written(
    shown: Mapping[str, list[bool]],
    costs: Mapping[str, Mapping[str, tuple[float, float]]],
    versions: Mapping[str, str],
    repeat: int,
) -> str:
    names = [f"{one.name} {versions[one.package]}" for one in BUILDERS]
    times = "once" if repeat == 1 else f"{repeat} times; the medians"
    today = time.strftime("%-d %B %Y")
    lines = [
        "% Written by `make compare`.",
        "",
        f"| On the page | {' | '.join(names)} |",
        f"|---|{':-:|' * len(names)}",
        *(
            f"| {words} | {' | '.join('yes' if one else 'no' for one in found)} |"
            for words, found in shown.items()
        ),
        "",
        f"Run on {today} with Python {platform.python_version()} and Sphinx {versions['sphinx']}.",
        "",
        "## What it costs",
        "",
        f"The processor time of a whole build of {SCRIPTS} scripts, Sphinx included, as a multiple of running them without Sphinx: from nothing,",
        f"and again when nothing has changed. Measured in turns, {times}.",
        "",
        f"| {SCRIPTS} scripts that | {' | '.join(costs)} |",
        f"|---|{'--:|' * len(costs)}",
        *(
            f"| {one.name} | {' | '.join('{:.1f}, again {:.1f}'.format(*found[one.name]) for found in costs.values())} |"
            for one in (*BUILDERS, WARM)
        ),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
