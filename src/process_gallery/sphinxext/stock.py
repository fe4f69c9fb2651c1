"""What a project has asked of sphinx-gallery that sphinx-gallery itself cannot do here, since no
example runs in the process that it works in.

Its settings are read before its own defaults are filled in; this then has the example's process, or
the page, do what they say. Only public names of sphinx-gallery are used.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import sysconfig
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.application import Sphinx
from sphinx.util import logging

from process_gallery.recording.job import AsGallery
from process_gallery.script import imported

if TYPE_CHECKING:
    from process_gallery.model import Record

    from .build import Build, Example

logger = logging.getLogger(__name__)

# What sphinx-gallery does unless a project says otherwise.
VALUES = ("_repr_html_", "__repr__")
OWN_SCRAPERS = ("matplotlib",)
"""Whose figures the recorder saves itself, as SVG, if a project asks for nothing else of them."""
RESETS = ("matplotlib", "seaborn")
"""Modules that sphinx-gallery resets; an interpreter that has just begun needs none of it."""


@dataclass(frozen=True)
class Asked:
    """What ``sphinx_gallery_conf`` asks for."""

    failing: frozenset[str] = frozenset()
    """Absolute paths of the scripts that are expected to fail."""
    values: tuple[str, ...] = VALUES
    ignored: str = ""
    names: bool = True
    scrapers: bool = False
    """True if scrapers of sphinx-gallery's are to see what an example draws."""
    conf_py: bool = False
    """True if there are others than for matplotlib, or if something resets modules: ``conf.py`` may
    define them, or have set up a library that they look at.
    """
    reported_from: float = 0
    """Seconds from which on the time of a run is on its page."""
    memory: bool = False
    """True if the memory that it used is there, too."""
    times: bool = True
    """True if pages list the times of all."""
    junit: str = ""
    thumbnail: bool = False
    """True if there is a picture for those that draw none."""
    again: bool = False
    """True if everything is to run in each build."""
    first_failure_ends: bool = False
    only_warn: bool = False
    at_once: int = 0
    """How many examples run at once; 0: one for each processor."""
    path: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Folders that ``conf.py`` has put on ``sys.path``: before Python's own, and behind them."""

    @classmethod
    def read(cls, conf: Mapping[str, Any], source: str, *, like_stock: bool, jobs: int) -> Asked:
        """Read a project's settings, before defaults are filled in.

        Parameters
        ----------
        conf
            Its ``sphinx_gallery_conf``.
        source
            The folder of the documentation's sources.
        like_stock
            Whether what is not set has sphinx-gallery's defaults; else nothing but the program's
            own output is shown.
        jobs
            How many processes Sphinx works in (``-j``).
        """
        failing = frozenset(
            os.path.abspath(Path(source, path))
            for path in conf.get("expected_failing_examples", ())
        )
        scrapers = _listed(conf.get("image_scrapers", OWN_SCRAPERS))
        resets = _listed(conf.get("reset_modules", RESETS))
        own = all(one in RESETS for one in resets) and all(one in OWN_SCRAPERS for one in scrapers)
        parallel = conf.get("parallel", False)
        at_once = jobs if parallel is True else parallel if isinstance(parallel, int) else 0
        times = bool(
            conf.get("write_computation_times", like_stock and not os.getenv("SOURCE_DATE_EPOCH"))
        )
        return cls(
            failing=failing,
            values=tuple(_listed(conf.get("capture_repr", VALUES if like_stock else ()))),
            ignored=conf.get("ignore_repr_types", ""),
            names=bool(conf.get("inspect_global_variables", like_stock)),
            scrapers=not own
            or bool(_listed(conf.get("matplotlib_animations", False)))
            or bool(conf.get("image_srcset"))
            or "images" in _listed(conf.get("compress_images", ())),
            conf_py=not own,
            reported_from=conf.get("min_reported_time", 0 if like_stock else sys.maxsize),
            memory=bool(conf.get("show_memory", False)),
            times=times,
            junit=conf.get("junit", ""),
            thumbnail=bool(conf.get("default_thumb_file")),
            again=bool(conf.get("run_stale_examples", False)),
            first_failure_ends=bool(conf.get("abort_on_example_error", False)),
            only_warn=bool(conf.get("only_warn_on_example_error", False)),
            at_once=at_once or (1 if like_stock else 0),
            path=_added_to_path() if like_stock else ((), ()),
        )


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list | tuple | set):
        return [one for one in value if one is not False]
    return [value] if value else []


