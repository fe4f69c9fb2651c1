"""Sphinx configuration: Furo, MyST and sphinx-gallery, with every example run by process_gallery."""

import os
import re
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
sys.path[:0] = [
    str(HERE.parent / "src"),
    str(HERE / "_extensions"),
]  # builds without installing the package, too

import process_gallery  # noqa: E402

project = "Multiprocessing by Example"
author = "the contributors to Multiprocessing by Example"
copyright = f"2026, {author}"
release = version = process_gallery.__version__

extensions = [
    "myst_parser",  # every page but the gallery's is Markdown
    "process_gallery",  # runs the examples, sets sphinx-gallery up, draws the records
    "build_figures",  # what the build ran, counted
    "fork_steps",  # a fork, drawn from a run
    "drawing",  # drawings that follow light and dark
    "gallery_pages",  # what sphinx-gallery writes, without its own notes
    "gallery_zip",  # the same scripts make the same zip
    "fresh_files",  # a changed picture is copied; its pages are not written again
    "same_contents",  # nor what lists a page whose title is the same
    "example_bar",  # below the title of an example: file, command, needs
    "gallery_index",  # the gallery's indexes and their filter
    "examples_by_name",  # which example uses which function of Python's library
    "related_pages",  # which pages link to a page
    # Links from names in the code of these pages, as sphinx-gallery makes them in the gallery's
    "code_links",
    "navigation",  # of the gallery's scripts and of the parts of a page only there
    "lean_pages",  # no page has files or markup that it has no use for
    "source_links",  # to a page's source, to the issue form, to how to contribute
    "missing_page",  # links of the 404 page, as they work from any address
    "content_policy",  # the content security policy of every page
    "heading_anchors",  # one for each heading
    "error_list",  # the list of all entries of the pages of errors
    "leads_on",  # old addresses of what has a page of its own now
    "hang_questions",  # four questions about a hang
    "ask_box",  # boxes to paste errors and stacks into
    "my_python",  # the control for a reader's own version
    "search_index",  # what the site's own search knows
    "minified",  # style sheets and scripts without comments
    "previews",  # title, description and picture for previews and search engines
    "emblem",  # that picture
    "sitemap",  # and robots.txt
    "changes_feed",  # the changelog as a feed
    "pages_as_markdown",  # each page as Markdown, too
    "llms_txt",  # a list of those
    "book",  # the EPUB
    "sphinx_markdown_builder",  # writes that Markdown
    "sphinx.ext.autodoc",  # the record, as its dataclasses document it
    "sphinx.ext.intersphinx",  # links to CPython's documentation
    "notfound.extension",  # a 404 page that works from any address
    "sphinxext.rediraffe",  # pages that lead from an old address to the new one
]

# -- What is built
# -----------------------------------------------------------------------------------------------------------

# Each page is built as Markdown, too; what pages include is no page.
exclude_patterns = ["_build", "**/_*.md"]
nitpicky = True  # a link that leads nowhere is an error
myst_enable_extensions = ["colon_fence", "deflist", "attrs_block"]
myst_heading_anchors = 3  # for links such as page.md#heading
# A committed inventory, so that a build needs no network; `make inventory` renews it.
intersphinx_mapping = {
    "python": ("https://docs.python.org/3", str(HERE / "_inventories" / "python.inv"))
}

# -- The gallery: its examples are programs; process_gallery sets what recorded runs need; examples/contents.txt gives the order ----------------------

process_gallery_run_as = "program"  # whatever a page shows was printed
sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "ignore_pattern": "^_",  # modules that examples import
}

# -- How it looks ------------------------------------------------------------------------------------------------------------

html_theme = "furo"
html_title = project
# The project's public address stands in pyproject.toml only; Read the Docs knows its own.
ABOUT = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
html_baseurl = os.environ.get(
    "READTHEDOCS_CANONICAL_URL", f"{ABOUT['urls']['Documentation']}en/latest/"
)
# Where the repository is. While it is empty, no page links to its source, to the issue form or to how to contribute.
# Its one home is pyproject.toml; `-D source_repository=https://...` names another for one build.
source_repository = ABOUT["urls"].get("Source", "")
html_static_path = ["_static"]
templates_path = ["_templates"]
html_css_files = [
    "site.css",
    "gallery.css",
    "filter.css",
    "example.css",
    "ask.css",
    "steps.css",
    "questions.css",
]
html_js_files = [
    (name, {"loading_method": "defer"})
    for name in ("site.js", "filter.js", "steps.js", "questions.js")
]
# Furo's, with the control for a reader's Python below the search
html_sidebars = {
    "**": [
        *(f"sidebar/{name}.html" for name in ("brand", "search", "my-python", "scroll-start")),
        *(f"sidebar/{name}.html" for name in ("navigation", "ethical-ads", "scroll-end")),
        "sidebar/variant-selector.html",
    ]
}
html_favicon = html_logo = "_static/mark.svg"
html_copy_source = False  # a gallery page's source is generated; so no page links to its source
# Read the Docs no longer sets it; with it, pages there have the menu of versions, and Furo's place for the host's advertisement.
html_context = {"READTHEDOCS": os.environ.get("READTHEDOCS") == "True"}
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0b6477",
        "color-brand-content": "#0b6477",
        "color-brand-visited": "#5b4ba8",
        "color-code-background": "#f0f4f5",  # of outputs; code itself stands on white
        "color-sidebar-background": "#f7f9f9",
        "color-sidebar-search-background": "#f7f9f9",
    },
    "dark_css_variables": {
        "color-brand-primary": "#5cc3d8",
        "color-brand-content": "#5cc3d8",
        "color-brand-visited": "#b3a6ff",
        "color-code-background": "#20262a",
        "color-sidebar-background": "#171a1c",
        "color-sidebar-search-background": "#171a1c",
    },
}
notfound_urls_prefix = urlsplit(
    html_baseurl
).path  # a missing page may be at any depth: its links start at the root

# Pages that have moved, by their old and new names without suffix. One that leads to no page stops the build.
rediraffe_redirects = {}
rediraffe_template = "_templates/redirect.html"
markdown_flavor = "github"  # a paragraph is one line

# -- Other builders ----------------------------------------------------------------------------------------------------------

epub_description = "Python's multiprocessing, taught by programs that really ran."
epub_contributor = author
epub_identifier = epub_uid = urlsplit(
    html_baseurl
).hostname  # the same: the two tables of contents name one each
epub_css_files = ["book.css"]
# A picture, as many readers show no SVG there. It is _drawings/cover.svg in a window of 800 x 1280 pixels:
# chromium --headless --hide-scrollbars --window-size=800,1280 --screenshot=docs/_book/cover.png docs/_drawings/cover.svg
epub_cover = ("_static/cover.png", "epub-cover.html")
epub_show_urls = "no"  # they would stand after each link
epub_tocscope = "includehidden"  # the navigation's parts are hidden on the pages
epub_exclude_files = ["404.xhtml"]

linkcheck_ignore = [re.escape(html_baseurl)]  # this site itself, which may not be published yet
linkcheck_retries = 3
linkcheck_anchors_ignore_for_url = ["https://github.com/.*"]  # GitHub writes them with JavaScript
