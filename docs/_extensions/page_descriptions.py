"""What a page is about, in a sentence: of its front matter, or the claim of its example."""

import re
from pathlib import Path

from claims import claim_of

from process_gallery.sphinxext import Build

MADE = {  # by Sphinx, or by a template
    "genindex": "Every name and term that this site explains, in alphabetical order.",
    "py-modindex": "The Python modules that this site documents.",
    "search": "Search this site for words, an error message or a whole traceback; nothing is sent anywhere.",
}


def description_of(app, docname):
    """Return a page's description, an empty text if it has none."""
    example = (
        Build.of(app.env).example(docname.partition("/")[2])
        if docname.startswith("gallery/")
        else None
    )
    if example:
        return re.sub(
            r"(?::\w+(?::\w+)*:)?`~?([^`<]+?)(?: <[^`]*>)?`(?:__?)?|``?",
            r"\1",
            claim_of(example.script).replace("``", ""),
        )
    path = Path(app.env.doc2path(docname))
    found = (
        re.search(r"^    description: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
        if path.suffix == ".md"
        else None
    )
    return found[1].strip("\"'") if found else ""
