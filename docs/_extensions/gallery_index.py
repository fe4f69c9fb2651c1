"""The gallery's indexes: lists of examples that can be scanned and filtered."""

import re
from pathlib import Path

from claims import claim_of, title_and_claim, title_of
from docutils import nodes
from page_parts import link_to, page_of
from sphinx.util.docutils import SphinxDirective

from process_gallery import read_script
from process_gallery.script import contents
from process_gallery.sphinxext import Build

METHODS = ("fork", "spawn", "forkserver", "default start method")
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


def whole_index(app):
    """Return the index of the whole gallery: a filter, and each section with its first sentence and
    its examples.
    """
    folder = Build.of(app.env).example_folders[0]
    scripts = [read_script(folder / name) for name in contents(folder)]
    versions = sorted(
        {number for script in scripts for number in [_version(script)] if number} | {11}
    )
    options = "".join(f'<option value="{number}">3.{number}</option>' for number in versions)
    parts = [_FILTER.format(versions=options, count=len(scripts))]
    for section in dict.fromkeys(name.partition("/")[0] for name in contents(folder)):
        title, text = title_and_claim(
            (folder / section / "GALLERY_HEADER.rst").read_text(encoding="utf-8")
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


class Examples(SphinxDirective):
    """List the examples of a section: picture, title, claim, tags."""

    required_arguments = 1

    def run(self):
        folder = Build.of(self.env).example_folders[0]
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
        item += nodes.paragraph(
            "", "", link_to(page_of(script), title_of(script)), classes=["example-title"]
        )
        item += nodes.paragraph(
            "", "", *self.parse_inline(claim_of(script))[0], classes=["example-claim"]
        )
        item += nodes.paragraph("", ", ".join(script.declared.tags), classes=["example-tags"])
        return item


def setup(app):
    app.add_directive("examples", Examples)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
