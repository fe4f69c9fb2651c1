"""What a page is about, in a sentence: of its front matter, or the claim of its example."""

import re
from pathlib import Path

from claims import claim_of

from process_gallery.sphinxext import Build


def description_of(app, docname):
    """Return a page's description, an empty text if it has none."""
    example = (
        Build.of(app.env).example(docname.partition("/")[2])
        if docname.startswith("gallery/")
        else None
    )
    if example:
        return re.sub(
            r":\w+(?::\w+)*:`~?([^`<]*?)(?: <[^`]*>)?`|``?", r"\1", claim_of(example.script)
        )
    path = Path(app.env.doc2path(docname))
    found = (
        re.search(r"^    description: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.suffix == ".md"
        else None
    )
    return found[1].strip("\"'") if found else ""
