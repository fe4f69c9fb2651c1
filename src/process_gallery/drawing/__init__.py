"""Draw records: output by process, timeline, stacks, facts, thumbnail; as HTML, SVG and plain text.

Pure functions from a :class:`~process_gallery.model.Record` to text; nothing here knows Sphinx.
What they return carries no style attribute, no event handler and no script, so a page may forbid
all three. ``static/process_gallery.css`` and ``timeline.css`` give the classes their looks;
``process_gallery.js`` adds dimming and replay.
"""

from .facts import facts_html
from .output import output_html, output_text
from .pictures import figure_variants, thumbnail_svg
from .stacks import stacks_html
from .timeline import timeline_html, timeline_text

__all__ = [
    "facts_html",
    "figure_variants",
    "output_html",
    "output_text",
    "stacks_html",
    "thumbnail_svg",
    "timeline_html",
    "timeline_text",
]
