"""Put records on sphinx-gallery's pages, through its public hooks only.

Before sphinx-gallery generates a page, :func:`record` has every example recorded that changed.
Sphinx-gallery then "runs" each cell through :class:`RunNothing` (its ``show_memory`` hook), and
asks :class:`Scraper` (an image scraper) what the cell produced. No private name of
sphinx-gallery is used.
"""

from __future__ import annotations

import ast
import contextlib
import glob
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError, ExtensionError
from sphinx.util import logging

from process_gallery.drawing import figure_variants, thumbnail_svg
from process_gallery.errors import ExampleError
from process_gallery.helper_processes import HELPERS
from process_gallery.model import Record
from process_gallery.script import contents

from . import stock
from .build import Build, Example, draws
from .domain import RecordsDomain
from .settings import check

logger = logging.getLogger(__name__)

# What sphinx-gallery does unless a project says otherwise, where an example is a program.
_DEFAULTS: dict[str, Any] = {
    "filename_pattern": r"\.py$",
    # Nothing has run in Sphinx: the only variables are __name__ and __file__, each a str, and a link
    # from every main guard to str helps nobody.
    "inspect_global_variables": False,
    "notebook_extensions": set(),  # functions of a notebook cannot be found by spawned children
    "remove_config_comments": True,
    "min_reported_time": sys.maxsize,  # the record's time is shown
    "write_computation_times": False,
}
# What of sphinx-gallery's settings works inside Sphinx only, where no example runs; and what is so
# instead.
_DIFFERENT = {
    "reset_argv": "an example runs without arguments",
    "reset_modules_order": "nothing is reset after an example: its interpreter has ended",
}
_AS_PROGRAM = {
    "image_scrapers": "an example that runs as a program shows figures of matplotlib",
    "matplotlib_animations": "an example that runs as a program shows an animation as a figure",
    "reset_modules": "each example has an interpreter of its own",
}


_FAILED = "This example did not end as it should. The build says why, and fails."


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

    As :class:`Scraper` it has the build, and Sphinx keeps one that knows nothing.
    """

    def __init__(self) -> None:
        self.build: Build | None = None

    def __reduce__(self) -> tuple[type[NoArguments], tuple[()]]:
        return NoArguments, ()

    def __call__(self, gallery_conf: dict[str, Any], script_vars: dict[str, Any]) -> list[str]:
        """Return no arguments; put the example's variables where sphinx-gallery looks for them."""
        del gallery_conf
        found = script_vars["example_globals"]
        found["___"] = None  # the value of a cell's last expression
        example = self.build and self.build.example_at(script_vars["src_file"])
        if example and example.record.names:
            found |= stock.variables(example.record, example.script.source)
        return []

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<NoArguments>"


