"""Links from each page to its source, to the form for problems, and to how to contribute.

The setting ``source_repository`` is the address of the repository, as a browser opens it. While it is
empty nothing is linked, and there is no page on how to contribute: nobody could get at the files.
"""

from urllib.parse import quote

from docutils import nodes

PAGE = "contribute"  # CONTRIBUTING.md, as a page
FORM = "page-is-wrong.yml"  # in .github/ISSUE_TEMPLATE; its field for the address is called page


def leave_out(app, config):
    """Have no page on how to contribute while there is no repository."""
    config.source_repository = config.source_repository.rstrip("/")
    if not config.source_repository:
        config.exclude_patterns = [*config.exclude_patterns, f"{PAGE}.md"]


def source_of(app, docname):
    """Return the path of a page's source in the repository, None if it has none."""
    if docname not in app.env.found_docs:
        return None
    folder, _, name = docname.partition("/")
    if docname == PAGE:
        return "CONTRIBUTING.md"
    if folder != "gallery":
        return f"docs/{app.env.doc2path(docname, base=False)}"
    if name.endswith("index"):
        return f"examples/{name.removesuffix('index')}GALLERY_HEADER.rst"
    return f"examples/{name}.py"


def add_links(app, pagename, templatename, context, doctree):
    """Hand the templates the addresses, or nothing."""
    repository = app.config.source_repository
    if app.builder.name != "html" or not repository:
        return
    path = source_of(app, pagename)
    report = f"{repository}/issues/new?template={FORM}"
    if pagename != "404":  # it is shown at any address
        url = app.config.html_baseurl + app.builder.get_target_uri(pagename)
        report += f"&page={quote(url, safe='')}"
    context["source_links"] = {
        "source": path and f"{repository}/blob/HEAD/{path}",
        "report": report,
        "contribute": PAGE,
    }


def say_where(app, doctree, docname):
    """Say on the page on how to contribute where the repository and its forms are."""
    repository = app.config.source_repository
    if docname != PAGE or not repository:
        return
    section = next(doctree.findall(nodes.section))
    text = nodes.paragraph("", "The repository is ")
    text += nodes.reference("", repository, refuri=repository)
    text += nodes.Text(". To report something, ")
    text += nodes.reference("", "choose a form", refuri=f"{repository}/issues/new/choose")
    text += nodes.Text(".")
    section.insert(1, text)


def setup(app):
    app.add_config_value("source_repository", "", "html", str)
    app.connect("config-inited", leave_out)
    app.connect("html-page-context", add_links, priority=450)
    app.connect("doctree-resolved", say_where)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
