"""The Sphinx domain of recorded runs: it holds the build, and remembers which page shows what."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, ClassVar, cast

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment

from .build import DOMAIN, Build


class RecordsDomain(Domain):
    """Remember, for each page, what it was read with: when that is another one, the page is read
    again.

    Sphinx keeps the data with the environment, but not the domain itself: each build has a
    :class:`Build` of its own.
    """

    name = DOMAIN
    label = "Recorded runs"
    data_version = 3  # raised when nodes of the pages that were read are others
    initial_data: ClassVar[dict[str, Any]] = {"shown": {}}

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.build = Build(env)

    @classmethod
    def of(cls, env: BuildEnvironment) -> RecordsDomain:
        """Return the domain of an environment."""
        return cast("RecordsDomain", env.domains[DOMAIN])

    @property
    def shown(self) -> dict[str, dict[str, str]]:
        """For each page the names of the examples and matrices that it shows, with fingerprints."""
        return cast("dict[str, dict[str, str]]", self.data["shown"])

    def note(self, docname: str, name: str, fingerprint: str) -> None:
        """Remember what a page shows."""
        self.shown.setdefault(docname, {})[name] = fingerprint

    def clear_doc(self, docname: str) -> None:
        """Forget what a page showed: it is read again, or gone."""
        self.shown.pop(docname, None)

    def merge_domaindata(self, docnames: AbstractSet[str], otherdata: dict[str, Any]) -> None:
        """Take over what another reading process has noted."""
        shown = otherdata["shown"]
        self.shown.update({docname: shown[docname] for docname in shown.keys() & docnames})

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: nodes.Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Return nothing: no link leads to a record. Sphinx and MyST ask each domain."""
        del env, fromdocname, builder, target, node, contnode
        return []


def changed_pages(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    """Return the pages that were read with something else than what the build knows now."""
    del app, added, changed, removed
    domain = RecordsDomain.of(env)
    return [
        docname
        for docname, shown in domain.shown.items()
        if any(domain.build.fingerprint(name) != shown[name] for name in shown)
    ]


def unwritten_pages(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages that were read for another builder or output folder and not written for this
    one since.

    Sphinx compares pages with their sources only, and the source of a page that embeds a record is
    older than the record.
    """
    if not isinstance(app.builder, StandaloneHTMLBuilder):
        return []
    pages = []
    for docname in env.dependencies.keys() | RecordsDomain.of(env).shown.keys():
        page = Path(app.builder.get_outfilename(docname))
        read = Path(app.doctreedir, f"{docname}.doctree")
        if page.exists() and page.stat().st_mtime < read.stat().st_mtime:
            pages.append(docname)
    return pages