class Scraper:
    """Tell sphinx-gallery what each cell produced (it takes this for an image scraper).

    It has the build, since sphinx-gallery hands its hooks nothing to find it by. Sphinx keeps the
    configuration between builds: what is kept of this is a scraper that knows nothing.
    """

    def __init__(self) -> None:
        self.build: Build | None = None
        self.programs = True
        """True if the examples are programs, see ``process_gallery_run_as``."""
        self.thumbnail = False
        """True if the project has a picture for examples that draw none."""

    def __reduce__(self) -> tuple[type[Scraper], tuple[()]]:
        return Scraper, ()

    def __repr__(self) -> str:
        """Return what stays the same from one build to the next: Sphinx compares it."""
        return "<Scraper>"

    def __call__(
        self, block: tuple[str, str, int], block_vars: dict[str, Any], gallery_conf: dict[str, Any]
    ) -> str:
        """Return the reStructuredText that shows what a cell did."""
        del gallery_conf
        example = self.build and self.build.example_at(block_vars["src_file"])
        if not example:
            return ""
        record, line = example.record, block[2]
        index = next(
            (number for number, cell in enumerate(record.cells) if cell.first == line), None
        )
        if index is None:
            message = f"{example.name}: the record has no cell that starts at line {line}; remove {example.source} and build again"
            raise ExtensionError(message)
        if not len(block_vars["image_path_iterator"]):
            if record.images:  # they are there
                for _ in range(record.images):
                    next(block_vars["image_path_iterator"])
            else:
                self.draw_thumbnail(example, block_vars)
        text = ""
        # Sphinx-gallery asks nothing about cells whose figures are deferred: what they printed stands
        # with the figures
        first = index
        while first and first - 1 in example.script.deferred:
            first -= 1
        cells = range(first, index + 1)
        if example.under:
            return text + _beside(example, cells, last=index == len(record.cells) - 1)
        if any(
            cell.output or cell.figures or cell.value or cell.scraped
            for cell in record.cells[first : index + 1]
        ):
            text += f"\n.. recorded:: {example.name}\n   :cells: {first + 1}-{index + 1}\n   :show: figures output values\n"
        if index == len(record.cells) - 1:
            if example.failed:
                text += f"\n.. error::\n\n   {_FAILED}\n"
            # About a run of one process there is nothing to be said, unless the page is about programs.
            if self.programs or example.failed or _worth_drawing(record):
                text += f"\n.. recorded:: {example.name}\n   :show: stacks timeline facts\n"
        return text

    def draw_thumbnail(self, example: Example, block_vars: dict[str, Any]) -> None:
        """Write the picture that sphinx-gallery makes the thumbnail: a figure, or else the timeline.

        A figure if the example asks for one by its number, or starts no other process: its timeline
        would show a single bar.
        """
        record = example.record
        alone = not _worth_drawing(record)
        figures = [figure for cell in record.cells for figure in cell.figures]
        chosen = block_vars["file_conf"].get("thumbnail_number")
        number = chosen if isinstance(chosen, int) and chosen else 1
        picture = thumbnail_svg(record)
        if figures and not -len(figures) <= number <= len(figures):
            logger.warning(
                "%s: sphinx_gallery_thumbnail_number = %d, but it draws %d figures; its timeline is shown instead",
                example.name, number, len(figures), type="process_gallery", subtype="thumbnail",
            )  # fmt: skip
        elif figures and (chosen is not None or alone):
            picture = figure_variants(figures[number - 1 if number > 0 else number])[0]
        elif alone and self.thumbnail:
            return
        # sphinx-gallery looks at the image of that number, counted from the last one if it is below
        # zero, and wants all before it.
        for _ in range(abs(number)):
            Path(next(block_vars["image_path_iterator"])).with_suffix(".svg").write_text(
                picture, encoding="utf-8"
            )


def _beside(example: Example, cells: range, *, last: bool) -> str:
    """Return what shows cells of an example that ran under several start methods: its outputs beside
    each other, with the timelines if no other cell has an output, else those at the end.
    """
    runs = [run.record for run in example.under.values()]
    printing = {
        number
        for record in runs
        for number, cell in enumerate(record.cells)
        if any(piece.text or piece.omitted for piece in cell.output)
    }
    text = ""
    if printing & set(cells):
        show = "output timeline" if printing <= set(cells) else "output"
        text += f"\n.. side_by_side:: {example.name}\n   :cells: {cells[0] + 1}-{cells[-1] + 1}\n   :show: {show}\n"
    if any(example.record.cells[one].figures for one in cells):
        text += f"\n.. recorded:: {example.name}\n   :cells: {cells[0] + 1}-{cells[-1] + 1}\n   :show: figures\n"
    if last:
        if example.failed:
            text += f"\n.. error::\n\n   {_FAILED}\n"
        if not any(printing <= set(group) for group in _groups(example)):
            text += f"\n.. side_by_side:: {example.name}\n   :show: timeline\n"
        text += f"\n.. recorded:: {example.name}\n   :show: stacks facts\n"
    return text


def _groups(example: Example) -> list[list[int]]:
    """Return the cells that are shown together: those whose figures are deferred, with the next."""
    groups: list[list[int]] = [[]]
    for number in range(len(example.record.cells)):
        groups[-1].append(number)
        if number not in example.script.deferred:
            groups.append([])
    return groups


def _worth_drawing(record: Record) -> bool:
    """Return whether an example has started processes, or hung."""
    others = any(process.name not in HELPERS for process in record.processes[1:])
    return others or record.outcome == "timeout"


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


@contextlib.contextmanager
def _plainly() -> Iterator[None]:
    """Have the build end with what is wrong and how to mend it.

    Sphinx ends with its own state and an invitation to report a bug of Sphinx's, whatever an
    extension raises. SystemExit is what its command line passes on: 2, as for other failures.
    """
    try:
        yield
    except (ConfigError, ExtensionError) as error:
        logger.error("%s", error)  # noqa: TRY400 (what is wrong is said; a traceback says nothing more)
        raise SystemExit(2) from error


