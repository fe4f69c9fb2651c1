"""What a build knows: its examples and scripts by version, each with a record that was kept or is
made now.

One pipeline serves both: find the scripts, look at the interpreter, ask what is installed in it,
load the records that still hold, record the rest, judge, keep.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import re
import sys
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.console import colorize

from process_gallery.drawing.text import failure
from process_gallery.errors import ExampleError, InterpreterError, RecordError
from process_gallery.interpreters import Installed, Probe, probe, processors
from process_gallery.matrix import name_of
from process_gallery.model import Record, numbers
from process_gallery.recording.job import AsGallery, Job, Limits
from process_gallery.recording.recorder import record_all, stop_on_sigterm
from process_gallery.script import START_METHODS, Script, contents, read_script
from process_gallery.store import Cache, digest_of, key

from .comparison import Matrix, VersionRun
from .settings import cwd_of, idle_of, timeout_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from process_gallery.script import Cwd

    from .stock import Asked, Runs

logger = logging.getLogger(__name__)

DOMAIN = "process_gallery"
"""Name of the domain that holds the build."""


@dataclass
class Example:
    """An example of this build."""

    name: str
    """Path below the folder of examples, with slashes: ``countdown/two_countdowns.py``."""
    script: Script
    record: Record
    source: str
    """File that the record came from."""
    lacking: tuple[str, ...] = ()
    """What the building interpreter lacks; the record is then a committed one, from another
    interpreter.
    """
    stand_ins: tuple[Example, ...] = ()
    """The same script with committed records instead, the newest first: one of them stands on a page
    that says what the run must show, where this one does not show it.
    """
    failed: bool = False
    """True if it did not do what it declares: the build fails when its pages are written."""
    replaces: str = ""
    """Of a stand-in: the interpreter whose run does not show it, such as ``CPython 3.11.7``."""
    under: dict[str, Example] = field(default_factory=dict)
    """The same script called with each start method that it declares, by method."""

    @functools.cached_property
    def fingerprint(self) -> str:
        """Digest of all that a page shows of it, which tells the record from any other run."""
        digest = hashlib.sha256(self.script.source)
        digest.update(repr(self.lacking).encode())
        for one in (self, *self.stand_ins):
            digest.update(digest_of(one.record).encode())
        for method in self.under.values():
            digest.update(method.fingerprint.encode())
        return digest.hexdigest()

    @property
    def committed(self) -> bool:
        """True if this build did not run it, and shows a committed record."""
        return bool(self.lacking or self.script.declared.by_hand)

    @property
    def file(self) -> str:
        """Name of the file that the record came from."""
        return Path(self.source).name

    def with_record(self, file: str) -> Example:
        """Return the run whose record came from a file of this name: a stand-in, or one under a
        start method; this one if there is none.
        """
        runs = (one for run in (self, *self.under.values()) for one in (run, *run.stand_ins))
        return next((one for one in runs if one.file == file), self)

    @property
    def stale(self) -> bool:
        """True if the script has changed since the record was made."""
        return self.record.sha256 != hashlib.sha256(self.script.source).hexdigest()


@dataclass(frozen=True)
class _Committed:
    """A committed record."""

    path: Path
    record: Record
    stale: bool
    """True if the script has changed since."""


@dataclass(frozen=True)
class _Task:
    """A script of which the build needs a record."""

    name: str
    """What the record calls it."""
    script: Script
    python: str
    """The interpreter that runs it."""
    cwd: Cwd = "empty"
    """As for :class:`~process_gallery.Job`."""
    page: str = ""
    """The page that sphinx-gallery makes of it; empty for scripts that are shown by version."""
    gallery: AsGallery | None = None
    """As for :class:`~process_gallery.Job`."""
    arguments: tuple[str, ...] = ()
    """What it is called with: the start method, where it shall run under one."""

    def under_start_methods(self) -> Iterator[_Task]:
        """Yield the same script called with each start method that it declares; Windows has one."""
        for method, _ in self.script.declared.start_methods:
            if sys.platform != "win32" or method == "spawn":
                yield replace(self, arguments=(method,))

    @property
    def words(self) -> str:
        """What a message calls it."""
        return " ".join([self.name, *self.arguments])


@dataclass(frozen=True)
class _Python:
    """An interpreter that runs examples."""

    probe: Probe
    installed: Installed


@dataclass(frozen=True)
class _Result:
    """What came of a task."""

    task: _Task
    record: Record | None
    """None if the recorder itself failed."""
    source: str = ""
    """File that keeps the record."""
    new: bool = False
    """True if it ran in this build."""
    problem: str = ""
    """Why it is not what the script declares, with a remedy; empty if it is."""


class Build:
    """What one build of a site knows of the scripts that it shows.

    It is filled before sphinx-gallery writes its pages; the event ``process-gallery-recorded`` then
    hands it over. Sphinx does not keep it between builds.
    """

    def __init__(self, env: BuildEnvironment) -> None:
        self._env = env
        self.examples: dict[str, Example] = {}
        """Examples by :attr:`Example.name`."""
        self.matrices: dict[str, Matrix] = {}
        """Scripts that are shown by version, by name, such as ``matrix/lock_at_fork``."""
        self._committed: dict[str, list[_Committed]] = {}
        """Committed records by the name of their script, without suffix."""
        self._read_before: dict[Path, Script] = {}
        self._under: dict[str, dict[str, tuple[Example, bool]]] = {}
        """Runs under start methods by the name of their example, each with whether it is new."""
        self.problems: dict[str, str] = {}
        """What is wrong with the scripts that did not do what they declare, by their names."""
        self.count = 0
        """How many scripts there are."""
        self.paths: dict[str, Path] = {}
        """Where the examples are that run, by their names."""

    @classmethod
    def of(cls, env: BuildEnvironment) -> Build:
        """Return the build of an environment.

        Raises
        ------
        KeyError
            If the extension ``process_gallery`` is not set up.

        """
        build: Build = env.domains[DOMAIN].build  # type: ignore[attr-defined]
        return build

    # -- where things are

    @property
    def example_folders(self) -> list[Path]:
        """Folders that sphinx-gallery takes examples from, as absolute paths."""
        return [
            Path(os.path.abspath(Path(self._env.srcdir, folder)))
            for folder in self._listed("examples_dirs")
        ]

    @property
    def gallery_folders(self) -> list[str]:
        """Folders that sphinx-gallery writes pages to, relative to the source folder."""
        return [
            Path(os.path.normpath(folder)).as_posix() for folder in self._listed("gallery_dirs")
        ]

    def _listed(self, setting: str) -> list[str | os.PathLike[str]]:
        value = self._env.config.sphinx_gallery_conf[setting]
        return [value] if isinstance(value, str | os.PathLike) else list(value)

    @property
    def records_folder(self) -> Path:
        """Folder of committed records."""
        return Path(self._env.srcdir, self._env.config.process_gallery_records)

    @property
    def cache_folder(self) -> Path:
        """Folder where records are kept between builds."""
        if self._env.config.process_gallery_cache:
            return Path(self._env.srcdir, self._env.config.process_gallery_cache)
        return Path(self._env.doctreedir).parent / "process_gallery"

    @property
    def runs_examples(self) -> bool:
        """False if sphinx-gallery is told to show the code only."""
        return self._env.config.sphinx_gallery_conf["plot_gallery"] not in (False, "False", "0", 0)

    # -- what is known

    @functools.cached_property
    def scripts(self) -> dict[str, Script]:
        """Scripts that the ``contents.txt`` of the folders list, in that order, by their path below
        the folder; read in every build, whether it runs examples or not.
        """
        return {
            name: self._read(folder / name)
            for folder in self.example_folders
            for name in contents(folder)
        }

    def _read(self, path: Path) -> Script:
        """Read a script, once in a build."""
        if path not in self._read_before:
            self._read_before[path] = read_script(path, timeout=timeout_of(self._env.config))
        return self._read_before[path]

    def example(self, name: str) -> Example | None:
        """Return an example by its path below the folder of examples, with or without ``.py``."""
        return self.examples.get(name.removesuffix(".py") + ".py")

    def note(self, docname: str, example: Example) -> None:
        """Note that a page shows something of an example: it is read again when the record is
        another one.
        """
        domain: Any = self._env.domains[DOMAIN]
        domain.note(docname, example.name, example.fingerprint)

    def example_at(self, path: str | os.PathLike[str]) -> Example | None:
        """Return an example by the path of its script."""
        absolute = os.path.abspath(path)
        return next(
            (one for one in self.examples.values() if str(one.script.path) == absolute), None
        )

    def fingerprint(self, name: str) -> str | None:
        """Return the fingerprint of an example or of a matrix; None if there is none of this name."""
        found = self.examples.get(name) or self.matrices.get(name)
        return found.fingerprint if found else None

    @functools.cached_property
    def pages(self) -> dict[str, Example]:
        """The examples by the pages that sphinx-gallery makes of them."""
        return {self.page(example): example for example in self.examples.values()}

    def page(self, example: Example) -> str:
        """Return the page that sphinx-gallery makes of an example, without suffix."""
        return self._page(example.script.path)

    def _page(self, path: Path) -> str:
        inside = [
            (len(folder.parts), gallery, path.relative_to(folder))
            for folder, gallery in zip(self.example_folders, self.gallery_folders, strict=False)
            if path.is_relative_to(folder)
        ]
        _, gallery, below = max(inside)
        return f"{gallery}/{below.with_suffix('').as_posix()}"

    def in_gallery(self, docname: str) -> bool:
        """Return whether sphinx-gallery writes a page."""
        return any(docname.startswith(f"{folder}/") for folder in self.gallery_folders)

    # -- before the pages are read

    def record(self, asked: Asked, runs: Runs | None, *, shown: dict[str, dict[str, str]]) -> None:
        """Record every script that changed, load the records of the others. What is wrong with some
        is in :attr:`problems` then; every other script has been recorded and kept.

        Parameters
        ----------
        asked
            What the project asks of sphinx-gallery.
        runs
            How examples run; None: as a reader runs them.
        shown
            For each page, what it was written with: names and fingerprints.

        Raises
        ------
        ExtensionError
            If nothing can be run; if an example did not end as it declares and the first failure is
            to end the build.
        """
        live: dict[str, VersionRun] = {}
        scripts = self._scripts_by_version()
        self._read_committed(scripts)
        if self.runs_examples:
            stop_on_sigterm()
            examples = list(self._example_tasks(asked, runs))
            self.count = len(examples) + len(scripts)
            every = [*examples, *scripts]
            pythons = self._interpreters(every)
            tasks = []
            for task in examples:
                python = pythons.get(task.python)
                by_hand = task.script.declared.by_hand
                if by_hand:
                    lacking = []
                elif not python:
                    lacking = [f"the interpreter {task.python}"]
                else:
                    lacking = python.installed.missing(task.script, python.probe)
                if not lacking and not by_hand:
                    tasks += [task, *task.under_start_methods()]
                elif records := self._usable(task):
                    example = self._example(task, *records[0], tuple(lacking), records[1:])
                    for method in task.under_start_methods():
                        if others := self._usable(method):
                            example.under[method.arguments[0]] = self._example(
                                method, *others[0], tuple(lacking), others[1:]
                            )
                    seen = shown.get(task.page, {}).get(task.name)
                    self._put(task, example, new=example.fingerprint != seen)
                elif by_hand:
                    self.problems[task.name] = (
                        f"{task.name}: is recorded by hand ({by_hand}), and no record that fits is committed under {self.records_folder}; "
                        f"run  python -m process_gallery matrix --newest {task.script.path}"
                    )
                else:
                    self.problems[task.name] = (
                        f"{task.name}: needs {', '.join(lacking)}, which this machine or the building interpreter lacks, and no record that fits is "
                        f"committed under {self.records_folder}; install what it needs, or record it where that is installed"
                    )
            kept = not asked.again
            at_once = self._env.config.process_gallery_jobs or asked.at_once or processors()
            results = self._load_or_record([*tasks, *scripts], pythons, at_once, kept=kept)
            for result in results:
                self._take(result, live)
                if self.problems and asked.first_failure_ends:
                    results.close()
                    break
            for task in examples:
                self._put_under(task)
        self._compare(scripts, live)
        if self.problems and asked.first_failure_ends:
            raise ExtensionError("\n".join(self.problems.values()))

    def _take(self, result: _Result, live: dict[str, VersionRun]) -> None:
        """Make the outcome of a task known."""
        task, record = result.task, result.record
        if record and not task.page:
            every = task.script.declared.every_release
            live[task.name] = VersionRun(record, live=True, release=every)
            if result.problem:
                logger.warning("%s", result.problem, type="process_gallery", subtype="matrix")
            return
        if result.problem:
            self.problems[task.words] = result.problem
        if not record:
            return
        stand_ins = self._usable(task)
        example = self._example(task, record, result.source, (), stand_ins)
        example.failed = bool(result.problem)
        if task.arguments:
            self._under.setdefault(task.name, {})[task.arguments[0]] = example, result.new
        else:
            self._put(task, example, new=result.new)
        for note in record.notes:
            logger.warning("%s: %s", task.words, note, type="process_gallery", subtype="note")

    def _put_under(self, task: _Task) -> None:
        """Make the runs of an example under start methods known, in the order of the methods."""
        found = self._under.get(task.name, {})
        example = self.examples.get(task.name)
        if found and example:
            methods = [one.arguments[0] for one in task.under_start_methods()]
            example.under = {method: found[method][0] for method in methods if method in found}
            self._put(task, example, new=any(new for _, new in found.values()))

    def _example_tasks(self, asked: Asked, runs: Runs | None) -> Iterator[_Task]:
        """Find what sphinx-gallery makes pages of."""
        config = self._env.config
        conf = config.sphinx_gallery_conf
        names: set[str] = set()
        # sphinx-gallery warns of surplus folders
        for folder, gallery in zip(self.example_folders, self.gallery_folders, strict=False):
            for path in scripts_shown(folder):
                if re.search(conf["ignore_pattern"], path.name) or not re.search(
                    conf["filename_pattern"], str(path)
                ):
                    continue
                name = path.relative_to(folder).as_posix()
                if name in names:  # an earlier gallery has one of this name
                    name = f"{gallery}/{name}"
                names.add(name)
                self.paths[name] = path
                try:
                    script = self._read(path)
                except ExampleError as error:
                    self.problems[name] = str(error)
                    continue
                if str(path) in asked.failing and script.declared.expected == "ok":
                    script = replace(
                        script, declared=replace(script.declared, expected="exception")
                    )
                page = self._page(path)
                gallery_mode = runs.example(page) if runs else None
                python = script.python or config.process_gallery_python
                yield _Task(name, script, python, cwd_of(config), page, gallery_mode)

    def _scripts_by_version(self) -> list[_Task]:
        """Find the scripts that are shown by version."""
        folder = Path(self._env.srcdir, self._env.config.process_gallery_matrix)
        try:
            scripts = [read_script(path) for path in sorted(folder.glob("*.py"))]
        except ExampleError as error:
            raise ExtensionError(str(error)) from error
        python = self._env.config.process_gallery_python
        return [_Task(name_of(script), script, python) for script in scripts]

    def _interpreters(self, tasks: Sequence[_Task]) -> dict[str, _Python]:
        """Ask the interpreters that are to run something; what an example declares may not be there."""
        default: str = self._env.config.process_gallery_python
        found = {}
        for number, python in enumerate(dict.fromkeys([default, *(task.python for task in tasks)])):
            scripts = [task.script for task in tasks if task.python == python]
            kept = self.cache_folder / f"installed{number or ''}"
            try:
                about = probe(python)
                installed = Installed.ask(about.path, scripts, kept=kept)
            except (InterpreterError, OSError, ValueError) as error:
                if python == default:
                    message = f"the interpreter that is to run the examples cannot be used: {error}"
                    raise ExtensionError(message) from error
                logger.info("%s", error)
                continue
            found[python] = _Python(about, installed)
        return found

    def _load_or_record(
        self,
        tasks: Sequence[_Task],
        pythons: dict[str, _Python],
        at_once: int,
        *,
        kept: bool,
    ) -> Generator[_Result]:
        """Yield a result for each task: first what was kept, if that is wanted, then what runs now."""
        cache = Cache(self.cache_folder)
        config = self._env.config
        limits = Limits(output=config.process_gallery_output, idle=idle_of(config))
        jobs: list[Job] = []
        waiting: dict[int, tuple[_Task, str]] = {}
        for task in tasks:
            python = pythons[task.python]
            digest = key(
                task.script,
                python.probe,
                python.installed,
                cwd=task.cwd,
                output=limits.output,
                gallery=task.gallery,
                arguments=task.arguments,
            )
            record = cache.load(task.script, task.name, digest, task.arguments) if kept else None
            if record:
                yield _Result(task, record, str(cache.path(task.name, digest, task.arguments)))
            else:
                job = Job(
                    task.script,
                    python=task.python,
                    name=task.name,
                    cwd=task.cwd,
                    limits=limits,
                    gallery=task.gallery,
                    arguments=task.arguments,
                )
                jobs.append(job)
                waiting[id(job)] = task, digest
        if not jobs:
            return
        logger.info(
            colorize("bold", "recording examples... ") + f"{len(jobs)} to run, {at_once} at a time"
        )
        began = time.monotonic()
        for number, (job, record_or_error) in enumerate(record_all(jobs, at_once=at_once), 1):
            task, digest = waiting[id(job)]
            if not isinstance(record_or_error, Record):
                yield _Result(task, None, problem=str(record_or_error))
                continue
            record = record_or_error
            problem = failure(record, job.script.path, job.python, cwd=job.cwd)
            if problem and job.gallery and record.as_expected:  # sphinx-gallery would not see it
                logger.info("%s", problem)
                problem = None
            problem = problem or _other_method(record, task)
            word = colorize("red", "failed") if problem else "ok"
            logger.info(f"  [{number}/{len(jobs)}] {task.words}  {record.duration:.1f} s  {word}")
            if not problem:
                self._keep(cache, task, digest, record)
            source = str(cache.path(task.name, digest, task.arguments))
            yield _Result(task, record, source, new=True, problem=problem or "")
        logger.info(f"  recorded {len(jobs)} examples in {time.monotonic() - began:.1f} s")

    def _keep(self, cache: Cache, task: _Task, digest: str, record: Record) -> None:
        try:
            cache.save(task.name, digest, record)
        except OSError as error:
            logger.warning(
                "%s: its record cannot be kept in %s: %s; it will run again at the next build",
                task.name,
                cache.folder,
                error,
            )

    def _put(self, task: _Task, example: Example, *, new: bool) -> None:
        """Make an example known; have sphinx-gallery write its page again if the record is new."""
        self.examples[task.name] = example
        for file in example.record.files:
            if any(file.path.startswith(f"{gallery}/") for gallery in self.gallery_folders):
                _write(Path(self._env.srcdir, file.path), base64.b64decode(file.content))
        if new:  # sphinx-gallery keeps the digest of the script beside the page
            Path(self._env.srcdir, f"{task.page}.py.md5").unlink(missing_ok=True)

    @staticmethod
    def _example(
        task: _Task,
        record: Record,
        source: str,
        lacking: tuple[str, ...],
        others: Sequence[tuple[Record, str]],
    ) -> Example:
        """Return an example with a record, and others that may stand in for it."""
        python = record.interpreter
        replaces = f"{python.implementation} {python.version}"
        stand_ins = [
            Example(task.name, task.script, other, file, replaces=replaces)
            for other, file in others
        ]
        return Example(task.name, task.script, record, source, lacking, tuple(stand_ins))

    def _usable(self, task: _Task) -> list[tuple[Record, str]]:
        """Return the committed records that a page can show with this script: those of the script as
        it is first, the newest interpreter's first.
        """
        found = [
            one
            for one in self._committed.get(task.name.removesuffix(".py"), ())
            if one.record.as_expected
            and one.record.arguments == list(task.arguments)
            and [(cell.first, cell.last) for cell in one.record.cells] == list(task.script.cells)
        ]
        found.sort(
            key=lambda one: (not one.stale, numbers(one.record.interpreter.version)), reverse=True
        )
        return [(one.record, str(one.path)) for one in found]

    # -- scripts by version

    def _compare(self, scripts: Sequence[_Task], live: dict[str, VersionRun]) -> None:
        """Put this build's runs and the committed records side by side."""
        for task in scripts:
            matrix = self.matrices[task.name.removesuffix(".py")]
            if task.name in live:
                matrix.runs.append(live[task.name])
            here = matrix.here
            for one in self._committed.get(matrix.name, ()):
                every = matrix.script.declared.every_release
                run = VersionRun(one.record, stale=one.stale, release=every)
                if not here or (here.version, here.record.interpreter.platform) != (
                    run.version,
                    one.record.interpreter.platform,
                ):
                    matrix.runs.append(run)
            matrix.runs.sort(key=lambda run: run.order)

    def _read_committed(self, scripts: Sequence[_Task]) -> None:
        """Read the committed records, and say what is wrong with them."""
        known: dict[str, Path] = {}
        for folder in self.example_folders:
            for path in folder.rglob("*.py"):
                known[path.relative_to(folder).as_posix().removesuffix(".py")] = path
        for task in scripts:
            name = task.name.removesuffix(".py")
            known[name] = task.script.path
            self.matrices[name] = Matrix(name, task.script, [])
        for path in sorted(self.records_folder.rglob("*.json")):
            self._load(path, path.parent.relative_to(self.records_folder).as_posix(), known)

    def _load(self, path: Path, name: str, known: dict[str, Path]) -> None:
        """Read a committed record; warn if it is damaged, stale, or of no script."""

        def warn(words: str) -> None:
            logger.warning("%s: %s", path, words, type="process_gallery", subtype="record")

        if name not in known:
            warn("record of a script that does not exist; remove it")
            return
        matrix = self.matrices.get(name)
        again = f"renew it with  {renewal(known[name], newest=not matrix)}"
        try:
            record = Record.from_json(path.read_bytes())
        except (OSError, RecordError) as error:
            warn(f"damaged record: {error}; {again}")
            if matrix:
                matrix.damaged.append(path.name)
            return
        stale = record.sha256 != hashlib.sha256(known[name].read_bytes()).hexdigest()
        if stale:
            warn(f"stale record: {name}.py has changed since; {again}")
        self._committed.setdefault(name, []).append(_Committed(path, record, stale))


def _write(path: Path, content: bytes) -> None:
    """Write a file that scrapers have made, if it has not that content already."""
    if not path.is_file() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _other_method(record: Record, task: _Task) -> str:
    """Say that a run under a start method has started its processes by another one."""
    used = {process.how for process in record.processes} & set(START_METHODS)
    if not task.arguments or not used or task.arguments[0] in used:
        return ""
    return (
        f"{task.words}: no process was started by {task.arguments[0]}, but by {', '.join(sorted(used))}; hand the argument to "
        "multiprocessing, such as  multiprocessing.get_context(*sys.argv[1:])"
    )


def renewal(path: Path, *, newest: bool) -> str:
    """Return the shell command that records a script for the folder of committed records: on every
    interpreter, or, for an example, on the newest that can run it.
    """
    option = "--newest " if newest else ""
    return f"python -m process_gallery matrix {option}{os.path.relpath(path)}"


def scripts_shown(folder: Path) -> list[Path]:
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


def draws(builder: Builder) -> bool:
    """Return whether pages show records drawn as HTML; an EPUB, whose pages are XHTML, shows them
    as text, as other formats do.
    """
    return builder.format == "html" and builder.name != "epub"
