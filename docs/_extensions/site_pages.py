"""What every page of this site carries or leaves out: files, navigation, a content security policy; and files for machines."""

import base64
import hashlib
import os
import re
from pathlib import Path

from gallery_pages import claim_of
from sphinx.util.index_entries import split_index_msg

from process_gallery import gallery, render
from process_gallery.cells import decode
from process_gallery.directives import source_of

# Extensions add their files to every page; each is kept where the page has what it is for.
_FILES = {
    r"sphx-glr-thumb": ("sg_gallery.css", "sg-tags.js"),
    r"sphx-glr-script-out": ("sg_gallery-dataframe.css", "sg_gallery-rendered-html.css"),
    r"binder-badge": ("sg_gallery-binder.css",),
    r"class=\"highlight": ("site.js",),
    r"\bpg-(versions|table|mark|here|stale|doc)\b": ("versions.css", "versions.js"),
    r"\bpg\b": ("process_gallery.css", "process_gallery.js"),
    r"example-filter": ("gallery.js",),
}
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def _hash(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def change_page(app, pagename, templatename, context, doctree):
    """Change what the templates are given. Runs before Furo does (500), which draws the navigation from `toctree`."""
    if app.builder.name != "html":  # an EPUB has another theme
        return
    body = context.get("body") or ""
    unused = {name for pattern, names in _FILES.items() if not re.search(pattern, body) for name in names}
    for key in ("css_files", "script_files"):
        context[key] = [file for file in context[key] if Path(str(file.filename)).name not in unused]

    if pagename == "404":  # as for its files, the extension notfound does it for the navigation only
        start = app.config.notfound_urls_prefix
        context["body"] = re.sub(r'(<a class="reference internal" href=")(?![a-z]+:|[/#])', rf"\g<1>{start}", body)

    # Furo's navigation holds every page of the site, on every page. Here the gallery's scripts are in it where one is in the gallery.
    toctree = context["toctree"]
    some = {"collapse": True} if pagename.startswith("gallery/") else {"maxdepth": 2}
    context["toctree"] = lambda **options: toctree(**options | some)

    # The policy names Furo's inline script and style by hash; docutils writes column widths as style attributes.
    environment = app.builder.templates.environment
    base = environment.loader.get_source(environment, "!base.html")[0]
    scripts = " ".join(_hash(text) for kind, text in _INLINE.findall(base) if kind == "script")

    def policy(style):
        styles = " ".join(_hash(text) for _, text in _INLINE.findall(style))
        return (
            f"default-src 'none'; script-src 'self' {scripts}; style-src-elem 'self' {styles}; style-src-attr 'unsafe-inline'; "
            "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
        )

    context["policy"] = None if os.environ.get("SITE_POLICY") == "off" else policy  # `make serve` says so


# -- For machines


_RECORDED = re.compile(r"^(`{3,}|:{3,})\{recorded\}\s*(\S+)\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


def _fence(language, text):
    return f"```{language}\n{text.rstrip()}\n```\n" if text.strip() else ""


def _markdown(app, docname):
    """Return a page as Markdown, with the runs that it embeds as text: names of processes in front."""
    path = Path(app.env.doc2path(docname))
    example = gallery.get(app, docname.partition("/")[2]) if docname.startswith("gallery/") else None
    if example:
        printed = render.output_text(example.record, range(len(example.record.cells)))
        script = decode(example.script.source)
        return f"# {app.env.titles[docname].astext()}\n\n{_fence('python', script)}\nIt printed:\n\n{_fence('text', printed)}"
    if path.suffix != ".md":
        return None

    def run(match):
        found = gallery.get(app, match[2])
        cells = found.record.cells
        option = dict(re.findall(r"^:(\w+): *(.*)$", match[3], re.MULTILINE))
        numbers = [range(int(a) - 1, int(b or a)) for a, b in re.findall(r"(\d+)(?:-(\d+))?", option.get("cells", f"1-{len(cells)}"))]
        show = option.get("show", "code output").split()
        code = "\n\n".join(source_of(found, cells[number].first, cells[number].last) for part in numbers for number in part)
        printed = render.output_text(found.record, [number for part in numbers for number in part])
        return (_fence("python", code) if "code" in show else "") + (_fence("text", printed) if "output" in show else "")

    text = re.sub(r"\A---\n.*?\n---\n", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    return _RECORDED.sub(run, text).lstrip()


def keep_index_entries(app):
    """Give the search the index entries of every page: Sphinx (9.0 to 9.2) forgets those of pages that this build does not write."""
    indexer = getattr(app.builder, "indexer", None)
    if indexer:
        for docname, entries in app.env.domains["index"].entries.items():
            found = {(part, target, main) for kind, text, target, main, _ in entries for part in split_index_msg(kind, text)}
            indexer._index_entries[docname] = sorted(found)  # noqa: SLF001 -- there is no public way
    return []


def write_for_machines(app, error):
    """Write the sitemap, robots.txt, llms.txt (https://llmstxt.org), and each page as Markdown beside its HTML."""
    if error or app.builder.name != "html" or app.config.sphinx_gallery_conf["plot_gallery"] in (False, "False", "0", 0):
        return
    env, url, out = app.env, app.config.html_baseurl, Path(app.outdir)
    places = "".join(f"<url><loc>{url}{name}.html</loc></url>\n" for name in sorted(env.found_docs - {"404"}))
    sitemap = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{places}</urlset>\n'
    (out / "sitemap.xml").write_text(sitemap, encoding="utf-8")
    (out / "robots.txt").write_text(f"User-agent: *\nAllow: /\n\nSitemap: {url}sitemap.xml\n", encoding="utf-8")
    lines = [f"# {app.config.project}", "", f"> {_description(app, app.config.root_doc)}", ""]

    def add(docname):
        text = _markdown(app, docname)
        if text:
            target = out / f"{docname}.md"
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.write_text(text, encoding="utf-8")
            about = _description(app, docname)
            lines.append(f"- [{env.titles[docname].astext()}]({url}{docname}.md)" + (f": {about}" if about else ""))
        for child in env.toctree_includes.get(docname, []):
            add(child)

    for part in env.toctree_includes.get(app.config.root_doc, []):
        lines.extend([f"## {env.titles[part].astext()}", ""])
        add(part)
        lines.append("")
    (out / "llms.txt").write_text("\n".join(lines), encoding="utf-8")


def _description(app, docname):
    """Return a page's description: of its front matter, or the claim of its example."""
    example = gallery.get(app, docname.partition("/")[2]) if docname.startswith("gallery/") else None
    if example:
        return re.sub(r":\w+(?::\w+)*:`~?([^`<]*?)(?: <[^`]*>)?`|``?", r"\1", claim_of(example.script))
    path = Path(app.env.doc2path(docname))
    found = re.search(r"^    description: *(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE) if path.suffix == ".md" else None
    return found[1].strip("\"'") if found else ""


def setup(app):
    app.add_js_file("site.js", loading_method="defer")
    app.add_js_file("gallery.js", loading_method="defer")
    app.connect("html-page-context", change_page, priority=450)
    app.connect("html-collect-pages", keep_index_entries)
    app.connect("build-finished", write_for_machines)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
