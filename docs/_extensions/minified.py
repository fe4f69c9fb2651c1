"""Style sheets and this project's scripts without comments and indentation, as they are handed out."""

import re
from pathlib import Path

from rcssmin import cssmin
from rjsmin import jsmin

SCRIPTS = (
    "site.js",
    "filter.js",
    "ask.js",
    "search.js",
    "boxes.js",
    "hangs.js",
    "marks.js",
    "steps.js",
    "questions.js",
    "follow.js",
    "process_gallery.js",
    "versions.js",
    "heat.js",
)


# rcssmin takes the blank of a descendant that is told by a pseudo-class alone: ".a :is(.b)" would be
# ".a:is(.b)", which is another element.
_DESCENDANT = re.compile(r"(?<=[\w)\]*]) +:(?=[a-z-]+[({\s,.:])")


def smaller(css):
    return cssmin(_DESCENDANT.sub(" *:", css))


def minify(app, exception):
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    for path in static.glob("*.css"):
        path.write_text(smaller(path.read_text(encoding="utf-8")), encoding="utf-8")
    for name in SCRIPTS:
        path = static / name
        if path.exists():
            path.write_text(jsmin(path.read_text(encoding="utf-8")), encoding="utf-8")


def setup(app):
    # After Furo, which writes pygments.css then
    app.connect("build-finished", minify, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
