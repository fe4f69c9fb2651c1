"""The Sphinx extension: configuration values, hooks, static files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import ENUM

from process_gallery import __version__
from process_gallery.script import DEFAULT_TIMEOUT

from . import gallery, recorded, versions


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up sphinx-gallery and the hooks on it."""
    app.setup_extension("sphinx_gallery.gen_gallery")
    app.add_config_value(
        "process_gallery_python",
        sys.executable,
        "env",
        str,
        "The interpreter that runs the examples.",
    )
    app.add_config_value(
        "process_gallery_jobs",
        0,
        "",
        int,
        "How many examples run at once; 0 means one a processor.",
    )
    app.add_config_value(
        "process_gallery_timeout",
        int(DEFAULT_TIMEOUT),
        "",
        (int, float),
        "Seconds an example may take by default.",
    )
    app.add_config_value(
        "process_gallery_cwd",
        "empty",
        "",
        ENUM("empty", "script"),
        "Where examples run: an empty folder, or their own.",
    )
    app.add_config_value(
        "process_gallery_cache",
        "",
        "",
        str,
        "Folder of kept records, relative to the source folder.",
    )
    app.add_config_value(
        "process_gallery_records",
        "records",
        "",
        str,
        "Folder of committed records, relative to the source folder.",
    )
    app.add_config_value(
        "process_gallery_matrix",
        "matrix",
        "",
        str,
        "Folder of scripts shown by version, relative to the source folder.",
    )
    app.add_directive("recorded", recorded.Recorded)
    app.add_directive("version_tabs", versions.VersionTabs)
    app.add_directive("version_table", versions.VersionTable)
    app.add_directive("version_lines", versions.VersionLines)
    app.add_directive("version_grid", versions.VersionGrid)
    app.add_node(versions.version_tabs, html=(versions.visit_html, None))
    app.add_node(recorded.recorded_part, html=(recorded.visit_html, None))
    # Before sphinx-gallery fills in its defaults (10), and before it generates its pages (500).
    app.connect("config-inited", gallery.configure, priority=5)
    app.connect("builder-inited", versions.record_matrix, priority=390)
    app.connect("builder-inited", gallery.record_examples, priority=400)
    app.connect("builder-inited", add_static, priority=400)
    app.connect("source-read", gallery.tidy_source)
    app.connect("doctree-resolved", gallery.name_cells)
    app.connect("doctree-resolved", recorded.plain_parts)
    app.connect("env-get-outdated", recorded.outdated)
    app.connect("env-get-outdated", versions.outdated)
    app.connect("env-updated", recorded.unwritten)
    app.connect("env-purge-doc", recorded.purge)
    app.connect("env-merge-info", recorded.merge)
    app.connect("doctree-resolved", versions.plain_tabs)
    app.add_css_file("process_gallery.css")
    app.add_css_file("timeline.css")
    app.add_css_file("versions.css")
    app.add_js_file("process_gallery.js", loading_method="defer")
    app.add_js_file("versions.js", loading_method="defer")
    return {"version": __version__, "parallel_read_safe": True, "parallel_write_safe": True}


def add_static(app: Sphinx) -> None:
    """Add the package's own style sheet and script to the pages."""
    app.config.html_static_path.append(str(Path(__file__).parents[1] / "drawing" / "static"))