def configure(app: Sphinx, config: Config) -> None:
    """Give sphinx-gallery the settings it needs; what a project has set itself stays."""
    with _plainly():
        check(config)
        _configure(app, config)


def _configure(app: Sphinx, config: Config) -> None:
    conf = config.sphinx_gallery_conf
    folders = conf.get("examples_dirs", "../examples")
    folders = [folders] if isinstance(folders, str | os.PathLike) else folders
    try:
        sections = [
            f"{folder}/{line.partition('/')[0]}"
            for folder in folders
            for line in contents(Path(app.srcdir, folder))
            if "/" in line
        ]
    except ExampleError as error:
        raise ConfigError(str(error)) from None
    if sections:
        conf.setdefault("subsection_order", [*dict.fromkeys(sections), "*"])
        conf.setdefault("within_subsection_order", "process_gallery.sphinxext.gallery.Order")
    like_stock = config.process_gallery_run_as == "gallery"
    for name, instead in (_DIFFERENT if like_stock else _DIFFERENT | _AS_PROGRAM).items():
        if not _default(conf.get(name)):
            logger.info(
                "process_gallery: sphinx_gallery_conf[%r] is without effect: %s", name, instead
            )
    asked = stock.Asked.read(conf, str(app.srcdir), like_stock=like_stock, jobs=app.parallel)
    stock.remember(app, asked, conf)
    if not like_stock:
        for name, value in _DEFAULTS.items():
            conf.setdefault(name, value)
    if ".rst" in conf.get("example_extensions", ()):
        conf["remove_config_comments"] = False  # sphinx-gallery fails on such examples with it
    if not any(_space_below(Path(app.srcdir, folder)) for folder in folders):
        # Sphinx-gallery warns of a space anywhere in the path of an example. One above the folder
        # of examples is in no link.
        config.suppress_warnings = [
            *config.suppress_warnings,
            "sphinx_gallery.space_in_filename",
        ]
    conf |= {
        "abort_on_example_error": False,
        "capture_repr": (),
        # Nothing fails where nothing runs, but sphinx-gallery compiles what it has others run.
        "expected_failing_examples": {path for path in asked.failing if not _compiles(path)},
        "image_scrapers": (Scraper(),),
        "junit": "",  # it would be about nothing: ours is written
        # What is written is replaced by the time of the run; else there is none.
        "min_reported_time": 0 if asked.reported_from < sys.maxsize else sys.maxsize,
        # Workers would not know the records; the recorder runs examples side by side
        "parallel": False,
        "reset_argv": NoArguments(),
        "reset_modules": (),
        "run_stale_examples": False,
        "show_memory": RunNothing(),
    }


def _compiles(path: str) -> bool:
    try:
        ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def hide_matplotlib(app: Sphinx, config: Config) -> None:
    """Have sphinx-gallery find no matplotlib where it fills in its defaults.

    It would import it, to choose a backend for examples that run inside Sphinx: a fifth of a build
    in which nothing has changed. None runs there.
    """
    del app, config
    sys.modules.setdefault("matplotlib", None)  # type: ignore[arg-type]


def show_matplotlib(app: Sphinx, config: Config) -> None:
    """Undo :func:`hide_matplotlib`: other extensions may draw."""
    del app, config
    if sys.modules["matplotlib"] is None:
        del sys.modules["matplotlib"]


def _space_below(folder: Path) -> bool:
    return folder.is_dir() and any(
        re.search(r"\s", str(path.relative_to(folder))) for path in folder.rglob("*.py")
    )


def _default(value: Any) -> bool:
    """Return True if a setting says what sphinx-gallery would do anyway, or nothing at all."""
    values = value if isinstance(value, list | tuple | set) else [value] if value else []
    return all(isinstance(word, str) and word in ("matplotlib", "seaborn") for word in values)


