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
        """The run to show: this build's, else the newest."""
        return next((run for run in self.runs if run.live), self.runs[-1])

    def label(self, *, platforms: bool) -> str:
        """Return the versions in words, with their platforms if there is more than one."""
        parts = []
        for platform in dict.fromkeys(run.record.interpreter.platform for run in self.runs):
            here = [run for run in self.runs if run.record.interpreter.platform == platform]
            kept = {id(run) for run in here}
            elsewhere = {
                run.minor
                for run in self.among
                if run.record.interpreter.platform == platform and id(run) not in kept
            }
            words = span(
                dict.fromkeys(run.version if run.minor in elsewhere else run.minor for run in here)
            )
            parts.append(f"{PLATFORMS.get(platform, platform)} {words}" if platforms else words)
        return "; ".join(parts)


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
