"""Draw records: output by process, timeline, stacks, facts, thumbnail; as HTML, SVG and plain text.

Pure functions from a :class:`~process_gallery.model.Record` to text; nothing here knows Sphinx.
What they return carries no style attribute, no event handler and no script, so a page may forbid
all three. ``static/process_gallery.css`` and ``timeline.css`` give the classes their looks;
``process_gallery.js`` adds dimming and replay.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .facts import facts_html, facts_text
    from .output import output_html, output_text
    from .pictures import figure_variants, thumbnail_svg
    from .side_by_side import side_by_side_html, side_by_side_text
    from .stacks import stacks_html, stacks_text
    from .timeline import timeline_html, timeline_text

__all__ = [
    "facts_html",
    "facts_text",
    "figure_variants",
    "output_html",
    "output_text",
    "side_by_side_html",
    "side_by_side_text",
    "stacks_html",
    "stacks_text",
    "thumbnail_svg",
    "timeline_html",
    "timeline_text",
]

# Loaded when they are first asked for (PEP 562): the command line draws in a terminal only.
_HOMES = {
    "facts_html": "facts",
    "facts_text": "facts",
    "figure_variants": "pictures",
    "output_html": "output",
    "output_text": "output",
    "side_by_side_html": "side_by_side",
    "side_by_side_text": "side_by_side",
    "stacks_html": "stacks",
    "stacks_text": "stacks",
    "thumbnail_svg": "pictures",
    "timeline_html": "timeline",
    "timeline_text": "timeline",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
