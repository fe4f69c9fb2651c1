"""When something changed, checked against runs: the directive ``version_history``, and the roles
``since`` and ``until``.

What can be run is asked by probes: lines ``name: yes`` or ``name: no`` that a script prints which
is recorded on every release (``sphinx_gallery_every_release = True``). Where a page names the
version of a change, it names the probe, too. If the probe's answers are not what the versions say,
the build warns of it.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import ReferenceRole

from process_gallery.model import Version, numbers

from .build import DOMAIN, Build
from .comparison import Matrix, VersionRun, lines
from .domain import RecordsDomain
from .pythons import marked_inline
from .versions import ByVersion, row_of, table_of

logger = logging.getLogger(__name__)

_VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)?\b")
_PROBE = re.compile(r"([\w-]+)(?:\s*\((no since|until) ([^()]+)\))?")


@dataclass(frozen=True)
class Answer:
    """What a probe said on one interpreter."""

    run: VersionRun
    yes: bool

    @property
    def version(self) -> Version:
        """The release, to compare with."""
        return numbers(self.run.record.interpreter.version)

    @property
    def word(self) -> str:
        """``yes`` or ``no``."""
        return "yes" if self.yes else "no"


@dataclass(frozen=True)
class Change:
    """Versions with which something changed: one in each branch that it came to."""

    versions: tuple[Version, ...]
    after: bool = False
    """True if they are the last ones before it."""

    @classmethod
    def read(cls, text: str, *, after: bool = False) -> Change:
        """Return the change at the versions that a text names, such as ``3.13.8 and 3.14.1``.

        Raises
        ------
        ValueError
            If it names none.

        """
        versions = tuple(tuple(map(int, found.split("."))) for found in _VERSION.findall(text))
        if not versions:
            raise ValueError(f"{text!r} names no version; write it like 3.14 or 3.13.8 and 3.14.1")
        return cls(versions, after)

    def reached(self, version: Version) -> bool:
        """Return whether a release has it: one that is not older in its own branch, or than all.

        >>> change = Change.read("3.13.8 and 3.14.1")
        >>> [change.reached(v) for v in ((3, 13, 7), (3, 13, 8), (3, 14, 0), (3, 14, 1), (3, 15, 0))]
        [False, True, False, True, True]
        >>> change = Change.read("3.13 and 3.14.2", after=True)
        >>> [change.reached(v) for v in ((3, 13, 7), (3, 14, 2), (3, 14, 3), (3, 15, 0))]
        [False, False, True, True]
        """
        branch = [one for one in self.versions if one[:2] == version[:2]]
        if self.after:
            last = branch or [max(self.versions)]
            return version[: len(last[0])] > last[0]
        return any(version >= one for one in branch) or version >= max(self.versions)


@dataclass(frozen=True)
class Claim:
    """What a page says of a probe: its first answer, and when that changed to the other one."""

    probe: str
    first: bool
    changes: tuple[Change, ...]

    @classmethod
    def read(cls, probe: str, change: Change) -> Claim:
        """Read ``NAME``, ``NAME (no since 3.8)`` or ``NAME (until 3.14)``; without more, the answer is
        yes since the change.

        Raises
        ------
        ValueError
            If it is none of these.

        """
        match = _PROBE.fullmatch(probe.strip())
        if not match:
            raise ValueError(
                f"{probe!r} is no name of a probe; write  NAME,  NAME (no since 3.8)  or  NAME (until 3.14)"
            )
        name, word, versions = match.groups()
        if word == "until":
            return cls(name, False, (change, Change.read(versions)))
        if word:
            return cls(name, True, (Change.read(versions), change))
        return cls(name, False, (change,))

    def expects(self, version: Version) -> bool:
        """Return what the answer on a release is, if the page is right."""
        return self.first ^ bool(sum(change.reached(version) for change in self.changes) % 2)


@dataclass
class Seen:
    """What a probe said on all interpreters."""

    name: str
    matrix: Matrix
    answers: list[Answer] = field(default_factory=list)
    """CPython's, the oldest first; where it could not be asked there is none."""
    others: list[Answer] = field(default_factory=list)
    """Of other implementations, and of builds without the GIL."""

    @property
    def stretches(self) -> list[list[Answer]]:
        """The answers, those that follow each other and are the same together."""
        return [list(same) for _, same in itertools.groupby(self.answers, lambda one: one.yes)]

    def words(self, claim: Claim | None = None) -> str:
        """Say where it was seen to change: ``no on 3.13.5, yes on 3.13.15``. Of other implementations
        only what a claim does not let expect.
        """
        stretches = self.stretches
        parts = []
        for number, same in enumerate(stretches):
            first, last = same[0].run.version, same[-1].run.version
            if len(stretches) == 1:
                where = first if first == last else f"{first} to {last}"
            elif number == 0:
                where = last
            elif number == len(stretches) - 1 or first == last:
                where = first
            else:
                where = f"{first} to {last}"
            parts.append(f"{same[0].word} on {where}")
        parts += [
            f"{other.word} on {other.run.version}"
            for other in self.others
            if claim and other.yes != claim.expects(other.version)
        ]
        return ", ".join(parts)

    def everything(self) -> str:
        """Say what was seen on each release."""
        return "; ".join(
            f"{same[0].word} on {', '.join(one.run.version for one in same)}"
            for same in self.stretches
        )

    @property
    def contradicts_itself(self) -> bool:
        """True if it said no in a branch after it had said yes there, or in the newest release of a
        branch after it had said yes in those of older ones: one change does not do that.
        """
        branches: dict[Version, list[bool]] = {}
        for answer in self.answers:
            branches.setdefault(answer.version[:2], []).append(answer.yes)
        newest = [said[-1] for said in branches.values()]
        return any(said != sorted(said) for said in (*branches.values(), newest))

    def problem(self, claim: Claim) -> str:
        """Return what is wrong with a claim, and what to do; empty if nothing is."""
        wrong = [one for one in self.answers if one.yes != claim.expects(one.version)]
        if not wrong:
            return ""
        script = self.matrix.script.path.name
        expected = ", ".join(f"{'no' if one.yes else 'yes'} on {one.run.version}" for one in wrong)
        text = f"the versions let expect {expected}; seen by {self.name} of {script}: {self.everything()}; "
        if len(claim.changes) == 1 and self.contradicts_itself:
            return f"{text}the probe contradicts itself: mend it, or say since when or until when, such as  {self.name} (no since 3.8)"
        return f"{text}correct the version, or mend the probe and renew its records"


