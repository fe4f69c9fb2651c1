"""Build the same examples with several extensions that run code, and say what each shows and costs.

    python tools/compare_builders.py docs/reference/_builders_compared.md

The extensions are installed into a virtual environment of their own, which needs a network. What is
measured is the processor time of the whole build, with all that it starts, against that of running the
same scripts by themselves, in turn with the builds. Other work on the machine makes it higher.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
PACKAGES = (
    "myst-nb",
    "sphinxcontrib-programoutput",
    "sphinx-exec-code",
    "matplotlib",
    "sphinx-gallery",
)
LONGEST = 120
"""Seconds that a build may take; one that is ended then shows nothing."""

SPAWN = """
import multiprocessing

def speak(number):
    print("line of child", number, flush=True)

if __name__ == "__main__":
    children = [multiprocessing.get_context("spawn").Process(target=speak, args=(n,)) for n in (1, 2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("both have ended")
"""
PRINTS = """
print("a line from the example", 6 * 7)
"""
# What is asked: what an example does, and what the page has then.
QUESTIONS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "what the example prints": (PRINTS, lambda page: "a line from the example 42" in page),
    "what a forked child prints": (
        SPAWN.replace('get_context("spawn")', 'get_context("fork")'),
        lambda page: "line of child 1" in page and "line of child 2" in page,
    ),
    "what a spawned child prints": (
        SPAWN,
        lambda page: "line of child 1" in page and "line of child 2" in page,
    ),
    "what another program prints": (
        'import subprocess\nsubprocess.run(["sh", "-c", "echo $((40 + 2)) from a shell"])\n',
        lambda page: "42 from a shell" in page,
    ),
    "which process printed a line": (
        SPAWN,
        lambda page: "Process-1" in page.partition("import")[2],
    ),
    "the value of a last expression": (
        "from fractions import Fraction\n\nFraction(2, 6)\n",
        lambda page: "Fraction(1, 3)" in page,
    ),
    "its HTML": (
        "class Table:\n    def _repr_html_(self):\n        return \"<table id='t%d'></table>\" % (6 * 7)\n\nTable()\n",
        lambda page: "id='t42'" in page or 'id="t42"' in page,
    ),
    "a figure of matplotlib": (
        "import matplotlib.pyplot as plt\n\nplt.plot([1, 2, 3])\nplt.show()\n",
        lambda page: "_images/" in page or "image/png;base64" in page,
    ),
    "the traceback of one that fails": (
        'print("before", 6 * 7)\nraise ValueError("a fault")\n',
        lambda page: "before 42" in page and "ValueError" in page.partition("Traceback")[2],
    ),
    "the stack of one that hangs": (
        "import threading\n\nlock = threading.Lock()\nlock.acquire()\nprint('waits', 6 * 7)\nlock.acquire()\n",
        lambda page: (
            "waits 42" in page and "MainThread" in page.replace("main thread", "MainThread")
        ),
    ),
}


@dataclass(frozen=True)
class Builder:
    """An extension, and how its pages are written."""

    extension: str
    conf: str
    page: Callable[[Path, str, str], None]
    """Writes what shows a code: given the folder of the documentation, a name and the code."""


def _gallery(docs: Path, name: str, code: str) -> None:
    folder = docs.parent / "examples"
    folder.mkdir(exist_ok=True)
    (folder / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
    text = f'"""\n{name}\n{"=" * len(name)}\n\nText.\n"""\n\n# %%\n# It runs.\n\n{code.strip()}\n'
    (folder / f"plot_{name}.py").write_text(text)
    (docs / "index.rst").write_text("Index\n=====\n\n.. toctree::\n\n   gallery/index\n")


def _notebook(docs: Path, name: str, code: str) -> None:
    head = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
    (docs / f"{name}.md").write_text(
        f"{head}# {name}\n\n```{{code-cell}} python\n{code.strip()}\n```\n"
    )
    _index(docs)


def _program(docs: Path, name: str, code: str) -> None:
    (docs / f"{name}.py").write_text(code)
    shown = f".. literalinclude:: {name}.py\n\n.. program-output:: {sys.executable} {name}.py\n   :nostderr:\n"
    (docs / f"{name}.rst").write_text(
        f"{name}\n{'=' * len(name)}\n\n{shown.replace('   :nostderr:', '')}\n"
    )
    _index(docs)


def _exec(docs: Path, name: str, code: str) -> None:
    body = textwrap.indent(code.strip(), "   ")
    (docs / f"{name}.rst").write_text(f"{name}\n{'=' * len(name)}\n\n.. exec_code::\n\n{body}\n")
    _index(docs)


def _index(docs: Path) -> None:
    (docs / "index.rst").write_text("Index\n=====\n\n.. toctree::\n   :glob:\n\n   *\n")


GALLERY = 'sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery"}\n'
BUILDERS = {
    "process_gallery": Builder("process_gallery", GALLERY + "process_gallery_idle = 5\n", _gallery),
    "sphinx-gallery": Builder("sphinx_gallery.gen_gallery", GALLERY, _gallery),
    "MyST-NB": Builder(
        "myst_nb", 'nb_execution_mode = "cache"\nnb_execution_timeout = 15\n', _notebook
    ),
    "programoutput": Builder("sphinxcontrib.programoutput", "", _program),
    "exec-code": Builder("sphinx_exec_code", "", _exec),
}
COSTS = {"ten that print a line": PRINTS, "ten with two spawned children": SPAWN}


def main() -> None:
    """Compare, and write a table."""
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
        shows = {
            question: {
                name: answer(_built(place, name, python, {"one": code})[1]) for name in BUILDERS
            }
            for question, (code, answer) in QUESTIONS.items()
        }
        costs = {
            words: _costs(place, python, code, repeat=options.repeat)
            for words, code in COSTS.items()
        }
        versions = _versions(python)
    options.target.write_text(_table(shows, costs, versions, options.repeat), encoding="utf-8")
    print(f"written: {options.target}")


def _environment(folder: Path) -> Path:
    """Make a virtual environment that has them all; return its interpreter."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*command, f"{HERE}[sphinx]", *PACKAGES], check=True)
    return python


def _built(place: Path, name: str, python: Path, codes: Mapping[str, str]) -> tuple[float, str]:
    """Build pages; return the processor time in seconds, and the text of all pages."""
    builder = BUILDERS[name]
    site = place / "site"
    shutil.rmtree(site, ignore_errors=True)
    docs = site / "docs"
    docs.mkdir(parents=True)
    (docs / "conf.py").write_text(f'extensions = ["{builder.extension}"]\n{builder.conf}')
    for page, code in codes.items():
        builder.page(docs, page, code)
    command = [str(python), "-m", "sphinx", "-q", "-b", "html", "docs", "html"]
    seconds = _measured(command, site)
    texts = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in (site / "html").rglob("*.html")
    ]
    return seconds, "\n".join(map(_plain, texts))


def _plain(page: str) -> str:
    """Return a page as its reader sees it: without the marks of the code's colours."""
    import html
    import re

    return html.unescape(re.sub(r"</?(?:span|a|strong|b)\b[^>]*>", "", page))


def _measured(command: list[str], folder: Path) -> float:
    """Run a command; return the processor time that it and its descendants took, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    running = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "PATH": f"{Path(command[0]).parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    try:
        running.wait(LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, 9)
        running.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _costs(place: Path, python: Path, code: str, *, repeat: int) -> dict[str, float]:
    """Return the median of what each builder takes, as a multiple of running the scripts alone."""
    codes = {f"number{number}": code for number in range(10)}
    scripts = place / "scripts"
    scripts.mkdir(exist_ok=True)
    for name, text in codes.items():
        (scripts / f"{name}.py").write_text(text)
    ratios: dict[str, list[float]] = {name: [] for name in BUILDERS}
    for _ in range(repeat):
        alone = sum(_measured([str(python), f"{name}.py"], scripts) for name in codes)
        for name, found in ratios.items():
            found.append(_built(place, name, python, codes)[0] / alone)
    return {name: statistics.median(found) for name, found in ratios.items()}


def _versions(python: Path) -> str:
    code = (
        "from importlib.metadata import version as v\n"
        "print(*(f'{n} {v(n)}' for n in ('sphinx', 'sphinx-gallery', 'myst-nb', 'sphinxcontrib-programoutput', 'sphinx-exec-code')), sep=', ')"
    )
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _table(
    shows: Mapping[str, Mapping[str, bool]],
    costs: Mapping[str, Mapping[str, float]],
    versions: str,
    repeat: int,
) -> str:
    lines = [
        "% Written by `make compare`.",
        "",
        f"| On the page | {' | '.join(BUILDERS)} |",
        f"|---|{'---|' * len(BUILDERS)}",
    ]
    lines += [
        f"| {question} | {' | '.join('yes' if found[name] else 'no' for name in BUILDERS)} |"
        for question, found in shows.items()
    ]
    lines += [
        f"| *processor time, {words}* | {' | '.join(f'{found[name]:.1f}' for name in BUILDERS)} |"
        for words, found in costs.items()
    ]
    today = time.strftime("%-d %B %Y")
    lines += [
        "",
        f"Measured on {today} with Python {platform.python_version()}, {versions}. Processor time is that of the whole build, as a multiple of running",
        f"the ten scripts alone; the median of {repeat}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