def _added_to_path() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what ``conf.py`` has added: it has run, in this process."""
    own = {os.path.realpath(folder) for folder in (sys.prefix, sys.base_prefix, sys.exec_prefix)}
    library = os.path.realpath(sysconfig.get_path("stdlib"))
    first: list[str] = []
    last: list[str] = []
    place = first
    for entry in sys.path:
        real = os.path.realpath(entry)
        if real == library:
            place = last
        if os.path.isdir(real) and not any(f"{real}/".startswith(f"{folder}/") for folder in own):
            place.append(real)
    return tuple(first), tuple(last)


_SCRAPED = (
    "compress_images", "compress_images_args", "image_srcset", "matplotlib_animations", "reset_modules_order", "thumbnail_size",
)  # fmt: skip
"""Settings that scrapers look at."""


@dataclass(frozen=True)
class Runs:
    """How the examples of a gallery are to run."""

    asked: Asked
    warm: tuple[str, ...] = ()
    scrape: str = ""

    @classmethod
    def of(cls, app: Sphinx, asked: Asked, *, like_stock: bool) -> Runs | None:
        """Return how; None if each is to run as a reader runs it."""
        if not like_stock:
            return None
        warm = tuple(app.config.process_gallery_warm)
        if not asked.scrapers:
            return cls(asked, warm)
        conf = app.config.sphinx_gallery_conf
        known = {name: conf[name] for name in _SCRAPED if name in conf}
        known |= {
            "conf_file": str(Path(app.confdir, "conf.py")),
            "conf_py": asked.conf_py,
            "image_scrapers": [one for one in asked_scrapers(app) if isinstance(one, str)],
            "reset_modules": [one for one in asked_resets(app) if isinstance(one, str)],
        }
        return cls(asked, warm, json.dumps(known, default=_plain))

    def example(self, page: str) -> AsGallery:
        """Return how the example of a page runs."""
        folder, _, name = page.rpartition("/")
        asked = self.asked
        return AsGallery(
            values=asked.values,
            ignored=asked.ignored,
            path_first=asked.path[0],
            path_last=asked.path[1],
            names=asked.names,
            scrape=self.scrape,
            warm=self.warm,
            images=f"{folder}/images/sphx_glr_{name}_{{0:03}}.png".lstrip("/")
            if self.scrape
            else "",
        )


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else None


# Sphinx keeps the configuration between builds, and the scrapers of conf.py may be what cannot be
# kept. So what is asked for stands with the application.
_ATTRIBUTE = "process_gallery_asked"


def remember(app: Sphinx, asked: Asked, conf: Mapping[str, Any]) -> None:
    """Keep what a project asks for, for this build."""
    found = (
        asked,
        _listed(conf.get("image_scrapers", OWN_SCRAPERS)),
        _listed(conf.get("reset_modules", ())),
    )
    setattr(app, _ATTRIBUTE, found)


def asked_of(app: Sphinx) -> Asked:
    """Return what the project asks for."""
    asked: Asked = getattr(app, _ATTRIBUTE)[0]
    return asked


def asked_scrapers(app: Sphinx) -> list[Any]:
    """Return the scrapers that the project names."""
    scrapers: list[Any] = getattr(app, _ATTRIBUTE)[1]
    return scrapers


def asked_resets(app: Sphinx) -> list[Any]:
    """Return what the project names to reset modules."""
    resets: list[Any] = getattr(app, _ATTRIBUTE)[2]
    return resets


# -- names in the code


def variables(record: Record, source: bytes) -> dict[str, Any]:
    """Return what sphinx-gallery takes for the example's variables when it looks what the names in
    the code are.

    The modules are imported, as they were where it ran the example itself. Each variable is an
    object whose class says of itself what that of the real one did, with the methods and parts that
    the code names, and nothing else.
    """
    for module in sorted(imported(source)[0]):
        _import(module)
    tree = _Part()
    for one in record.names:
        if _import(one.module):
            *places, last = one.name.split(".")
            part = tree
            for place in places:
                part = part.parts.setdefault(place, _Part())
            if one.kind.endswith("method"):
                qualified = one.qualified[: -len(last) - 1]
                part.methods.add(last)
                part.is_class = one.kind == "class method"
                part.note(one.module, qualified)
            else:
                part = part.parts.setdefault(last, _Part())
                part.is_class = one.kind == "class"
                part.note(one.module, one.qualified)
    return {name: part.made() for name, part in tree.parts.items()}


@dataclass
class _Part:
    """A variable, or a part of one that the code names."""

    classes: list[tuple[str, str]] = field(default_factory=list)
    """Module and name of its class, then those of its bases."""
    is_class: bool = False
    """True if it is a class itself."""
    methods: set[str] = field(default_factory=set)
    parts: dict[str, _Part] = field(default_factory=dict)

    def note(self, module: str, qualified: str) -> None:
        """Note a class of it."""
        if (module, qualified) not in self.classes:
            self.classes.append((module, qualified))

    def made(self) -> Any:
        """Return an object that looks like it."""
        (module, qualified), *others = self.classes or [("process_gallery", "unknown")]
        bases = tuple(_class(*other, (), {}) for other in others)
        # sphinx-gallery asks inspect whether a name is a property or a method.
        mark: Any = classmethod(lambda _: None) if self.is_class else property()
        made = _class(module, qualified, bases, dict.fromkeys(self.methods, mark))
        result = made if self.is_class else made()
        for name, part in self.parts.items():
            setattr(result, name, part.made())
        return result


def _class(module: str, qualified: str, bases: tuple[type, ...], contents: dict[str, Any]) -> type:
    about = {"__module__": module, "__qualname__": qualified, "__doc__": ""}
    return type(qualified.rpartition(".")[2], bases, contents | about)


def _import(name: str) -> bool:
    """Return whether a module is there; what it does when it is imported is its own affair."""
    if name in sys.modules:
        return True
    try:
        importlib.import_module(name)
    except BaseException:  # noqa: BLE001 (of another project, and may even exit)
        return False
    return True


# -- times and memory on the pages

_TIME = re.compile(
    r"^\.\. rst-class:: sphx-glr-timing\n\n   \*\*Total running time of the script:\*\*.*\n",
    re.MULTILINE,
)
_MEMORY = re.compile(r"^\*\*Estimated memory usage:\*\*.*\n", re.MULTILINE)
_ROW = re.compile(
    r"^   \* - :ref:`sphx_glr_(?P<ref>\S+)` .*\n     - (?P<time>.*)\n     - (?P<memory>.*)\n",
    re.MULTILINE,
)
_TOTAL = re.compile(r"^\*\*[\d:.]+\*\* total execution time", re.MULTILINE)


def put_figures(text: str, record: Record | None, asked: Asked) -> str:
    """Put a run's time and memory where sphinx-gallery has written those of nothing."""
    time = memory = ""
    if record and record.duration >= asked.reported_from:
        minutes, seconds = divmod(record.duration, 60)
        time = (
            ".. rst-class:: sphx-glr-timing\n\n"
            f"   **Total running time of the script:** ({minutes:.0f} minutes {seconds:.3f} seconds)\n"
        )
    if record and asked.memory:
        memory = f"**Estimated memory usage:** {record.peak_memory / 1000:.0f} MB\n"
    return _MEMORY.sub(memory, _TIME.sub(time, text))


