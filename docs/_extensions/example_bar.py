"""The bar below the title of an example's page: its file, the command that runs it, what it needs, and
where it belongs.
"""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass

from claims import title_and_claim
from docutils import nodes
from page_parts import link_to
from shown_on_pages import follow, noted
from sphinx.addnodes import download_reference

from process_gallery import local_modules
from process_gallery.sphinxext import Build

_BLOCK = re.compile(r"(?m)^# /// script\n((?:#(?: .*)?\n)+?)# ///$")  # PEP 723
OLDEST = (3, 11)  # every example runs from there on
PLATFORMS = {"linux": " on Linux", "windows": " on Windows", "pyodide": " in Pyodide"}
UV = "https://docs.astral.sh/uv/"
MOST = 2  # guides that are named


@dataclass(frozen=True)
class Bar:
    """What the bar of an example says that is in files."""

    file: str
    beside: tuple[str, ...]
    """Files that must lie beside it."""
    command: str
    pythons: str
    packages: tuple[str, ...]
    """Distributions, as an installer takes them."""
    where: str
    """The platform that it needs, in words with a blank in front; empty if any will do."""
    by_hand: str
    """What else it needs or does, so that no build runs it; empty if it does nothing of the kind."""
    section: tuple[str, str]
    """Folder and title."""


def bar_of(env, name):
    """Return what is to be said of an example.

    Raises
    ------
    KeyError
        If there is no such example.
    """
    build = Build.of(env)
    script = build.scripts[f"{name}.py"]
    block = _BLOCK.search(script.text)
    inline = tomllib.loads(re.sub(r"(?m)^# ?", "", block[1])) if block else {}
    folder = name.partition("/")[0]
    header = build.example_folders[0] / folder / "GALLERY_HEADER.rst"
    file = script.path.name
    return Bar(
        file,
        tuple(other.name for other in local_modules(script.path, script.source)),
        f"{'uv run' if block else 'python'} {file}",
        _pythons(inline.get("requires-python", ""), script.declared.needs),
        tuple(inline.get("dependencies", ())),
        "".join(words for name, words in PLATFORMS.items() if name in script.declared.needs),
        script.declared.by_hand,
        (folder, title_and_claim(header.read_text(encoding="utf-8"))[0]),
    )


def _pythons(inline, needs):
    """Say in words which Pythons an example runs on."""
    least, below = OLDEST, None
    for text in (inline, *needs):
        for sign, major, minor in re.findall(r"(>=|<)\s*(\d+)\.(\d+)", text):
            if sign == ">=":
                least = max(least, (int(major), int(minor)))
            else:
                below = int(major), int(minor)
    oldest = ".".join(map(str, least))
    return f"Python {oldest} to {below[0]}.{below[1] - 1}" if below else f"Python {oldest} or newer"


def add_bar(app, doctree):
    """Put the bar below the title, when a page is read: its downloads are collected then."""
    docname = app.env.docname
    name = docname.removeprefix("gallery/")
    section = next(doctree.findall(nodes.section), None)
    if name == docname or section is None or f"{name}.py" not in Build.of(app.env).scripts:
        return
    bar = bar_of(app.env, name)
    noted(app.env, "example_bar")[docname] = name, bar
    box = nodes.container(classes=["example-bar"])
    files = nodes.paragraph(classes=["example-download"])
    for number, file in enumerate((bar.file, *bar.beside)):
        text = f"{file}, which must lie beside it" if number else f"Download {file}"
        link = download_reference("", "", reftarget=file, refdoc=docname, classes=["download"])
        link += nodes.inline("", text)
        files += [nodes.Text(" "), link] if number else [link]
    box += files
    command = f"$ {bar.command}"
    box += nodes.literal_block(command, command, language="console")
    folder, title = bar.section
    box += nodes.paragraph(
        "", "", nodes.strong("", "Needs"), nodes.Text(" "), *_needs(bar), classes=["example-needs"]
    )
    box += nodes.paragraph(
        "",
        "",
        nodes.strong("", "Part of"),
        nodes.Text(" "),
        link_to(f"/gallery/{folder}/index", title),
        classes=["example-place"],
    )
    section.insert(1, box)


def _needs(bar):
    """Yield the nodes that say what an example needs."""
    text = f"{bar.pythons}{bar.where}"
    yield nodes.Text(text if bar.packages or bar.by_hand else f"{text}, nothing else")
    for number, package in enumerate(bar.packages):
        yield nodes.Text(", " if number == 0 else " and ")
        yield nodes.literal(package, package)
    if bar.command.startswith("uv"):
        what = "them" if len(bar.packages) > 1 else "it" if bar.packages else "that Python"
        yield nodes.Text("; ")
        yield nodes.reference("", "uv", refuri=UV)
        yield nodes.Text(f" fetches {what}")
    if bar.by_hand:
        yield nodes.Text(f"; {bar.by_hand}")


def add_places(app, doctree, docname):
    """Say which chapter of the tutorial the example is part of, and which guide answers it: these
    are pages that show it or link to it.
    """
    place = next(
        (node for node in doctree.findall(nodes.paragraph) if "example-place" in node["classes"]),
        None,
    )
    if place is None:
        return
    mentioned = getattr(app.env, "page_mentioned", {})
    pages = mentioned.get(docname, set())
    # A guide that names few examples is about them.
    named = Counter(page for its in mentioned.values() for page in its)
    found = {
        kind: sorted(
            (page for page in pages if page.startswith(f"{kind}/")),
            key=lambda page: (named[page], page),
        )
        for kind in ("tutorial", "guides", "concepts")
    }

    def add(label, names):
        place.extend([nodes.Text(" · "), nodes.strong("", label), nodes.Text(" ")])
        for number, page in enumerate(names):
            uri = app.builder.get_relative_uri(docname, page)
            link = nodes.reference("", app.env.titles[page].astext(), refuri=uri, internal=True)
            place.extend([nodes.Text(", "), link] if number else [link])

    if found["tutorial"]:
        add("Chapter", found["tutorial"][:1])
    if found["guides"]:
        add("Guide" if len(found["guides"]) == 1 else "Guides", found["guides"][:MOST])
    if found["concepts"]:
        add("Explained in", found["concepts"][:1])


def setup(app):
    # Before Sphinx collects the files that can be downloaded (500), and the search its words
    app.connect("doctree-read", add_bar, priority=400)
    app.connect("doctree-resolved", add_places)
    follow(app, "example_bar", lambda env, before: (before[0], bar_of(env, before[0])))
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 2}
