"""The ``examples-by-name`` directive: modules, functions, classes and their methods, and who uses them."""

import re

from claims import claim_of
from docutils import nodes
from names_used import ALIASES, names_used
from page_parts import MANY, fold, link_to
from sphinx.addnodes import index, pending_xref
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.docutils import SphinxDirective

from process_gallery.script import contents, decode, read_script
from process_gallery.sphinxext.gallery import example_folders

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


def setup(app):
    app.add_directive("examples-by-name", ExamplesByName)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
