"""What runs of one script on several interpreters have in common, and how to say it in words."""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from process_gallery.model import PLATFORMS, Record, numbers, version_label
from process_gallery.script import Script
from process_gallery.store import digest_of, without_chance

from .pythons import key


@dataclass(frozen=True)
class VersionRun:
    """A script's run on one interpreter."""

    record: Record
    live: bool = False
    """True if this build ran it, or an earlier one of the same script on the same interpreter."""
    stale: bool = False
    """True if the script has changed since."""
    release: bool = False
    """True if there may be several of one minor version."""

    @property
    def version(self) -> str:
        """``3.14``, or ``3.14.10`` where there may be several; with the implementation's name in
        front if that is not CPython.
        """
        return self._named(version_label(self.record.interpreter, release=self.release))

    @property
    def minor(self) -> str:
        """``3.14`` in any case, with the implementation's name in front if that is not CPython."""
        return self._named(version_label(self.record.interpreter))

    def _named(self, version: str) -> str:
        name = self.record.interpreter.implementation
        return version if name == "CPython" else f"{name} {version}"

    @property
    def usual(self) -> bool:
        """True if it is CPython with a GIL on Linux, of which tables have a row or column for each
        minor version.
        """
        python = self.record.interpreter
        return python.implementation == "CPython" and python.platform == "linux" and python.gil

    @property
    def place(self) -> str:
        """Where it ran, as a reader calls it; empty on Linux."""
        python = self.record.interpreter
        if python.platform == "linux":
            return ""
        if python.platform == "emscripten":
            return "Pyodide"
        name = PLATFORMS.get(python.platform, python.platform)
        return f"{name} (Wine)" if python.run_by.startswith("Wine") else name

    @property
    def key(self) -> str:
        """``cpython-3.14-linux``: its Python's name in the attributes of a page."""
        return key(self.record.interpreter)

    @property
    def order(self) -> tuple[object, ...]:
        """Sort key: platform, implementation, version."""
        interpreter = self.record.interpreter
        platforms = list(PLATFORMS)
        place = (
            platforms.index(interpreter.platform)
            if interpreter.platform in platforms
            else len(platforms)
        )
        return (
            place,
            interpreter.platform,
            interpreter.implementation != "CPython",
            numbers(interpreter.version),
            not interpreter.gil,
        )

    @property
    def text(self) -> str:
        """What was printed."""
        return self.record.text()

    @property
    def lines(self) -> dict[str, str]:
        """What was printed as ``key: value`` lines, without what differs by chance."""
        return lines(self.text)

    @property
    def problem(self) -> str:
        """What went wrong, in a word or two; empty if the run is what its script declares."""
        return "" if self.record.as_expected else self.record.outcome


@dataclass
class Matrix:
    """What is known of one script that is shown by version."""

    name: str
    """Its folder's name and its own, without suffix: ``matrix/lock_at_fork``."""
    script: Script
    runs: list[VersionRun]
    """In the order in which they are shown: by platform, implementation, version."""
    damaged: list[str] = field(default_factory=list)
    """Names of the files that are no records."""

    @property
    def here(self) -> VersionRun | None:
        """The run of the building interpreter."""
        return next((run for run in self.runs if run.live), None)

    @functools.cached_property
    def fingerprint(self) -> str:
        """Digest of all that a page shows of it."""
        digest = hashlib.sha256(self.script.source)
        for run in self.runs:
            digest.update(f"{digest_of(run.record)} {run.live} {run.stale}\n".encode())
        digest.update(repr(self.damaged).encode())
        return digest.hexdigest()


def span(versions: Iterable[str]) -> str:
    """Return versions in words; what follows on each other is a range.

    >>> span(["2.7", "3.6", "3.7", "3.8", "3.10"])
    '2.7, 3.6 to 3.8, 3.10'
    >>> span(["3.14", "3.15", "3.14t"])
    '3.14, 3.15, 3.14t'
    """
    groups: list[list[str]] = []
    for version in versions:
        if groups and _follows(groups[-1][-1], version):
            groups[-1].append(version)
        else:
            groups.append([version])
    return ", ".join(
        f"{group[0]} to {group[-1]}" if len(group) > 2 else ", ".join(group) for group in groups
    )


def _follows(before: str, version: str) -> bool:
    one, two = (re.fullmatch(r"(.*?)(\d+)\.(\d+)(t?)", text) for text in (before, version))
    return bool(
        one
        and two
        and one[1] == two[1]
        and one[2] == two[2]
        and one[4] == two[4]
        and int(one[3]) + 1 == int(two[3])
    )


@dataclass
class Group:
    """Runs that came to the same."""

    runs: list[VersionRun]
    stale: bool
    among: Sequence[VersionRun] = ()
    """All runs of the script. A minor version of which there are several releases is named as a
    whole only if all of them are in the group.
    """

    @property
    def best(self) -> VersionRun:
        """The run to show: this build's, else the newest usual one, else the newest."""
        usual = [run for run in self.runs if run.usual] or self.runs
        return next((run for run in self.runs if run.live), usual[-1])

    def label(self) -> str:
        """Return the versions in words; where it is not Linux, with the platform in front. Those that
        say what the usual Python of their version says are not named.
        """
        shown = [run for run in self.runs if run.usual or run in self.others] or self.runs
        parts = []
        for place in dict.fromkeys(run.place for run in shown):
            here = [run for run in shown if run.place == place]
            kept = {id(run) for run in here}
            elsewhere = {
                run.minor for run in self.among if run.place == place and id(run) not in kept
            }
            words = span(
                dict.fromkeys(run.version if run.minor in elsewhere else run.minor for run in here)
            )
            parts.append(f"{place} {words}" if place else words)
        return "; ".join(parts)

    @property
    def others(self) -> list[VersionRun]:
        """Its runs that are not usual, and whose usual counterpart says something else."""
        return [
            run
            for run in self.runs
            if not run.usual and counterpart(run, self.among) not in self.runs
        ]


def counterpart(run: VersionRun, among: Sequence[VersionRun]) -> VersionRun | None:
    """Return the usual run of a run's minor version, the newest of these; None if there is none."""
    version = numbers(run.record.interpreter.version)[:2]
    same = [
        one for one in among if one.usual and numbers(one.record.interpreter.version)[:2] == version
    ]
    return same[-1] if same else None


def fold(runs: Sequence[VersionRun], *, exact: bool = False) -> list[Group]:
    """Put runs together that differ in nothing but process ids, addresses and (unless ``exact``)
    times.
    """
    groups: dict[object, Group] = {}
    for run in runs:
        essence = (without_chance(run.text, times=not exact), run.record.outcome, run.stale)
        groups.setdefault(essence, Group([], run.stale, runs)).runs.append(run)
    return list(groups.values())


def lines(text: str) -> dict[str, str]:
    r"""Return what a script printed as ``key: value`` lines, without what differs by chance.
    Warnings are not among them.

    >>> lines("a.py:1: SomeWarning: x\nlock: 3 of 10\nnothing\n")
    {'lock': '3 of 10'}
    """
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(?!\S+:\d+: )(\S.*?): (.*)", line)
        if match:
            found.setdefault(match[1], without_chance(match[2]))
    return found
