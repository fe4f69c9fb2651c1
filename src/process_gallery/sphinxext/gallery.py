"""Put records on sphinx-gallery's pages, through its public hooks only.

Before sphinx-gallery generates a page, :func:`record_examples` has recorded every example that
changed. Sphinx-gallery then "runs" each cell through :class:`RunNothing` (its ``show_memory``
hook), and asks :func:`scrape` (an image scraper) what the cell produced. No private name of
sphinx-gallery is used.
"""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging
from sphinx.util.console import colorize

from process_gallery.drawing import figure_variants, thumbnail_svg
from process_gallery.drawing.text import failure
from process_gallery.errors import ExampleError, InterpreterError, RecordError
from process_gallery.interpreters import Installed, probe
from process_gallery.model import HELPERS, Record
from process_gallery.recording.recorder import Job, record_all, stop_on_sigterm
from process_gallery.script import Script, contents, read_script
from process_gallery.store import Cache, key

logger = logging.getLogger(__name__)

# What sphinx-gallery does unless a project says otherwise.
_DEFAULTS: dict[str, Any] = {
    "filename_pattern": r"\.py$",
    "notebook_extensions": set(),  # functions of a notebook cannot be found by spawned children
    "remove_config_comments": True,
    "min_reported_time": sys.maxsize,  # its time is about nothing; the record's is shown
    "write_computation_times": False,
}
# What of sphinx-gallery's settings works inside Sphinx only, where no example runs; and what to do
# instead.
_WITHOUT_EFFECT = {
    "abort_on_example_error": "every example is recorded first, then the build stops",
    "capture_repr": "a program does not print its last expression; print it",
    "image_scrapers": "only figures of matplotlib are shown",
    "matplotlib_animations": "an animation is shown as a figure",
    "only_warn_on_example_error": "declare sphinx_gallery_expected_outcome in the example",
    "reset_argv": "an example runs without arguments",
    "reset_modules": "each example has an interpreter of its own; it sets what it needs itself",
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
    """What the building interpreter lacks; the record is then a committed one, from another
    interpreter.
    """

    @functools.cached_property
    def fingerprint(self) -> str:
        """Digest of the record, which tells it from any other run."""
        return hashlib.sha256(self.record.to_json().encode()).hexdigest()

    @property
    def stale(self) -> bool:
        """True if the script has changed since the record was made."""
        return self.record.sha256 != hashlib.sha256(self.script.source).hexdigest()


_failing: set[str] = set()
"""Paths of the scripts that the setting ``expected_failing_examples`` names."""
_examples: dict[str, Example] = {}
"""Examples by absolute path of the script: sphinx-gallery hands its hooks nothing else to find them
by.
"""


class RunNothing:
    """Take the place of sphinx-gallery's memory meter, which is handed each cell to run: the
    recorder has run it.

    An object, since Sphinx keeps the configuration between builds and a function cannot be kept.
    """

    def __call__(self, cell: Callable[[], Any]) -> tuple[float, None]:
        """Return a use of memory, in MB, of nothing."""
        del cell
        return 0.0, None

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<RunNothing>"


class NoArguments:
    """Take the place of sphinx-gallery's source of arguments, which it asks before the first cell
    of an example.
    """

    def __call__(self, gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
        """Return no arguments; put nothing where sphinx-gallery looks for the value of a cell's
        last expression.
        """
        del gallery_conf
        script_vars["example_globals"]["___"] = None
        return []

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<NoArguments>"


def scrape(
    block: tuple[str, str, int], block_vars: dict[str, Any], gallery_conf: dict[str, Any]
) -> str:
    """Return the reStructuredText that shows what a cell did (an image scraper to sphinx-gallery)."""
    del gallery_conf
    example = _examples.get(os.path.abspath(block_vars["src_file"]))
    if example is None:
        return ""
    record, line = example.record, block[2]
    index = next((number for number, cell in enumerate(record.cells) if cell.first == line), None)
    if index is None:
        message = f"{example.name}: the record has no cell that starts at line {line}; remove {example.source} and build again"
        raise ExtensionError(message)
    if not len(block_vars["image_path_iterator"]):
        _draw_thumbnail(example, block_vars)
    text = ""
    # Sphinx-gallery asks nothing about cells whose figures are deferred: what they printed stands
    # with the figures
    first = index
    while first and first - 1 in example.script.deferred:
        first -= 1
    if any(cell.output or cell.figures for cell in record.cells[first : index + 1]):
        text += f"\n.. recorded:: {example.name}\n   :cells: {first + 1}-{index + 1}\n   :show: output figures\n"
    if index == len(record.cells) - 1:
        text += f"\n.. recorded:: {example.name}\n   :show: stacks timeline facts\n"
    return text


def _draw_thumbnail(example: Example, block_vars: dict[str, Any]) -> None:
    """Write the picture that sphinx-gallery makes the thumbnail: a figure, or else the timeline.

    A figure if the example asks for one by its number, or starts no other process: its timeline
    would show a single bar.
    """
    record = example.record
    figures = [figure for cell in record.cells for figure in cell.figures]
    chosen = block_vars["file_conf"].get("thumbnail_number")
    number = chosen if isinstance(chosen, int) and chosen else 1
    picture = thumbnail_svg(record)
    if figures and not -len(figures) <= number <= len(figures):
        logger.warning(
            "%s: sphinx_gallery_thumbnail_number = %d, but it draws %d figures; its timeline is shown instead",
            example.name, number, len(figures), type="process_gallery", subtype="thumbnail",
        )  # fmt: skip
    elif figures and (
        chosen is not None or all(process.name in HELPERS for process in record.processes[1:])
    ):
        picture = figure_variants(figures[number - 1 if number > 0 else number])[0]
    # sphinx-gallery looks at the image of that number, counted from the last one if it is below
    # zero, and wants all before it.
    for _ in range(abs(number)):
        Path(next(block_vars["image_path_iterator"])).with_suffix(".svg").write_text(
            picture, encoding="utf-8"
        )


class Order:
    """Sort the scripts of a section as ``contents.txt`` lists them, any others behind by name."""

    def __init__(self, src_dir: str | os.PathLike[str]) -> None:
        section = Path(src_dir)
        names = [line.partition("/") for line in contents(section.parent)]
        self.places = {
            name: place for place, (folder, _, name) in enumerate(names) if folder == section.name
        }

    def __call__(self, filename: str | os.PathLike[str]) -> tuple[int, str]:
        """Return the sort key of a file name."""
        return self.places.get(str(filename), len(self.places)), str(filename)

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<Order>"


def configure(app: Sphinx, config: Config) -> None:
    """Give sphinx-gallery the settings it needs; what a project has set itself stays."""
    if not 0 < config.process_gallery_timeout < float("inf"):
        message = f"process_gallery_timeout = {config.process_gallery_timeout!r} in conf.py: write a number of seconds greater than 0"
        raise ConfigError(message)
    conf = config.sphinx_gallery_conf
    folders = conf.get("examples_dirs", "../examples")
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    sections = [
        f"{folder}/{line.partition('/')[0]}"
        for folder in folders
        for line in contents(Path(app.srcdir, folder))
        if "/" in line
    ]
    if sections:
        conf.setdefault("subsection_order", [*dict.fromkeys(sections), "*"])
        conf.setdefault("within_subsection_order", "process_gallery.sphinxext.gallery.Order")
    for name, instead in _WITHOUT_EFFECT.items():
        if not _default(conf.get(name)):
            logger.warning(
                "sphinx_gallery_conf[%r] has no effect with process_gallery: %s; remove it from conf.py",
                name, instead, type="process_gallery", subtype="setting",
            )  # fmt: skip
    for name, value in _DEFAULTS.items():
        conf.setdefault(name, value)
    if ".rst" in conf.get("example_extensions", ()):
        conf["remove_config_comments"] = False  # sphinx-gallery fails on such examples with it
    _failing.clear()
    _failing.update(
        os.path.abspath(Path(app.srcdir, path))
        for path in conf.get("expected_failing_examples", ())
    )
    conf |= {
        "capture_repr": (),
        "expected_failing_examples": set(),  # nothing fails where nothing runs
        "image_scrapers": ("process_gallery.sphinxext.gallery.scrape",),
        # Workers would not know the records; the recorder runs examples side by side
        "parallel": False,
        "reset_argv": NoArguments(),
        "reset_modules": (),
        "show_memory": RunNothing(),
    }


def _default(value: Any) -> bool:
    """Return True if a setting says what sphinx-gallery would do anyway, or nothing at all."""
    values = value if isinstance(value, list | tuple | set) else [value] if value else []
    return all(isinstance(word, str) and word in ("matplotlib", "seaborn") for word in values)


def get(app: Sphinx, name: str) -> Example | None:
    """Return an example by its path below the folder of examples, with or without ``.py``."""
    name = name.removesuffix(".py") + ".py"
    for folder, gallery in zip(example_folders(app), gallery_folders(app), strict=False):
        example = _examples.get(str(folder / name)) or _examples.get(
            str(folder / name.removeprefix(f"{gallery}/"))
        )
        if example and example.name == name:
            return example
    return None


def page(app: Sphinx, example: Example) -> str:
    """Return the page that sphinx-gallery makes of an example."""
    inside = [
        (len(folder.parts), gallery, example.script.path.relative_to(folder))
        for folder, gallery in zip(example_folders(app), gallery_folders(app), strict=False)
        if example.script.path.is_relative_to(folder)
    ]
    _, gallery, path = max(inside)
    return f"{gallery}/{path.with_suffix('').as_posix()}"


def shown(folder: Path) -> list[Path]:
    """Return the scripts that sphinx-gallery makes pages of: those of a folder, and of each folder
    in it that has a header.

    Where the folder has an index of its own instead of a header, those of every folder in it.
    """
    sections = [
        section
        for section in folder.iterdir()
        if section.is_dir() and (_headed(section) or not _headed(folder))
    ]
    return sorted(path for place in (folder, *sections) for path in place.glob("*.py"))


def _headed(folder: Path) -> bool:
    return any(
        path.stem in ("GALLERY_HEADER", "README") or path.name == "index.rst"
        for path in folder.iterdir()
    )


def example_folders(app: Sphinx) -> list[Path]:
    """Return the folders that sphinx-gallery takes examples from, as absolute paths."""
    folders = app.config.sphinx_gallery_conf["examples_dirs"]
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    return [Path(os.path.abspath(Path(app.srcdir, folder))) for folder in folders]


def gallery_folders(app: Sphinx) -> list[str]:
    """Return the folders that sphinx-gallery writes pages to, relative to the source folder."""
    folders = app.config.sphinx_gallery_conf["gallery_dirs"]
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    return [Path(os.path.normpath(folder)).as_posix() for folder in folders]


def record_examples(app: Sphinx) -> None:
    """Record every example that changed, load the records of the others.

    Raises
    ------
    ExtensionError
        If an example did not end as it declares. Every other example has been recorded and kept by
        then.

    """
    conf = app.config.sphinx_gallery_conf
    if conf["plot_gallery"] in (False, "False", "0", 0):
        return
    stop_on_sigterm()
    python = app.config.process_gallery_python
    cache = Cache(cache_folder(app))
    problems: list[str] = []
    found: dict[str, tuple[str, Script, Path]] = {}
    names: set[str] = set()
    for folder, gallery in zip(
        example_folders(app), gallery_folders(app), strict=False
    ):  # sphinx-gallery warns of surplus ones
        for path in shown(folder):
            if re.search(conf["ignore_pattern"], path.name) or not re.search(
                conf["filename_pattern"], str(path)
            ):
                continue
            name = below = path.relative_to(folder).as_posix()
            if name in names:  # an earlier gallery has one of this name
                name = f"{gallery}/{name}"
            names.add(name)
            try:
                script = read_script(path, timeout=app.config.process_gallery_timeout)
                if str(path) in _failing and script.declared.expected == "ok":
                    script = replace(
                        script, declared=replace(script.declared, expected="exception")
                    )
                found[str(path)] = name, script, Path(app.srcdir, gallery, f"{below}.md5")
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
    beside = app.config.process_gallery_cwd == "script"
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
            jobs.append(Job(script, python=python, name=name, beside=beside))
        else:
            _put(
                place,
                Example(name, script, record, str(cache.path(name, keys[place]))),
                mark,
                fresh=False,
            )
    if jobs:
        _record(jobs, found, keys, cache, problems, app)
    if problems:
        for problem in problems:
            logger.error("%s\n", problem)
        message = f"{len(problems)} of {len(found)} examples cannot be shown as they are; see above. The records of the others are kept."
        raise ExtensionError(message)


def _record(
    jobs: list[Job],
    found: dict[str, tuple[str, Script, Path]],
    keys: dict[str, str],
    cache: Cache,
    problems: list[str],
    app: Sphinx,
) -> None:
    at_once = app.config.process_gallery_jobs or (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    logger.info(
        colorize("bold", "recording examples... ") + f"{len(jobs)} to run, {at_once} at a time",
        nonl=False,
    )
    began = time.monotonic()
    for number, (job, result) in enumerate(record_all(jobs, at_once=at_once), 1):
        path = str(job.script.path)
        name, script, mark = found[path]
        if not isinstance(result, Record):
            problems.append(str(result))
            continue
        problem = failure(result, job.script.path, job.python, beside=job.beside)
        word = colorize("red", "failed") if problem else "ok"
        logger.info(f"  [{number}/{len(jobs)}] {name}  {result.duration:.1f} s  {word}")
        if problem:
            problems.append(problem)
            continue
        try:
            cache.save(name, keys[path], result)
        except OSError as error:
            logger.warning(
                "%s: its record cannot be kept in %s: %s; it will run again at the next build",
                name,
                cache.folder,
                error,
            )
        _put(
            path, Example(name, script, result, str(cache.path(name, keys[path]))), mark, fresh=True
        )
    logger.info(f"  recorded {len(jobs)} examples in {time.monotonic() - began:.1f} s")


def _put(path: str, example: Example, mark: Path, *, fresh: bool) -> None:
    """Make an example known; have sphinx-gallery write its page again if the record is new."""
    _examples[path] = example
    if fresh:
        mark.unlink(missing_ok=True)


def committed(app: Sphinx, name: str, script: Script, lacking: tuple[str, ...]) -> Example | None:
    """Return an example with the newest committed record of its script, from an interpreter that
    has what it needs.
    """
    best: tuple[tuple[object, ...], Path, Record] | None = None
    digest = hashlib.sha256(script.source).hexdigest()
    for path in sorted(records_folder(app).joinpath(name.removesuffix(".py")).glob("*.json")):
        try:
            record = Record.from_json(path.read_bytes())
        except (OSError, RecordError):  # process_gallery.sphinxext.versions warns of it
            continue
        if not record.as_expected or [(cell.first, cell.last) for cell in record.cells] != list(
            script.cells
        ):
            continue
        version = (
            record.sha256 == digest,
            *(int(part) for part in re.findall(r"\d+", record.interpreter.version)[:3]),
        )
        if best is None or version > best[0]:
            best = version, path, record
    return best and Example(name, script, best[2], str(best[1]), lacking)


def draws(app: Sphinx) -> bool:
    """Return whether pages show records drawn as HTML; an EPUB, whose pages are XHTML, shows them
    as text, as other formats do.
    """
    return app.builder.format == "html" and app.builder.name != "epub"


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


def name_cells(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put an anchor before each code block of a gallery page, so that the lines of a stack can link
    to it.

    Not an id of the block itself: sphinx-gallery replaces the block when it links the names in it,
    and the id is lost.
    """
    del docname
    if not draws(app):
        return
    for comment in list(doctree.findall(nodes.comment)):
        match = _LINES.fullmatch(comment.astext().strip())
        block = comment.next_node(siblings=True, descend=False)
        if (
            match
            and isinstance(block, nodes.Element)
            and block.tagname in ("literal_block", "code_links_block")
        ):
            comment.replace_self(nodes.target("", "", ids=[f"line-{match[1]}"]))
