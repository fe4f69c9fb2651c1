"""The page for addresses without a page: its text's links start at the root of the site, as it may be shown at any depth."""

import re


def link_from_root(app, pagename, templatename, context, doctree):
    """Do for the page's text what the extension notfound does for files and navigation."""
    if app.builder.name == "html" and pagename == "404":
        start = app.config.notfound_urls_prefix
        context["body"] = re.sub(
            r'(<a class="reference internal" href=")(?![a-z]+:|[/#])',
            rf"\g<1>{start}",
            context["body"],
        )


def setup(app):
    app.connect("html-page-context", link_from_root, priority=450)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
