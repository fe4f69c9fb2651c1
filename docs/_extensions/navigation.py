"""The navigation beside each page: Furo's holds every page of the site, on every page."""

_DEEP = ("gallery/", "reference/errors", "concepts/folklore", "search")


def shorten(app, pagename, templatename, context, doctree):
    """Have the gallery's scripts, the pages of errors and of folklore in it only where one is among
    them, and only the parts of the site on the page of the search, which must be small. Runs before
    Furo does (500), which draws it from `toctree`.
    """
    if app.builder.name != "html":  # an EPUB has another theme
        return
    toctree = context["toctree"]
    some = {"collapse": True} if pagename.startswith(_DEEP) else {"maxdepth": 2}
    context["toctree"] = lambda **options: toctree(**options | some)


def setup(app):
    app.connect("html-page-context", shorten, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
