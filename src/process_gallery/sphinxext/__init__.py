"""The Sphinx extension: configuration values, hooks, static files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from process_gallery import __version__

from . import (
    changes,
    domain,
    files,
    gallery,
    pythons,
    recorded,
    settings,
    version_tabs,
    versions,
)
from .build import Build, Example
from .comparison import Group, Matrix, VersionRun, span
from .versions import entry_of, row_of, table_of

__all__ = [
    "Build",
    "Example",
    "Group",
    "Matrix",
    "VersionRun",
    "entry_of",
    "row_of",
    "setup",
    "span",
    "table_of",
]


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up sphinx-gallery and the hooks on it."""
    app.setup_extension("sphinx_gallery.gen_gallery")
    settings.add(app)
    app.add_directive("recorded", recorded.Recorded)
    app.add_directive("side_by_side", recorded.SideBySide)
    app.add_directive("version_tabs", versions.VersionTabs)
    app.add_directive("version_table", versions.VersionTable)
    app.add_directive("version_lines", versions.VersionLines)
    app.add_directive("version_grid", versions.VersionGrid)
    app.add_directive("version_history", changes.VersionHistory)
    app.add_role("since", changes.SinceRole())
    app.add_role("until", changes.UntilRole())
    app.add_node(version_tabs.version_tabs, html=(version_tabs.visit_html, None))
    app.add_node(recorded.recorded_part, html=(recorded.visit_html, None))
    pythons.add_nodes(app)
    app.add_domain(domain.RecordsDomain)
    app.add_event("process-gallery-recorded")
    # Before sphinx-gallery fills in its defaults (10), and before it generates its pages (500).
    app.connect("config-inited", gallery.configure, priority=5)
    app.connect("config-inited", gallery.hide_matplotlib, priority=9)
    app.connect("config-inited", gallery.show_matplotlib, priority=11)
    app.connect("builder-inited", gallery.record, priority=400)
    app.connect("builder-inited", gallery.write_junit, priority=600)
    app.connect("builder-inited", add_static, priority=400)
    app.connect("source-read", gallery.tidy_source)
    app.connect("source-read", files.show_files)
    app.connect("env-get-outdated", domain.changed_pages)
    app.connect("env-updated", domain.unwritten_pages)
    app.connect("build-finished", gallery.report, priority=900)
    app.connect("doctree-resolved", gallery.name_cells)
    app.connect("doctree-resolved", recorded.plain_parts)
    app.connect("doctree-resolved", version_tabs.plain_tabs)
    app.add_css_file("process_gallery.css")
    app.add_css_file("timeline.css")
    app.add_css_file("side_by_side.css")
    app.add_css_file("versions.css")
    app.add_css_file("heat.css")
    app.add_js_file("process_gallery.js", loading_method="defer")
    app.add_js_file("versions.js", loading_method="defer")
    app.add_js_file("heat.js", loading_method="defer")
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


def add_static(app: Sphinx) -> None:
    """Add the package's own style sheet and script to the pages."""
    app.config.html_static_path.append(str(Path(__file__).parents[1] / "drawing" / "static"))