@functools.lru_cache(maxsize=1)  # each role asks
def probes(build: Build) -> dict[str, Seen]:
    """Return every probe of the scripts that are recorded on every release, by name."""
    found: dict[str, Seen] = {}
    for matrix in build.matrices.values():
        if not matrix.script.declared.every_release:
            continue
        for run in matrix.runs:
            if run.record.interpreter.platform != "linux" or run.problem:
                continue
            for name, said in lines(run.text).items():
                word = said.split()[0] if said.strip() else ""
                if word not in ("yes", "no"):
                    continue
                seen = found.setdefault(name, Seen(name, matrix))
                answer = Answer(run, word == "yes")
                (seen.answers if run.usual else seen.others).append(answer)
    return found


class _ChangeRole(ReferenceRole):
    """What the two roles have in common: ``TEXT WITH VERSIONS <PROBE>``; the text is shown."""

    after = False

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the text, checked."""
        problem = self._problem()
        if problem:
            logger.warning(
                "%s: %r: %s", self.name, self.title, problem,
                location=self.get_location(), type=DOMAIN, subtype="version",
            )  # fmt: skip
        data = {"until" if self.after else "since": _releases(self.title)}
        return [marked_inline(self.rawtext, self.title, classes=["pg-since"], data=data)], []

    def _problem(self) -> str:
        if not self.has_explicit_title:
            return "names no probe; write  TEXT WITH VERSIONS <PROBE>"
        build = Build.of(self.env)
        try:
            claim = Claim.read(self.target, Change.read(self.title, after=self.after))
        except ValueError as error:
            return str(error)
        seen = probes(build).get(claim.probe)
        if not seen:
            return f"there is no run of a probe {claim.probe!r}; correct its name, or record it"
        RecordsDomain.of(self.env).note(self.env.docname, seen.matrix.name, seen.matrix.fingerprint)
        return seen.problem(claim)


class SinceRole(_ChangeRole):
    """``since``: the versions with which something changed."""


class UntilRole(_ChangeRole):
    """``until``: the last versions before something changed."""

    after = True


class VersionHistory(ByVersion):
    """A table of changes: what changed with which release, and how that is known.

    The arguments are the scripts of the probes. The content is a list of rows, each a list of
    three or four: releases, what changed, the source, and the names of the probes. Every probe of
    the scripts must be named, and what they said must be what the releases let expect.
    """

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {}

    def drawn(self) -> list[nodes.Node]:
        """Return the nodes that take the directive's place."""
        matrices = [self.matrix(name) for name in self.arguments[0].split()]
        known = {
            name: seen for name, seen in probes(Build.of(self.env)).items()
            if seen.matrix in matrices
        }  # fmt: skip
        unnamed = dict(known)
        body = []
        for row, entries in self._rows():
            release, change, source = entries[:3]
            claims = list(self._claims(row, entries))
            runs = [(known[claim.probe], claim) for claim in claims if claim.probe in known]
            for claim in claims:
                unnamed.pop(claim.probe, None)
                if claim.probe not in known:
                    self._warn(row, f"there is no run of a probe {claim.probe!r}; correct its name, or record it")  # fmt: skip
            for seen, claim in runs:
                if problem := seen.problem(claim):
                    self._warn(row, f"{_text(release)}: {problem}")
            row_entries = [release, change, [*_how(runs), *_source(source, cited=not runs)]]
            body.append(row_of(row_entries, since=_releases(_text(release))))
        for name, seen in unnamed.items():
            problem = "; it contradicts itself" if seen.contradicts_itself else ""
            self._warn(None, f"the probe {name!r} of {seen.matrix.script.path.name} is in no row{problem}: {seen.everything()}; add a row, or remove it")  # fmt: skip
        table = table_of(["Release", "Change", "How it is known"], body, "pg-history")
        return [table, *self.notes(matrices), self.origin(matrices)]

    def _rows(self) -> Iterator[tuple[nodes.list_item, list[list[nodes.Node]]]]:
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        if len(parsed) != 1 or not isinstance(parsed[0], nodes.bullet_list):
            raise self.error("version_history: the content is not one list of rows")
        for row in parsed[0]:
            assert isinstance(row, nodes.list_item)
            inner = row[0] if len(row) == 1 else None
            if not isinstance(inner, nodes.bullet_list) or len(inner) not in (3, 4):
                raise self.error(
                    f"version_history: {row.astext()[:60]!r}: a row is a list of releases, change, source and, if it was run, probes"
                )
            yield row, [list(entry.children) for entry in inner.children]

    def _claims(self, row: nodes.Node, entries: list[list[nodes.Node]]) -> Iterator[Claim]:
        if len(entries) < 4:
            return
        for name in re.findall(r"[\w-]+(?:\s*\([^()]*\))?", _text(entries[3])):
            try:
                yield Claim.read(name, Change.read(_text(entries[0])))
            except ValueError as error:
                self._warn(row, str(error))

    def _warn(self, place: nodes.Node | None, text: str) -> None:
        location = place if place is not None else (self.env.docname, self.lineno)
        logger.warning(
            "version_history: %s", text, location=location, type=DOMAIN, subtype="version"
        )


def _releases(text: str) -> str:
    return " ".join(_VERSION.findall(text))


def _text(entry: Sequence[nodes.Node]) -> str:
    return " ".join(" ".join(node.astext() for node in entry).split())


def _how(runs: Sequence[tuple[Seen, Claim]]) -> list[nodes.Node]:
    """Say what the probes of a row said, those that said the same together."""
    together: dict[str, list[str]] = {}
    for seen, claim in runs:
        together.setdefault(seen.words(claim), []).append(seen.name)
    result: list[nodes.Node] = []
    for words, names in together.items():
        paragraph = nodes.paragraph(classes=["pg-seen"])
        if len(together) > 1:
            for number, name in enumerate(names):
                paragraph += [nodes.Text(", " if number else ""), nodes.literal(name, name)]
            paragraph += nodes.Text(f": {words}")
        else:
            paragraph += nodes.Text(f"Run: {words}")
        result.append(paragraph)
    return result


def _source(entry: list[nodes.Node], *, cited: bool) -> list[nodes.Node]:
    if cited and entry and isinstance(entry[0], nodes.paragraph):
        entry[0].insert(0, nodes.Text("Cited: "))
    return entry
