"""Build a gallery with sphinx-gallery, and again with process_gallery in its place, and list what differs.

    python tools/compare_gallery.py ~/networkx doc --python ~/venv/bin/python
    python tools/compare_gallery.py ~/networkx doc --python ~/venv/bin/python --measure 3 --warm numpy networkx

The interpreter must have what the documentation needs, and this package with its Sphinx extras. Nothing
is written into the checkout: copies of it are built. Only the gallery is built, without other pages
unless ``--whole`` asks for them, and without inventories of other projects, since both are alike in both.

A line of output counts as shown if it is anywhere on the page; digits are not compared, since many are
times, addresses or the results of chance.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from measuring import Measured, run

OURS, STOCK = "process_gallery", "sphinx_gallery.gen_gallery"
BUILDERS = {"stock": STOCK, "process_gallery": OURS, "warm": OURS, "no examples": STOCK}

# What a copy's conf.py gets at its end.
APPENDED = """
import os

extensions = [{extension!r} if one == {stock!r} else one for one in extensions]
intersphinx_mapping = {{}}
autosummary_generate = {whole!r}
sphinx_gallery_conf["junit"] = "junit.xml"
_skipped = sphinx_gallery_conf.get("ignore_pattern", r"__init__\\.py")
sphinx_gallery_conf["ignore_pattern"] = "|".join(f"(?:{{one}})" for one in (_skipped, {skip!r}) if one)
if not {whole!r}:
    _dirs = sphinx_gallery_conf.get("gallery_dirs", "auto_examples")
    _dirs = [_dirs] if isinstance(_dirs, str) else _dirs
    include_patterns = ["index.*", *(f"{{os.path.normpath(one)}}/**" for one in _dirs)]
if {plot!r} is not None:
    sphinx_gallery_conf["plot_gallery"] = {plot!r}
process_gallery_warm = {warm!r}
process_gallery_jobs = {jobs!r}
"""


@dataclass
class Page:
    """What a page of an example shows."""

    lines: list[str] = field(default_factory=list)
    """What the example has printed, and the values of its last expressions, with # for numbers."""
    text: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    """How many figures, animations, links and so on it has."""


def main() -> int:
    """Build and compare; return 1 if anything is lost."""
    options = _options()
    if options.table:
        print(table([json.loads(path.read_text(encoding="utf-8")) for path in options.table]))
        return 0
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        report = _report(options, Path(folder))
    text = json.dumps(report, indent=1)
    if options.report:
        options.report.write_text(text, encoding="utf-8")
    print(text)
    return int(
        any(report[what] for what in ("fails only here", "fewer", "names lost", "files lost"))
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path, nargs="?", help="folder of the project")
    parser.add_argument("docs", nargs="?", help="folder of conf.py in it")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that builds")
    parser.add_argument(
        "--skip", default="", help="examples to leave out: a pattern of their paths"
    )
    parser.add_argument(
        "--whole", action="store_true", help="build all pages, not only the gallery"
    )
    parser.add_argument("--warm", nargs="*", default=[], help="modules that examples start with")
    parser.add_argument("--jobs", type=int, default=0, help="examples that run at once")
    parser.add_argument(
        "--measure", type=int, default=0, metavar="N", help="measure N builds of each kind, too"
    )
    parser.add_argument("--report", type=Path, help="a file for the report, too")
    parser.add_argument("--table", type=Path, nargs="+", help="print a table of such files instead")
    options = parser.parse_args()
    if not options.table and not options.docs:
        parser.error("name the folder of a project, and that of its conf.py in it")
    return options


def _report(options: argparse.Namespace, place: Path) -> dict[str, Any]:
    report = _about(options.checkout)
    if options.measure:
        report["costs"] = measure(options, place)
    else:
        for kind in ("stock", "process_gallery"):
            build(options, place, kind)
    if options.report:
        for log in place.glob("*/log.txt"):
            shutil.copyfile(log, options.report.with_suffix(f".{log.parent.name}.log"))
    report |= compare(place / "stock", place / "process_gallery", options.docs)
    if options.warm and options.measure:
        warm = compare(place / "stock", place / "warm", options.docs)
        report["warm"] = {
            name: warm[name] for name in ("fails only here", "fewer", "names lost", "files lost")
        }
    return report


