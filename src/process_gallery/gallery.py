"""Put records on sphinx-gallery's pages, through its public hooks only.

Before sphinx-gallery generates a page, :func:`record_examples` has recorded every example that changed. Sphinx-gallery then
"runs" each cell through :class:`RunNothing` (its ``show_memory`` hook), and asks :func:`scrape` (an image scraper) what the cell
produced. No private name of sphinx-gallery is used.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.console import colorize

from . import render
from .cache import Cache, Installed, key
from .cells import ExampleError, Script, read_script
from .interpreters import InterpreterError, probe
from .record import Record, RecordError
from .recorder import Job, record_all, stop_on_sigterm
from .report import failure

logger = logging.getLogger(__name__)

# What sphinx-gallery must do, or not do, so that its pages are about the recorded runs.
_SETTINGS: dict[str, Any] = {
    "capture_repr": (),  # a program does not print its last expression
    "filename_pattern": r"\.py$",
    "notebook_extensions": set(),  # functions of a notebook cannot be found by spawned children
    "parallel": False,  # the recorder runs examples side by side
    "remove_config_comments": True,
    "reset_modules": (),
    "min_reported_time": sys.maxsize,  # its time is about nothing; the record's is shown
}


@dataclass
class Example:
    """An example of this build."""

    name: str
    """Path below the folder of examples, with slashes: ``countdown/two_countdowns.py``."""
    script: Script
    record: Record
    source: str
    """File that the record came from: a page that shows it depends on it."""
    lacking: tuple[str, ...] = ()
    """What the building interpreter lacks; the record is then a committed one, from another interpreter."""

    @functools.cached_property
    def fingerprint(self) -> str:
        """Digest of the record, which tells it from any other run."""
        return hashlib.sha256(self.record.to_json().encode()).hexdigest()

    @property
    def stale(self) -> bool:
        """True if the script has changed since the record was made."""
        return self.record.sha256 != hashlib.sha256(self.script.source).hexdigest()


_examples: dict[str, Example] = {}
"""Examples by absolute path of the script: sphinx-gallery hands its hooks nothing else to find them by."""


class RunNothing:
    """Take the place of sphinx-gallery's memory meter, which is handed each cell to run: the recorder has run it.

    An object, since Sphinx keeps the configuration between builds and a function cannot be kept.
    """

    def __call__(self, cell: Callable[[], Any]) -> tuple[float, None]:
        """Return a use of memory, in MB, of nothing."""
        del cell
        return 0.0, None

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<RunNothing>"


def scrape(block: tuple[str, str, int], block_vars: dict[str, Any], gallery_conf: dict[str, Any]) -> str:
    """Return the reStructuredText that shows what a cell did (an image scraper to sphinx-gallery)."""
    del gallery_conf
    block_vars["example_globals"]["___"] = None  # where sphinx-gallery looks for the value of the last expression
    example = _examples.get(os.path.abspath(block_vars["src_file"]))
    if example is None:
        return ""
    record, line = example.record, block[2]
    index = next((number for number, cell in enumerate(record.cells) if cell.first == line), None)
    if index is None:
        message = f"{example.name}: the record has no cell that starts at line {line}; remove {example.source} and build again"
        raise ExtensionError(message)
    if index == 0:
        Path(next(block_vars["image_path_iterator"])).with_suffix(".svg").write_text(render.thumbnail_svg(record), encoding="utf-8")
    text = ""
    if record.cells[index].output or record.cells[index].figures:
        text += f"\n.. recorded:: {example.name}\n   :cells: {index + 1}\n   :show: output figures\n"
    if index == len(record.cells) - 1:
        text += f"\n.. recorded:: {example.name}\n   :show: stacks timeline facts\n"
    return text


def contents(folder: Path) -> list[str]:
    """Return the scripts that a gallery's ``contents.txt`` lists, in its order; nothing if there is no such file.

    Each line is a path below the folder; empty lines and those that begin with ``#`` say nothing.
    """
    try:
        lines = (folder / "contents.txt").read_text(encoding="utf-8").split("\n")
    except FileNotFoundError:
        return []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


class Order:
    """Sort the scripts of a section as ``contents.txt`` lists them, any others behind by name."""

    def __init__(self, src_dir: str | os.PathLike[str]) -> None:
        section = Path(src_dir)
        names = [line.partition("/") for line in contents(section.parent)]
        self.places = {name: place for place, (folder, _, name) in enumerate(names) if folder == section.name}

    def __call__(self, filename: str | os.PathLike[str]) -> tuple[int, str]:
        """Return the sort key of a file name."""
        return self.places.get(str(filename), len(self.places)), str(filename)

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<Order>"


def configure(app: Sphinx, config: Config) -> None:
    """Give sphinx-gallery the settings it needs; what a project has set itself stays."""
    conf = config.sphinx_gallery_conf
    folders = conf.get("examples_dirs", "../examples")
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    sections = [f"{folder}/{line.partition('/')[0]}" for folder in folders for line in contents(Path(app.srcdir, folder)) if "/" in line]
    if sections:
        conf.setdefault("subsection_order", [*dict.fromkeys(sections), "*"])
        conf.setdefault("within_subsection_order", "process_gallery.gallery.Order")
    for name, value in _SETTINGS.items():
        conf.setdefault(name, value)
    conf["show_memory"] = RunNothing()
    scrapers = conf.get("image_scrapers", ())
    scrapers = (scrapers,) if isinstance(scrapers, str) else tuple(scrapers)
    conf["image_scrapers"] = (*(s for s in scrapers if s != "matplotlib"), "process_gallery.gallery.scrape")


def get(app: Sphinx, name: str) -> Example | None:
    """Return an example by its path below the folder of examples, with or without ``.py``."""
    name = name.removesuffix(".py") + ".py"
    for folder in example_folders(app):
        example = _examples.get(str(folder / name))
        if example:
            return example
    return None


def example_folders(app: Sphinx) -> list[Path]:
    """Return the folders that sphinx-gallery takes examples from, as absolute paths."""
    folders = app.config.sphinx_gallery_conf["examples_dirs"]
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    return [Path(os.path.abspath(Path(app.srcdir, folder))) for folder in folders]


def gallery_folders(app: Sphinx) -> list[str]:
    """Return the folders that sphinx-gallery writes pages to, relative to the source folder."""
    folders = app.config.sphinx_gallery_conf["gallery_dirs"]
    return [str(folders)] if isinstance(folders, str | os.PathLike) else [str(folder) for folder in folders]


def record_examples(app: Sphinx) -> None:
    """Record every example that changed, load the records of the others.

    Raises
    ------
    ExtensionError
        If an example did not end as it declares. Every other example has been recorded and kept by then.

    """
    conf = app.config.sphinx_gallery_conf
    if conf["plot_gallery"] in (False, "False", "0", 0):
        return
    stop_on_sigterm()
    python = app.config.process_gallery_python
    cache = Cache(cache_folder(app))
    problems: list[str] = []
    found: dict[str, tuple[str, Script, Path]] = {}
    for folder, gallery in zip(example_folders(app), gallery_folders(app), strict=True):
        for path in sorted(folder.rglob("*.py")):
            if re.search(conf["ignore_pattern"], path.name) or not re.search(conf["filename_pattern"], str(path)):
                continue
            name = path.relative_to(folder).as_posix()
            try:
                found[str(path)] = name, read_script(path), Path(app.srcdir, gallery, f"{name}.md5")
            except ExampleError as error:
                problems.append(str(error))
    try:
        interpreter = probe(python)
        installed = Installed.ask(interpreter.path, [script for _, script, _ in found.values()])
    except (InterpreterError, OSError, ValueError) as error:
        message = f"the interpreter that is to run the examples cannot be used: {error}"
        raise ExtensionError(message) from error

    jobs: list[Job] = []
    keys: dict[str, str] = {}
    for place, (name, script, mark) in found.items():
        lacking = installed.missing(script, interpreter)
        if lacking:
            example = committed(app, name, script, tuple(lacking))
            if example is None:
                problems.append(
                    f"{name}: needs {', '.join(lacking)}, which the building interpreter lacks, and no record that fits is committed "
                    f"under {records_folder(app)}; install what it needs, or record it where that is installed"
                )
            else:
                _put(place, example, mark, fresh=_examples.get(place) != example)
            continue
        keys[place] = key(script, interpreter, installed, beside=beside)
        record = cache.load(script, name, keys[place])
        if record is None:
            jobs.append(Job(script, python=python, name=name))
        else:
            _put(place, Example(name, script, record, str(cache.path(name, keys[place]))), mark, fresh=False)
    if jobs:
        _record(jobs, found, keys, cache, problems, app)
    if problems:
        for problem in problems:
            logger.error("%s\n", problem)
        message = f"{len(problems)} of {len(found)} examples cannot be shown as they are; see above. The records of the others are kept."
        raise ExtensionError(message)


def _record(
    jobs: list[Job], found: dict[str, tuple[str, Script, Path]], keys: dict[str, str], cache: Cache, problems: list[str], app: Sphinx
) -> None:
    at_once = app.config.process_gallery_jobs or (len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    logger.info(colorize("bold", "recording examples... ") + f"{len(jobs)} to run, {at_once} at a time", nonl=False)
    began = time.monotonic()
    for number, (job, result) in enumerate(record_all(jobs, at_once=at_once), 1):
        path = str(job.script.path)
        name, script, mark = found[path]
        if not isinstance(result, Record):
            problems.append(str(result))
            continue
        problem = failure(result, job.script.path, job.python)
        word = colorize("red", "failed") if problem else "ok"
        logger.info(f"  [{number}/{len(jobs)}] {name}  {result.duration:.1f} s  {word}")
        if problem:
            problems.append(problem)
            continue
        try:
            cache.save(name, keys[path], result)
        except OSError as error:
            logger.warning("%s: its record cannot be kept in %s: %s; it will run again at the next build", name, cache.folder, error)
        _put(path, Example(name, script, result, str(cache.path(name, keys[path]))), mark, fresh=True)
    logger.info(f"  recorded {len(jobs)} examples in {time.monotonic() - began:.1f} s")


def _put(path: str, example: Example, mark: Path, *, fresh: bool) -> None:
    """Make an example known; have sphinx-gallery write its page again if the record is new."""
    _examples[path] = example
    if fresh:
        mark.unlink(missing_ok=True)


def committed(app: Sphinx, name: str, script: Script, lacking: tuple[str, ...]) -> Example | None:
    """Return an example with the newest committed record of its script, from an interpreter that has what it needs."""
    best: tuple[tuple[object, ...], Path, Record] | None = None
    digest = hashlib.sha256(script.source).hexdigest()
    for path in sorted(records_folder(app).joinpath(name.removesuffix(".py")).glob("*.json")):
        try:
            record = Record.from_json(path.read_bytes())
        except (OSError, RecordError):  # process_gallery.versions warns of it
            continue
        if not record.as_expected or [(cell.first, cell.last) for cell in record.cells] != list(script.cells):
            continue
        version = record.sha256 == digest, *(int(part) for part in re.findall(r"\d+", record.interpreter.version)[:3])
        if best is None or version > best[0]:
            best = version, path, record
    return best and Example(name, script, best[2], str(best[1]), lacking)


def records_folder(app: Sphinx) -> Path:
    """Return the folder of committed records."""
    return Path(app.srcdir, app.config.process_gallery_records)


def cache_folder(app: Sphinx) -> Path:
    """Return the folder where records are kept between builds."""
    if app.config.process_gallery_cache:
        return Path(app.srcdir, app.config.process_gallery_cache)
    return Path(app.doctreedir).parent / "process_gallery"


_NOISE = re.compile(r"^\*\*Estimated memory usage:\*\*.*\n", re.MULTILINE)
_LINES = re.compile(r"GENERATED FROM PYTHON SOURCE LINES (\d+)-(\d+)")


def tidy_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Take sphinx-gallery's own figure for memory off its pages: it measured nothing."""
    if any(docname.startswith(f"{folder}/") for folder in gallery_folders(app)):
        source[0] = _NOISE.sub("", source[0])


def name_cells(app: Sphinx, doctree: nodes.document) -> None:
    """Give each code block of a gallery page an id, so that the lines of a stack can link to it."""
    del app
    for comment in list(doctree.findall(nodes.comment)):
        match = _LINES.fullmatch(comment.astext().strip())
        block = comment.next_node(siblings=True, descend=False)
        if match and isinstance(block, nodes.literal_block):
            block["ids"].append(f"line-{match[1]}")
