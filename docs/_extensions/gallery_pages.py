"""The gallery as this site shows it: indexes that can be scanned and filtered, and examples without
sphinx-gallery's own notes.

sphinx-gallery writes the source of these pages; Sphinx's event `source-read` hands it over before
it is parsed. Where a later sphinx-gallery writes something else, a pattern finds nothing and its
own page stays.
"""

import ast
import re
from pathlib import Path

from docutils import nodes
from names_used import ALIASES, names_used
from sphinx.addnodes import index, pending_xref
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.docutils import SphinxDirective

from process_gallery.script import contents, decode, read_script
from process_gallery.sphinxext.gallery import example_folders

MANY = 8  # longer lists are folded
METHODS = ("fork", "spawn", "forkserver", "default start method")

_THUMBNAILS = re.compile(r"(?ms)\.\. raw:: html\n\n  <div id='sg-tag-list'.*(?=^\.\. toctree::)")
_FOOTER = re.compile(r"(?ms)^\.\. only:: html\n\n  \.\. container:: sphx-glr-footer.*")
_NOTE = re.compile(
    r"(?ms)^\.\. only:: html\n\n    \.\. note::\n        :class: sphx-glr-download-link-note\n.*?(?=^\S)"
)
_TAGS = re.compile(r"(?ms)^\.\. rst-class:: sphx-glr-example-tags\n\n.*?(?=^\S)")
_DOWNLOAD = "\n\n.. rst-class:: example-download\n\n:download:`{}`\n"
_FILTER = """
.. raw:: html

   <form class="example-filter" aria-label="Filter the examples">
   <label>Find <input type="search" name="find" autocomplete="off"></label>
   <label>Start method <select name="method"><option value="">any</option><option value="m-fork">fork</option>
   <option value="m-spawn">spawn</option><option value="m-forkserver">forkserver</option>
   <option value="m-default-start-method">the default</option></select></label>
   <label>Needs <select name="needs"><option value="">anything</option><option value="n-nothing">nothing but Python</option>
   <option value="n-linux">Linux</option><option value="n-library">a library</option></select></label>
   <label>Runs on <select name="version"><option value="">any Python</option>{versions}</select></label>
   <output>{count} examples</output>
   </form>

"""


def tidy(app, docname, source):
    """Change the source of a page that sphinx-gallery wrote."""
    if not docname.startswith("gallery/"):
        return
    text = source[0]
    if docname == "gallery/index":
        text = _THUMBNAILS.sub(lambda _: _all_sections(app), text.removeprefix(":orphan:\n"))
        text = _FOOTER.sub("", text) + _DOWNLOAD.format(
            "All scripts in one zip </gallery/gallery_python.zip>"
        )
    elif docname.endswith("/index"):
        text = _THUMBNAILS.sub(f".. examples:: {docname.split('/')[1]}\n\n", text)
        text = _FOOTER.sub("", text)
    else:
        name = docname.rpartition("/")[2]
        text = _TAGS.sub("", _NOTE.sub("", text))
        text = _FOOTER.sub(_DOWNLOAD.format(f"Download {name}.py <{name}.py>"), text)
    source[0] = text