def _about(checkout: Path) -> dict[str, Any]:
    command = ["git", "-C", str(checkout), "log", "-1", "--format=%h, %cs"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return {"project": checkout.resolve().name, "commit": done.stdout.strip()}


def build(
    options: argparse.Namespace,
    place: Path,
    kind: str,
    *,
    again: bool = False,
    memory: bool = False,
) -> Measured:
    """Build a copy of a project with one of the builders; return the cost."""
    root = place / kind.replace(" ", "-")
    docs = root / options.docs
    if not again:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(
            options.checkout, root, symlinks=True, ignore=shutil.ignore_patterns(".git")
        )
        appended = APPENDED.format(
            extension=BUILDERS[kind],
            stock=STOCK,
            whole=options.whole,
            skip=options.skip,
            plot=False if kind == "no examples" else None,
            warm=options.warm if kind == "warm" else [],
            jobs=options.jobs,
        )
        with (docs / "conf.py").open("a", encoding="utf-8") as conf:
            conf.write(appended)
    log = root / "log.txt"
    command = [
        options.python,
        "-m",
        "sphinx",
        "-b",
        "html",
        "-d",
        str(root / "doctrees"),
        ".",
        str(root / "html"),
    ]
    with log.open("w") as file:
        return run(command, docs, file.fileno(), environment={"MPLBACKEND": "agg"}, memory=memory)


# -- comparing


def compare(stock: Path, other: Path, docs: str) -> dict[str, Any]:
    """Return what differs between two trees that have been built."""
    found = [_found(root, docs) for root in (stock, other)]
    theirs, ours = found
    report: dict[str, Any] = {
        "examples": len(theirs.pages),
        "fails in both": sorted(theirs.failures.keys() & ours.failures.keys()),
        "fails only with stock": {
            name: text
            for name, text in sorted(theirs.failures.items())
            if name not in ours.failures
        },
        "fails only here": {
            name: text
            for name, text in sorted(ours.failures.items())
            if name not in theirs.failures
        },
    }
    fewer: dict[str, Any] = {}
    more: dict[str, Any] = {}
    lines: dict[str, list[str]] = {}
    kinds: Counter[str] = Counter()
    for name, page in theirs.pages.items():
        mine = ours.pages.get(name, Page())
        missing = [line for line in page.lines if line not in mine.text]
        kinds.update(
            next(kind for kind, pattern in KINDS.items() if pattern.search(line))
            for line in missing
        )
        if missing:
            lines[name] = missing
        here, there = mine.counts, page.counts
        if lost := {what: [there[what], here[what]] for what in there if here[what] < there[what]}:
            fewer[name] = lost
        if added := {what: [there[what], here[what]] for what in here if there[what] < here[what]}:
            more[name] = added
    for what, one in zip(("shown", "shown here"), found, strict=True):
        report[what] = dict(sum((page.counts for page in one.pages.values()), Counter[str]()))
        report[what]["lines"] = sum(len(page.lines) for page in one.pages.values())
    return report | {
        "fewer": fewer,
        "more": more,
        "lines that differ": dict(kinds),
        "lines": lines,
        "names": len(theirs.names),
        "names lost": sorted(theirs.names - ours.names),
        "names more": sorted(ours.names - theirs.names),
        "files lost": sorted(theirs.files - ours.files),
    }


# Why a line of stock's is not on the page. The first that fits.
KINDS = {
    "places in tracebacks and warnings": re.compile(r'^File "|\.py:#: \w*Warning|^[\^~ ]+$'),
    "states of progress bars": re.compile(r"#%\||it/s|s/it|\bETA\b|#/# \["),
    "others": re.compile(""),
}


@dataclass
class Found:
    """What a build has made."""

    pages: dict[str, Page]
    failures: dict[str, str]
    """Messages of examples that failed, by their paths from the documentation's folder."""
    names: set[str]
    files: set[str]


def _found(root: Path, docs: str) -> Found:
    html = root / "html"
    if not html.is_dir():
        raise SystemExit(f"{root.name} built nothing:\n{(root / 'log.txt').read_text()[-4000:]}")
    pages = {name: _page(html / f"{name}.html") for name in _galleries(root / docs, html)}
    return Found(pages, _failures(html / "junit.xml"), _names(root / docs), _loose(html))


def _galleries(docs: Path, html: Path) -> list[str]:
    """Return the pages of examples: those beside which sphinx-gallery has put the example's script."""
    return sorted(
        str(path.relative_to(docs).with_suffix(""))
        for path in docs.rglob("*.rst")
        if path.with_suffix(".py").exists()
        and (html / path.relative_to(docs).with_suffix(".html")).exists()
    )


_FIGURE = re.compile(r"sphx_glr_.*_\d{3}(?:_\w+)?\.\w+$")


def _page(path: Path) -> Page:
    soup = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    page = Page()
    body = soup.select_one("article, [role=main], main") or soup
    for code in body.select(".highlight-Python, .highlight-python"):
        links = len(code.select("a[class*=sphx-glr-backref][href]"))
        page.counts["links"] += links
        code.decompose()  # a line that stands in the code, too, has to be in the output all the same
    page.text = _plain(body)
    for one in body.select(".sphx-glr-script-out pre, .output_subarea, .pg-output pre, .pg-value"):
        page.lines += [line for line in _plain(one).split("\n") if line]
    images = {str(one["src"]) for one in body.select("img[src]") if _FIGURE.search(str(one["src"]))}
    drawn = body.select(".recorded-figure.only-light")
    page.counts += Counter(
        {
            "figures": len(images) + len(drawn),
            "animations": len(body.select("video, .animation")),
            "plotly": len(body.select(".plotly-graph-div")),
            "frames": len(body.select("iframe")),
            "tables": len(body.select("table.dataframe")),
            "badges": len(body.select(".binder-badge, .lite-badge")),
            "downloads": len(body.select("a.download")),
        }
    )
    return page


def _plain(tag: Tag) -> str:
    text = re.sub(
        r'(?<=File ")?[^\s"]*/(?:gallery-\w+/[\w-]+|site-packages|lib/python[\d.]+)/',
        "",
        tag.get_text(),
    )
    text = re.sub(r"0x[0-9a-f]+|-?\d+(?:[.:]\d+)*(?:e[+-]?\d+)?", "#", text)
    return "\n".join(" ".join(line.split()) for line in text.split("\n"))


def _failures(path: Path) -> dict[str, str]:
    """Return the examples that failed, by their paths, with the ends of their messages."""
    if not path.exists():
        return {}
    return {
        case.get("file", ""): " ".join((failure.text or failure.get("message") or "").split())[
            -300:
        ]
        for case in ET.parse(path).iter("testcase")  # noqa: S314 (our own build has written it)
        for failure in case.iter("failure")
    }


def _names(docs: Path) -> set[str]:
    """Return what the names in the code are links to, if the documentation of that is known, and what
    is in the mini-galleries.
    """
    found = set()
    for path in docs.rglob("*.codeobj.json"):
        for name, meanings in json.loads(path.read_text(encoding="utf-8")).items():
            found |= {
                f"{path.relative_to(docs)}: {name} is {one['module_short']}.{one['name']}"
                for one in meanings
            }
    for path in docs.rglob("*.examples"):
        pages = re.findall(
            r"^\s*:ref:`(sphx_glr_\S+)`", path.read_text(encoding="utf-8"), re.MULTILINE
        )
        found |= {f"{path.stem}: {page}" for page in pages}
    return found


def _loose(html: Path) -> set[str]:
    """Return the files that are to be downloaded, by their names, and the thumbnails."""
    return {path.name for path in (html / "_downloads").rglob("*") if path.is_file()} | {
        path.stem for path in (html / "_images").glob("*_thumb.*")
    }


# -- a table of reports


def table(reports: Sequence[dict[str, Any]]) -> str:
    """Return a table, as Markdown."""
    lines = [
        "| Project | Examples | Shown, of what stock shows | Fail in both | Fail only here | Lines that differ |",
        "|---|--:|---|--:|--:|---|",
    ]
    for report in reports:
        shown = [
            f"{report['shown here'].get(what, 0)} of {count} {what}"
            for what, count in report["shown"].items()
            if what
            in ("figures", "animations", "plotly", "tables", "frames", "badges", "downloads")
        ]
        if report["names"]:
            found = report["names"] - len(report["names lost"])
            shown.append(f"{found} of {report['names']} names")
        if lines_of_stock := report["shown"].get("lines"):
            alike = lines_of_stock - sum(report["lines that differ"].values())
            shown.append(f"{alike} of {lines_of_stock} lines")
        differ = [f"{count} {kind}" for kind, count in report["lines that differ"].items()]
        cells = (
            f"{report['project']} ({report['commit']})",
            report["examples"],
            ", ".join(shown),
            len(report["fails in both"]),
            len(report["fails only here"]),
            ", ".join(differ) or "none",
        )
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


# -- measuring


def measure(options: argparse.Namespace, place: Path) -> dict[str, Any]:
    """Build in turns; return the median of each cost against stock's."""
    kinds = ["no examples", "stock", OURS, *(["warm"] if options.warm else [])]
    clean: dict[str, list[Measured]] = {kind: [] for kind in kinds}
    unchanged: dict[str, list[Measured]] = {kind: [] for kind in kinds}
    for _ in range(options.measure):
        for kind in kinds:
            clean[kind].append(build(options, place, kind, memory=True))
            unchanged[kind].append(build(options, place, kind, again=True))
    alone = [_alone(options, place) for _ in range(options.measure)]
    scripts = statistics.median(one for one in alone if one is not None) if all(alone) else None
    medians = {
        kind: statistics.median(one.seconds for one in found) for kind, found in clean.items()
    }
    stock, rest = medians["stock"], medians["no examples"]
    report: dict[str, Any] = {
        "seconds": {
            kind: [round(one.seconds, 1) for one in found] for kind, found in clean.items()
        },
        "of stock": {kind: round(value / stock, 3) for kind, value in medians.items()},
        "nothing changed, of stock": {
            kind: round(
                statistics.median(
                    a.seconds / b.seconds for a, b in zip(found, unchanged["stock"], strict=True)
                ),
                3,
            )
            for kind, found in unchanged.items()
        },
        "megabytes": {
            kind: round(statistics.median(one.megabytes for one in found))
            for kind, found in clean.items()
        },
        "wall": {
            kind: round(statistics.median(one.wall for one in found), 1)
            for kind, found in clean.items()
        },
    }
    if scripts is None:
        return report | {"scripts alone": "not all of them end as in the build"}
    # What is left when the scripts, run by themselves, and the rest of the build are taken away.
    return report | {
        "scripts alone": round(scripts, 1),
        "recording, of stock": round((medians[OURS] - scripts - rest) / stock, 3),
        "imports again, of stock": round((scripts + rest - stock) / stock, 3),
    }


# An example as a program of its own, whose figures are saved as sphinx-gallery saves them.
ALONE = textwrap.dedent(
    """
    import runpy, sys, os
    sys.path[0] = os.getcwd()
    try:
        runpy.run_path(sys.argv[1], run_name="__main__")
    finally:
        if "matplotlib.pyplot" in sys.modules:
            import matplotlib.pyplot as plt
            for number in plt.get_fignums():
                plt.figure(number).savefig(os.devnull, format="png")
    """
)


def _alone(options: argparse.Namespace, place: Path) -> float | None:
    """Return the processor time of running the scripts that the build ran, one after another; None if
    one that did not fail there fails by itself, as without the folders that ``conf.py`` adds.
    """
    root = place / "stock"
    cases = ET.parse(root / "html" / "junit.xml").iter("testcase")  # noqa: S314 (as above)
    total = 0.0
    for case in cases:
        path = Path(root / options.docs, case.get("file", "")).resolve()
        command = [options.python, "-c", ALONE, str(path)]
        found = run(command, path.parent, environment={"MPLBACKEND": "agg"})
        if found.status and case.find("failure") is None and case.find("skipped") is None:
            return None
        total += found.seconds
    return total


if __name__ == "__main__":
    sys.exit(main())
