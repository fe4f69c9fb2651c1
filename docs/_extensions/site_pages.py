"""What every page of this site carries or leaves out: files, navigation, a content security policy."""

import base64
import hashlib
import os
import re
from pathlib import Path

from docutils import nodes
from sphinx.util.index_entries import split_index_msg

# Extensions add their files to every page; each is kept where the page has what it is for.
_FILES = {
    r"sphx-glr-thumb": ("sg_gallery.css", "sg-tags.js"),
    r"sphx-glr-script-out": ("sg_gallery-dataframe.css", "sg_gallery-rendered-html.css"),
    r"binder-badge": ("sg_gallery-binder.css",),
    r"\bhighlight\b": ("pygments.css",),
    r"\bpg-(versions|table|mark|here|stale|doc)\b": ("versions.css", "versions.js"),
    r"\bpg\b": ("process_gallery.css", "process_gallery.js"),
    r"\bpg-(time|stacks|facts)\b": ("timeline.css",),
    r"class=\"([^\"]* )?(examples|names)[ \"]": ("gallery.css",),
    r"example-filter": ("gallery.js",),
}
# Sphinx's, for a "/" and for the words of a search: site.js does the first, and fetches these where
# someone comes from the search.
_FETCHED = {"documentation_options.js", "doctools.js", "sphinx_highlight.js"}
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def _hash(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def change_page(app, pagename, templatename, context, doctree):
    """Change what the templates are given. Runs before Furo does (500), which draws the navigation
    from `toctree`.
    """
    if app.builder.name != "html":  # an EPUB has another theme
        return
    body = context.get("body") or ""
    unused = {
        name for pattern, names in _FILES.items() if not re.search(pattern, body) for name in names
    }
    if body:  # not the search, nor the indexes
        unused |= _FETCHED
    if not context.get("READTHEDOCS"):
        unused.add(
            "furo-extensions.css"
        )  # for its advertisement, and for extensions that are not here
    for key in ("css_files", "script_files"):
        context[key] = [
            file for file in context[key] if Path(str(file.filename)).name not in unused
        ]

    # Each word of a literal is an element of its own, for themes that break lines between these
    # only. Furo does not.
    for key in ("body", "toc"):
        if context.get(key):
            context[key] = re.sub(r'<span class="pre">([^<]*)</span>', r"\1", context[key])

    if (
        pagename == "404"
    ):  # as for its files, the extension notfound does it for the navigation only
        start = app.config.notfound_urls_prefix
        context["body"] = re.sub(
            r'(<a class="reference internal" href=")(?![a-z]+:|[/#])', rf"\g<1>{start}", body
        )

    # Furo's navigation holds every page of the site, on every page. Here the gallery's scripts are
    # in it where one is in the gallery.
    toctree = context["toctree"]
    some = {"collapse": True} if pagename.startswith("gallery/") else {"maxdepth": 2}
    context["toctree"] = lambda **options: toctree(**options | some)

    # The policy names Furo's inline script and style by hash; docutils writes column widths as
    # style attributes. Firefox fetches the next page ahead of time, which only `default-src` can
    # allow.
    environment = app.builder.templates.environment
    base = environment.loader.get_source(environment, "!base.html")[0]
    scripts = " ".join(_hash(text) for kind, text in _INLINE.findall(base) if kind == "script")

    def policy(style):
        styles = " ".join(_hash(text) for _, text in _INLINE.findall(style))
        return (
            f"default-src 'self'; script-src 'self' {scripts}; style-src-elem 'self' {styles}; style-src-attr 'unsafe-inline'; "
            "img-src 'self' data:; object-src 'none'; form-action 'self'; base-uri 'none'"
        )

    # `make serve` turns it off; so does Read the Docs. What it adds to pages checks its data with
    # Ajv, which compiles code (its repository readthedocs/addons, src/data-validation.js): a policy
    # would have to allow 'unsafe-eval', and the advertiser's hosts.
    context["policy"] = (
        None if os.environ.get("SITE_POLICY") == "off" or context.get("READTHEDOCS") else policy
    )


def drop_spare_anchors(app, doctree, docname):
    """Leave a heading that has an anchor of its own without those that are made from its words,
    which may be long.
    """
    if app.builder.name == "html":
        labels = {
            anchor
            for page, anchor in app.env.domains.standard_domain.anonlabels.values()
            if page == docname
        }
        for section in doctree.findall(nodes.section):
            if section["ids"][0] in labels:
                section["ids"] = [anchor for anchor in section["ids"] if anchor in labels]


def squeeze(app, exception):
    """Leave comments and indentation out of the style sheets and of this project's scripts, as they
    are handed out.
    """
    if exception or app.builder.name != "html":
        return
    static = Path(app.outdir, "_static")
    for path in static.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        path.write_text(re.sub(r" ?([{};]) ?", r"\1", " ".join(text.split())), encoding="utf-8")
    for name in ("site.js", "gallery.js", "process_gallery.js", "versions.js"):
        lines = (line.strip() for line in (static / name).read_text(encoding="utf-8").splitlines())
        (static / name).write_text(
            "\n".join(line for line in lines if not line.startswith(("//", "/**"))),
            encoding="utf-8",
        )


def keep_index_entries(app):
    """Give the search the index entries of every page, in one order: Sphinx (9.0 to 9.2) forgets
    those of pages not written now.
    """
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        kept = indexer._index_entries  # noqa: SLF001 -- there is no public way
        kept.clear()
        for docname, entries in sorted(app.env.domains["index"].entries.items()):
            found = {
                (part, target, main)
                for kind, text, target, main, _ in entries
                for part in split_index_msg(kind, text)
            }
            kept[docname] = sorted(found)
    return []


def setup(app):
    app.add_js_file("site.js", loading_method="defer")
    app.add_js_file("gallery.js", loading_method="defer")
    app.connect("html-page-context", change_page, priority=450)
    app.connect("doctree-resolved", drop_spare_anchors)
    app.connect("html-collect-pages", keep_index_entries)
    app.connect(
        "build-finished", squeeze, priority=900
    )  # after Furo, which writes pygments.css then
    return {"parallel_read_safe": True, "parallel_write_safe": True}