def _all_sections(app):
    """Return the index of the whole gallery: a filter, and each section with its first sentence and
    its examples.
    """
    folder = example_folders(app)[0]
    scripts = [read_script(folder / name) for name in contents(folder)]
    versions = sorted(
        {number for script in scripts for number in [_version(script)] if number} | {11}
    )
    options = "".join(f'<option value="{number}">3.{number}</option>' for number in versions)
    parts = [_FILTER.format(versions=options, count=len(scripts))]
    for section in dict.fromkeys(name.partition("/")[0] for name in contents(folder)):
        title, text = _title_and_claim(
            (folder / section / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
        )
        parts.append(f"{title}\n{'-' * len(title)}\n\n{text}\n\n.. examples:: {section}\n\n")
    return "\n".join(parts)


def _title_and_claim(text):
    """Return the title of a docstring or header, and the first sentence of its text."""
    title, *blocks = [
        block for block in re.split(r"\n\s*\n", text.strip()) if not block.startswith(".. _")
    ]
    sentence = (
        re.match(r".+?[.?!](?=\s+[A-Z`*:]|\s*$)", " ".join(blocks[0].split())) if blocks else None
    )
    return next(line for line in title.split("\n") if re.search(r"\w", line)).strip(), sentence[
        0
    ] if sentence else ""


def _version(script):
    """Return the minor version of Python that an example needs, 0 if any will do."""
    found = [re.match(r"python\s*>=\s*3\.(\d+)", need) for need in script.declared.needs]
    return max((int(match[1]) for match in found if match), default=0)


def _classes(script):
    """Return what the filter of the gallery goes by."""
    needs = [need for need in script.declared.needs if not need.startswith("python")]
    libraries = [need for need in needs if need != "linux"]
    classes = [
        f"m-{method.replace(' ', '-')}" for method in METHODS if method in script.declared.tags
    ]
    classes += [] if needs else ["n-nothing"]
    classes += ["n-linux"] if "linux" in needs else []
    classes += ["n-library"] if libraries else []
    return [*classes, f"v-{_version(script)}"]


def title_of(script):
    return _title_and_claim(_docstring(script))[0]


def claim_of(script):
    return _title_and_claim(_docstring(script))[1]


def link_to(script):
    target = f"/gallery/{script.path.parent.name}/{script.path.stem}"
    link = pending_xref(
        "", refdomain="std", reftype="doc", reftarget=target, refexplicit=True, refwarn=True
    )
    link += nodes.inline("", title_of(script))
    return link


def fold(items, what):
    """Return the nodes that show a list, folded if it is long."""
    if len(items) <= MANY:
        return [items]
    tags = f"<details><summary>{len(items)} {what}</summary>", "</details>"
    return [nodes.raw("", tags[0], format="html"), items, nodes.raw("", tags[1], format="html")]


def _docstring(script):
    return ast.get_docstring(ast.parse(decode(script.source))) or script.path.stem


class Examples(SphinxDirective):
    """List the examples of a section: picture, title, claim, tags."""

    required_arguments = 1

    def run(self):
        folder = example_folders(self.env.app)[0]
        result = nodes.bullet_list(classes=["examples"])
        for name in contents(folder):
            if name.partition("/")[0] == self.arguments[0]:
                self.env.note_dependency(str(folder / name))
                result += self._item(folder / name)
        return [result]

    def _item(self, path):
        script = read_script(path)
        item = nodes.list_item(classes=_classes(script))
        picture = f"/gallery/{path.parent.name}/images/thumb/sphx_glr_{path.stem}_thumb.svg"
        if Path(self.env.srcdir, picture[1:]).exists():
            # Not a link to itself, which Sphinx makes of pictures that are shown smaller than they
            # are.
            item += nodes.image(
                uri=picture,
                alt="",
                width="120",
                height="84",
                loading="lazy",
                classes=["no-scaled-link"],
            )
        item += nodes.paragraph("", "", link_to(script), classes=["example-title"])
        item += nodes.paragraph(
            "", "", *self.parse_inline(claim_of(script))[0], classes=["example-claim"]
        )
        item += nodes.paragraph("", ", ".join(script.declared.tags), classes=["example-tags"])
        return item


# -- Examples by name: of modules, functions, classes and their methods

_LISTED = re.compile(
    r"multiprocessing\.|concurrent\.futures\.|threading\.|signal\.|faulthandler\."
    r"|os\.(W[A-Z]|_exit|abort|cpu_count|exec|fork|getp|getsid|kill|nice|pidfd|pipe|posix_spawn|process_|register_at|sched_|set[ps]|wait)"
)


class ExamplesByName(SphinxDirective):
    """List the documented names that examples use, and for each name the examples. Its host parses
    reStructuredText, as claims are.
    """

    def run(self):
        inventory = InventoryAdapter(self.env).named_inventory["python"]
        kinds = {kind: set(names) for kind, names in inventory.items() if kind.startswith("py:")}
        modules = kinds.pop("py:module")
        documented = {name for names in kinds.values() for name in names if _LISTED.match(name)}
        folder = example_folders(self.env.app)[0]
        self.env.note_dependency(str(folder / "contents.txt"))
        users = {}
        for place in contents(folder):
            self.env.note_dependency(str(folder / place))
            script = read_script(folder / place)
            for name in names_used(decode(script.source), documented, kinds["py:class"]):
                users.setdefault(name, []).append(script)

        def module_of(name):
            return max((module for module in modules if name.startswith(f"{module}.")), key=len)

        sections = {}
        for name in sorted(users, key=str.lower):
            sections.setdefault(module_of(name), []).append(name)
        order = [
            "multiprocessing",
            "concurrent.futures",
            "os",
            "signal",
            "threading",
            "faulthandler",
        ]
        places = {
            module: next(
                place for place, first in enumerate(order) if f"{module}.".startswith(f"{first}.")
            )
            for module in sections
        }
        return [
            self._section(module, sections[module], users)
            for module in sorted(sections, key=lambda module: (places[module], module))
        ]

    def _section(self, module, names, users):
        section = nodes.section(ids=[f"module-{module}"], names=[module])
        section += nodes.title("", "", nodes.literal("", module))
        toc = nodes.paragraph(classes=["names"])
        listed = nodes.definition_list(classes=["simple", "names"])
        for name in names:
            toc += [
                nodes.reference("", name.removeprefix(f"{module}."), refid=name, internal=True),
                nodes.Text(" "),
            ]
            listed += self._name(name, users[name])
        section += [toc, listed]
        return section

    def _name(self, name, scripts):
        known = [name, *(alias for alias, real in ALIASES.items() if real == name)]
        link = pending_xref(
            "", refdomain="py", reftype="obj", reftarget=name, refexplicit=True, refwarn=True
        )
        link += nodes.literal("", name)
        term = nodes.term("", "", link, ids=[name])
        term += index(entries=[("single", one, name, "", None) for one in known])
        items = nodes.bullet_list()
        for script in scripts:
            item = nodes.paragraph("", "", link_to(script))
            claim = claim_of(script)
            if len(scripts) <= MANY and claim:
                item += [nodes.Text(": "), *self.parse_inline(claim)[0]]
            items += nodes.list_item("", item)
        return nodes.definition_list_item("", term, nodes.definition("", *fold(items, "examples")))


# -- Related pages, at the end of each page: those that link to it

_LISTS = re.compile(
    r"((gallery/)?([^/]+/)?)?index|404|reference/examples_by_name"
)  # that a page is listed there says nothing


def collect(app, doctree):
    """Note which pages a page links to."""
    docname = app.env.docname
    mentions = app.env.page_mentions = getattr(app.env, "page_mentions", {})
    found = set()
    if not _LISTS.fullmatch(docname):
        for link in doctree.findall(pending_xref):
            kind = link.get("refdomain") or "", link.get("reftype")
            if (
                kind in {("std", "doc"), ("", "myst")} or kind[0] == "doc"
            ):  # of reStructuredText, of MyST by path
                found.add(link["reftarget"].lstrip("/").removesuffix(".rst"))
            if kind in {("std", "ref"), ("", "myst")}:
                found.add(f"#{link['reftarget']}")
    mentions[docname] = found


def forget(app, env, docname):
    getattr(env, "page_mentions", {}).pop(docname, None)


def merge(app, env, docnames, other):
    mentions = env.page_mentions = getattr(env, "page_mentions", {})
    mentions.update(
        {
            name: targets
            for name, targets in getattr(other, "page_mentions", {}).items()
            if name in docnames
        }
    )


def changed(app, env):
    """Have the pages written again whose list has changed."""
    before = getattr(env, "page_mentioned", {})
    after = {}
    labels = {
        f"#{name}": place[0] for name, place in env.domains.standard_domain.anonlabels.items()
    }
    for docname, targets in getattr(env, "page_mentions", {}).items():
        for target in {labels.get(target, target) for target in targets} & env.found_docs - {
            docname
        }:
            if not _LISTS.fullmatch(target):
                after.setdefault(target, set()).add(docname)
    env.page_mentioned = after
    return [
        name
        for name in before.keys() | after.keys()
        if before.get(name) != after.get(name) and name in env.found_docs
    ]


def add_mentions(app, doctree, docname):
    """Put the list at the end of a page. An example's stands before the download; another page's
    omits what it links to itself.
    """
    mentioned = getattr(app.env, "page_mentioned", {})
    pages = set(mentioned.get(docname, ()))
    if docname.startswith("gallery/"):
        after = next(
            (
                node
                for node in doctree.findall(nodes.paragraph)
                if "example-download" in node["classes"]
            ),
            None,
        )
    else:
        after = None
        pages -= {page for page in pages if docname in mentioned.get(page, ())}
    section = after.parent if after else next(doctree.findall(nodes.section), None)
    if not pages or section is None:
        return
    items = nodes.bullet_list(classes=["example-mentions"])
    for page in sorted(pages, key=lambda name: (name.startswith("gallery/"), name)):
        uri = app.builder.get_relative_uri(docname, page)
        link = nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)
        items += nodes.list_item("", nodes.paragraph("", "", link))
    place = section.index(after) if after else len(section)
    section.insert(place, [nodes.rubric("", "This comes up in"), *fold(items, "pages")])


def setup(app):
    app.add_directive("examples", Examples)
    app.add_directive("examples-by-name", ExamplesByName)
    app.connect("source-read", tidy)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", changed)
    app.connect("doctree-resolved", add_mentions)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
