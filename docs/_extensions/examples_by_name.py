"""The ``examples-by-name`` directive: modules, functions, classes and their methods, and who uses them."""

import hashlib
import re

from claims import claim_of, title_of
from docutils import nodes
from names_used import ALIASES, names_used
from page_parts import MANY, fold, link_to, page_of
from shown_on_pages import follow, noted
from sphinx.addnodes import index, pending_xref
from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.docutils import SphinxDirective

from process_gallery.sphinxext import Build

_LISTED = re.compile(
    r"multiprocessing\.|concurrent\.futures\.|threading\.|signal\.|faulthandler\."
    r"|os\.(W[A-Z]|_exit|abort|cpu_count|exec|fork|getp|getsid|kill|nice|pidfd|pipe|posix_spawn|process_|register_at|sched_|set[ps]|wait)"
)


def uses(env):
    """Return of each example its page, title and claim, and the documented names that it uses.

    The names are kept with the environment, by source: to follow objects through every script takes
    seconds.
    """
    inventory = InventoryAdapter(env).named_inventory["python"]
    kinds = {kind: names for kind, names in inventory.items() if kind.startswith("py:")}
    classes = set(kinds["py:class"])
    documented = {
        name
        for kind, names in kinds.items()
        if kind != "py:module"
        for name in names
        if _LISTED.match(name)
    }
    inventory_key = hashlib.sha256(repr(sorted(documented | classes)).encode()).digest()
    known, env.names_by_source = getattr(env, "names_by_source", {}), {}
    found = []
    for script in Build.of(env).scripts.values():
        if script.declared.by_hand:  # what it is about is a machine, not a name
            continue
        key = hashlib.sha256(inventory_key + script.source).hexdigest()
        names = known.get(key)
        if names is None:
            names = sorted(names_used(script.text, documented, classes))
        env.names_by_source[key] = names
        found.append((page_of(script), title_of(script), claim_of(script), names))
    return found


class ExamplesByName(SphinxDirective):
    """List the documented names that examples use, and for each name the examples. Its host parses
    reStructuredText, as claims are.
    """

    def run(self):
        found = uses(self.env)
        noted(self.env, "examples-by-name")[self.env.docname] = found
        modules = InventoryAdapter(self.env).named_inventory["python"]["py:module"]
        users = {}
        for page, title, claim, names in found:
            for name in names:
                users.setdefault(name, []).append((page, title, claim))

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

    def _name(self, name, examples):
        known = [name, *(alias for alias, real in ALIASES.items() if real == name)]
        link = pending_xref(
            "", refdomain="py", reftype="obj", reftarget=name, refexplicit=True, refwarn=True
        )
        link += nodes.literal("", name)
        term = nodes.term("", "", link, ids=[name])
        term += index(entries=[("single", one, name, "", None) for one in known])
        items = nodes.bullet_list()
        for page, title, claim in examples:
            item = nodes.paragraph("", "", link_to(page, title))
            if len(examples) <= MANY and claim:
                item += [nodes.Text(": "), *self.parse_inline(claim)[0]]
            items += nodes.list_item("", item)
        return nodes.definition_list_item("", term, nodes.definition("", *fold(items, "examples")))


def lighten(app, pagename, templatename, context, doctree):
    """Take from the page's thousand links and names the classes that no style sheet asks for there: they
    are 3 % of the page, which would be too heavy.
    """
    if context.get("body") and pagename in noted(app.env, "examples-by-name"):
        body = re.sub(r'<a class="reference (in|ex)ternal" ', "<a ", context["body"])
        context["body"] = re.sub(r'<code class="xref py py-\w+ ', '<code class="', body)


def setup(app):
    app.add_directive("examples-by-name", ExamplesByName)
    app.connect("html-page-context", lighten)
    follow(app, "examples-by-name", lambda env, _: uses(env))
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
