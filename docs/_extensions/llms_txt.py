"""llms.txt: the pages of the site in their order, each with its description and its address as Markdown."""

from pathlib import Path

from page_descriptions import description_of
from whole_site import is_whole_site


def write(app, error):
    """Write the list, beside the pages."""
    if error or not is_whole_site(app):
        return
    env, url = app.env, app.config.html_baseurl
    lines = [f"# {app.config.project}", "", f"> {description_of(app, app.config.root_doc)}", ""]

    def add(docname):
        about = description_of(app, docname)
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


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