def record(app: Sphinx) -> None:
    """Record what changed and load the rest, before sphinx-gallery asks for it; then emit
    ``process-gallery-recorded``.
    """
    domain = RecordsDomain.of(app.env)
    build, asked = domain.build, stock.asked_of(app)
    conf = app.config.sphinx_gallery_conf
    like_stock = app.config.process_gallery_run_as == "gallery"
    for hook in (*conf["image_scrapers"], conf["reset_argv"]):
        if isinstance(hook, Scraper | NoArguments):
            hook.build = build
        if isinstance(hook, Scraper):
            hook.thumbnail = asked.thumbnail
            hook.programs = not like_stock
    remove_pages_without_script(build, Path(app.srcdir))
    with _plainly():
        build.record(asked, stock.Runs.of(app, asked, like_stock=like_stock), shown=domain.shown)
    app.emit("process-gallery-recorded", build)


def write_junit(app: Sphinx) -> None:
    """Write the report that ``junit`` asks for; sphinx-gallery knows the titles by now."""
    build = Build.of(app.env)
    stock.write_junit(app, build, app.config.sphinx_gallery_conf["titles"])


def report(app: Sphinx, exception: Exception | None) -> None:
    """Say at the end of a build which examples did not do what they declare, and have it fail.

    Its pages have been written by then.
    """
    build = Build.of(app.env) if exception is None and app.env else None
    if not build or not build.problems:
        return
    words = f"{len(build.problems)} of {build.count} scripts did not do what they declare; the pages of the others are as they should be."
    if stock.asked_of(app).only_warn:
        logger.warning(
            "%s",
            "\n\n".join([*build.problems.values(), words]),
            type="process_gallery",
            subtype="example",
        )
        return
    for problem in build.problems.values():
        logger.error("%s\n", problem)
    with _plainly():
        raise ExtensionError(words)


_GENERATED = re.compile(
    r"\A\s*\.\. DO NOT EDIT\.\n\.\. THIS FILE WAS AUTOMATICALLY GENERATED BY SPHINX-GALLERY\.$",
    re.MULTILINE,
)
_SECTION = re.compile(r"^\.\. _sphx_glr_", re.MULTILINE)


def remove_pages_without_script(build: Build, source: Path) -> None:
    """Remove what sphinx-gallery has made of examples and sections that are there no more.

    It leaves their pages, and each would ask for a run that nobody makes. Only files that say of
    themselves that sphinx-gallery made them go, with those that stand beside them by its rules.
    """
    folders = {
        source / gallery: folder
        for folder, gallery in zip(build.example_folders, build.gallery_folders, strict=False)
        if folder.is_dir()
    }
    for page in sorted({page for written in folders for page in written.rglob("*.rst")}):
        written = next(parent for parent in page.parents if parent in folders)
        script = folders[written] / page.relative_to(written).with_suffix(".py")
        text = page.read_text(encoding="utf-8", errors="replace")
        if page.name == "index.rst":
            if not script.parent.is_dir() and _SECTION.search(text):
                page.unlink()
        elif _GENERATED.match(text) and not _has_source(script):
            image = re.compile(rf"sphx_glr_{re.escape(page.stem)}_(\d+|thumb)\..*")
            made = [*page.parent.glob(f"{glob.escape(page.stem)}.*")]
            made += [path for path in page.parent.glob("images/**/*") if image.match(path.name)]
            for path in made:
                path.unlink()
            logger.info("%s: removed, its script is gone", page.relative_to(source))


def _has_source(script: Path) -> bool:
    """Return whether an example is there; it may be written in another language than Python."""
    return script.parent.is_dir() and any(script.parent.glob(f"{glob.escape(script.stem)}.*"))


_LINES = re.compile(r"GENERATED FROM PYTHON SOURCE LINES (\d+)-(\d+)")


def tidy_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put the figures of the runs in the place of sphinx-gallery's own: it measured nothing."""
    build = Build.of(app.env)
    pages = build.pages
    if docname.endswith("sg_execution_times"):
        durations = {
            stock.example_label(example, page): (
                example.record.duration,
                example.record.peak_memory / 1000,
            )
            for page, example in pages.items()
        }
        source[0] = stock.put_times(source[0], durations)
    elif build.in_gallery(docname):
        example = pages.get(docname)
        record = example.record if example else None
        source[0] = stock.put_figures(source[0], record, stock.asked_of(app))


def name_cells(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put an anchor before each code block of a gallery page, so that the lines of a stack can link
    to it.

    Not an id of the block itself: sphinx-gallery replaces the block when it links the names in it,
    and the id is lost.
    """
    del docname
    if not draws(app.builder):
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
