"""The gallery's indexes: lists of examples that can be scanned and filtered."""

import re
from dataclasses import dataclass
from pathlib import Path

from claims import claim_of, title_and_claim, title_of
from docutils import nodes
from page_parts import link_to, page_of
from shown_on_pages import follow, noted
from sphinx.util.docutils import SphinxDirective

from process_gallery.sphinxext import Build

METHODS = ("fork", "spawn", "forkserver", "default start method")
_FILTER = """
.. raw:: html

   <form class="list-filter" aria-label="Filter the examples">
   <label>Find <input type="search" name="find" autocomplete="off"></label>
   <label>Start method <select name="method"><option value="">any</option><option value="m-fork">fork</option>
   <option value="m-spawn">spawn</option><option value="m-forkserver">forkserver</option>
   <option value="m-default-start-method">the default</option></select></label>
   <label>Needs <select name="needs"><option value="">anything</option><option value="n-nothing">nothing but Python</option>
   <option value="n-linux">Linux</option><option value="n-library">a library</option></select></label>
   <label>Runs on <select name="version"><option value="">any Python</option>{versions}</select></label>
   <output data-of="examples">{count} examples</output>
   </form>

"""


def whole_index(app):
    """Return the index of the whole gallery: a filter, and each section with its first sentence and
    its examples.
    """
    build = Build.of(app.env)
    versions = sorted({number for number in map(_version, build.scripts.values()) if number} | {11})
    options = "".join(f'<option value="{number}">3.{number}</option>' for number in versions)
    parts = [_FILTER.format(versions=options, count=len(build.scripts))]
    for section in dict.fromkeys(name.partition("/")[0] for name in build.scripts):
        title, text = title_and_claim(
            (build.example_folders[0] / section / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
        )
        parts.append(f"{title}\n{'-' * len(title)}\n\n{text}\n\n.. examples:: {section}\n\n")
    return "\n".join(parts)


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


@dataclass(frozen=True)
class Entry:
    """What a list says of an example."""

    page: str
    title: str
    claim: str
    tags: tuple[str, ...]
    classes: tuple[str, ...]
    """What the filter goes by."""
    picture: str
    """Path below the pages, from their root; empty if there is none."""


def entries(env, section):
    """Return what the list of a section says."""
    found = []
    for name, script in Build.of(env).scripts.items():
        if name.partition("/")[0] == section:
            picture = f"/gallery/{section}/images/thumb/sphx_glr_{script.path.stem}_thumb.svg"
            there = Path(env.srcdir, picture[1:]).exists()
            found.append(
                Entry(
                    page_of(script),
                    title_of(script),
                    claim_of(script),
                    script.declared.tags,
                    tuple(_classes(script)),
                    picture if there else "",
                )
            )
    return found


class Examples(SphinxDirective):
    """List the examples of a section: picture, title, claim, tags."""

    required_arguments = 1

    def run(self):
        section = self.arguments[0]
        found = entries(self.env, section)
        noted(self.env, "examples").setdefault(self.env.docname, {})[section] = found
        return [nodes.bullet_list("", *map(self._item, found), classes=["examples"])]

    def _item(self, entry):
        item = nodes.list_item(classes=list(entry.classes))
        if entry.picture:
            # Not a link to itself, which Sphinx makes of pictures that are shown smaller than they
            # are.
            item += nodes.image(
                uri=entry.picture,
                alt="",
                width="120",
                height="84",
                loading="lazy",
                classes=["no-scaled-link"],
            )
        item += nodes.paragraph("", "", link_to(entry.page, entry.title), classes=["example-title"])
        item += nodes.paragraph(
            "", "", *self.parse_inline(entry.claim)[0], classes=["example-claim"]
        )
        item += nodes.paragraph("", ", ".join(entry.tags), classes=["example-tags"])
        return item


def setup(app):
    app.add_directive("examples", Examples)
    follow(
        app,
        "examples",
        lambda env, before: {section: entries(env, section) for section in before},
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
