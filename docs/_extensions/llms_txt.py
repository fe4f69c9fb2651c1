"""llms.txt: the pages of the site in their order, each with its description and its address as Markdown."""

import re
from pathlib import Path

from claims import claim_of
from whole_site import is_whole_site

from process_gallery.sphinxext import gallery


def write(app, error):
    """Write the list, beside the pages."""
    if error or not is_whole_site(app):
        return
    env, url = app.env, app.config.html_baseurl
    lines = [f"# {app.config.project}", "", f"> {_description(app, app.config.root_doc)}", ""]

    def add(docname):
        about = _description(app, docname)
        lines.append(
            f"- [{env.titles[docname].astext()}]({url}{docname}.md)"
            + (f": {about}" if about else "")
        )
        for child in env.toctree_includes.get(docname, []):
            add(child)

    for part in env.toctree_includes.get(app.config.root_doc, []):
        lines.extend([f"## {env.titles[part].astext()}", ""])
        add(part)
        lines.append("")
    Path(app.outdir, "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def _description(app, docname):
    """Return a page's description: of its front matter, or the claim of its example."""
    example = (
        gallery.get(app, docname.partition("/")[2]) if docname.startswith("gallery/") else None
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


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