def put_times(text: str, durations: Mapping[str, tuple[float, float]]) -> str:
    """Put the times of runs into a page that lists them, the longest first.

    Parameters
    ----------
    text
        The page, as sphinx-gallery writes it.
    durations
        Seconds and MB of each run, by the name of its page's label.
    """
    rows = []
    total = 0.0
    for match in _ROW.finditer(text):
        seconds, megabytes = durations.get(match["ref"], (0.0, 0.0))
        total += seconds
        row = match[0].replace(f"- {match['time']}\n", f"- {_readable(seconds)}\n", 1)
        head, _, _ = row.rpartition("     - ")
        rows.append((seconds, f"{head}     - {megabytes:.1f}\n"))
    rows.sort(key=lambda row: -row[0])
    place = iter(rows)
    text = _ROW.sub(lambda _: next(place)[1], text)
    return _TOTAL.sub(f"**{_readable(total)}** total execution time", text)


def _readable(seconds: float) -> str:
    """Return seconds as sphinx-gallery writes them: ``01:02.345``."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:02.0f}:{rest:06.3f}"


# -- a report for machines


def write_junit(app: Sphinx, build: Build, titles: Mapping[str, str]) -> None:
    """Write the report that ``junit`` names: a test case for each example.

    Parameters
    ----------
    app
        The application.
    build
        What ran.
    titles
        The titles of the pages, by the paths of their scripts.
    """
    asked = asked_of(app)
    if not asked.junit or not build.runs_examples:
        return
    suite = ET.Element("testsuite", errors="0", name="sphinx-gallery")
    total, skipped = 0.0, 0
    for name, path in sorted(build.paths.items()):
        example, problem = build.examples.get(name), build.problems.get(name)
        seconds = example.record.duration if example else 0.0
        total += seconds
        file = Path(os.path.relpath(path, app.srcdir)).as_posix()
        title = next(
            (title for script, title in titles.items() if os.path.abspath(script) == str(path)),
            path.stem,
        )
        case = ET.SubElement(
            suite,
            "testcase",
            classname=path.stem,
            file=file,
            line="1",
            name=title,
            time=repr(seconds),
        )
        if problem:
            first = problem.split("\n", 1)[0]
            ET.SubElement(case, "failure", message=_XML.sub("?", first)).text = _XML.sub(
                "?", problem
            )
        elif example and example.record.expected != "ok":
            skipped += 1
            ET.SubElement(case, "skipped", message="expected example failure")
    suite.attrib |= {
        "failures": str(sum(name in build.paths for name in build.problems)),
        "skipped": str(skipped),
        "tests": str(len(suite)),
        "time": repr(round(total, 4)),
    }
    report = Path(app.outdir, asked.junit)
    report.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(report, encoding="utf-8", xml_declaration=True)


_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML does not have."""


def example_label(example: Example, page: str) -> str:
    """Return the label that sphinx-gallery gives a page."""
    return f"{page.replace('/', '_')}{example.script.path.suffix}"
