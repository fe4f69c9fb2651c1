"""What the search and the boxes for pastes know: sections, their words, and the wordings of errors.

Each page's sections are collected when the page is read, and kept with the environment. When the
site is written, they become scripts, which also work from a file: ``search_messages.js``, the
wordings; ``search_hangs.js``, the rules of the table of hangs; ``search_index.js``, the wordings,
what is shown of each section, and ``search.js``, as the page of the search needs them all;
``search_words.js``, the words of the running text, fetched for a word that is nowhere else.
Sphinx's own index is not made.
"""

import json
import re
from collections import Counter
from pathlib import Path

from ask_box import ask_box
from docutils import nodes
from page_descriptions import description_of
from rjsmin import jsmin
from sphinx.addnodes import glossary, index, toctree
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.index_entries import split_index_msg

LONGEST = 28  # characters of a page's description
MANY = 3  # examples that have the same heading; it says nothing then
COMMON = 40  # words of the text that more sections have tell little
WORDS_FILE = "readers_words.txt"
FOR_AUTHORS = frozenset(
    f"reference/{name}"
    for name in ("process_gallery", "process_gallery_api", "how_this_site_is_made")
)
"""Pages of which the search shows no sections."""
_SAY_NOTHING = """
a about after again all also am an and any anyone are as at be because been before being but by
came can could did do does doing  don else even ever every few for from further get gets getting
give given go got had has have having he help here hey hi how i if  in into is isn it its itself
just keep keeps know let like made make makes many me more most much my need no nor not now of off
on  once one only or other our out over own please put question same see seem should so some
somebody still such sure than that the  their them then there these they thing this those to too
try trying up us use used using very want was way we well were what when  where which while who
why will with without work works would you your s t re ve ll m d e g
"""
STOP = frozenset(_SAY_NOTHING.split())
# How words lose their endings, in the index and in the search: the first ending that a word has is
# replaced; then it loses an e, and one of two equal letters.
ENDINGS = [
    ["ies", "y"],
    ["ied", "y"],
    ["ings", ""],
    ["ing", ""],
    ["edly", ""],
    ["ed", ""],
    ["ss", "ss"],
    ["us", "us"],
    ["is", "is"],
    ["s", ""],
    ["ly", ""],
]
_WORD = re.compile(r"[a-z_][a-z0-9_]*|\d+(?:\.\d+)*")
_EXCEPTION = re.compile(
    r"[A-Za-z_][\w.]*(?:Error|Warning|Exception|Interrupt|ProcessPool|Empty|Full|Exit|Traceback)\b"
)
logger = logging.getLogger(__name__)


def stem(word):
    """Return a word without its ending; `stem` of search.js does the same."""
    if len(word) < 4 or not word.isalpha():
        return word
    for ending, instead in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) > 2:
            word = word[: -len(ending)] + instead
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def words(text):
    """Return the words of a text, as the index has them: of a name with underscores its parts,
    too.
    """
    found = []
    for word in _WORD.findall(text.lower()):
        parts = [word, *word.split("_")] if "_" in word.strip("_") else [word]
        found += [stem(part) for part in parts if part not in STOP and len(part) > 1]
    return found


# -- Reading: the sections of a page


def collect(app, doctree):
    """Keep the sections of the page that was read."""
    env = app.env
    _prepare(env)
    env.search_sections[env.docname] = _Page(doctree, env.docname).sections
    rules = [rule for box in doctree.findall(ask_box) for rule in box.get("rules", ())]
    if not rules:
        return
    env.search_hangs[env.docname] = rules
    rows = max(
        (len(list(body.findall(nodes.row))) for body in doctree.findall(nodes.tbody)), default=0
    )
    if rows != len(rules):
        logger.warning(
            "%s: the box has rules for %s rows, the table has %s", env.docname, len(rules), rows
        )


def _prepare(env):
    for name in ("search_sections", "search_hangs"):
        if not hasattr(env, name):
            setattr(env, name, {})


class _Page:
    """The sections of a page: anchor, heading, first sentences, words of the text, index entries,
    and the anchors and headings below that are no section of their own.
    """

    def __init__(self, doctree, docname):
        self.sections = []
        # An example has one idea; these say much that few ask for.
        self.whole = docname.startswith("gallery/") or docname in FOR_AUTHORS
        self.top = next(doctree.findall(nodes.section), None)
        if self.top is not None:
            self._section(self.top, None)

    def _new(self, anchor, heading):
        section = {"anchor": anchor, "heading": heading, "text": "", "words": Counter()}
        section |= {"entries": [], "parts": []}
        self.sections.append(section)
        return section

    def _section(self, node, within):
        heading = node.next_node(nodes.title).astext()
        anchor = _anchor(node)
        if within is not None and self.whole:
            within["parts"].append((heading, anchor))
            section = within
        else:
            section = self._new(anchor if within is not None else "", heading)
        section["words"].update(words(heading))
        for child in node.children:
            self._node(child, section)

    def _node(self, node, section):
        if isinstance(node, nodes.section):
            self._section(node, section)
        elif isinstance(node, glossary):
            for item in node.findall(nodes.definition_list_item):
                term, definition = item.next_node(nodes.term), item.next_node(nodes.definition)
                name = next(iter(term.findall(nodes.Text))).astext()
                self._text(definition, self._new(term["ids"][0], name))
        elif isinstance(node, nodes.definition_list) and "names" in node["classes"]:
            for term in node.findall(nodes.term):
                names = [entry[1] for found in term.findall(index) for entry in found["entries"]]
                section["parts"] += [(name, term["ids"][0]) for name in names]
        elif not (
            isinstance(node, nodes.comment | nodes.literal_block | nodes.raw | toctree)
            or "example-bar" in node["classes"]
        ):
            self._text(node, section)

    def _text(self, node, section):
        for found in node.findall(index):
            for kind, text, *_ in found["entries"]:
                if not text.startswith("Python Enhancement Proposals"):
                    section["entries"] += [text] if ":" in text else split_index_msg(kind, text)
        if isinstance(node, nodes.title | index | nodes.target):
            return
        text = " ".join(node.astext().split())
        section["words"].update(words(text))
        if (
            isinstance(node, nodes.paragraph | nodes.definition)
            and len(section["text"]) < LONGEST
            and "recorded-origin" not in node["classes"]
        ):
            section["text"] = f"{section['text']} {text}".strip()


def _anchor(node):
    """Return the anchor of a section: the one that its author gave it, if there is one."""
    names = node["ids"]
    given = [name for name in names if name.startswith(("error-", "folklore-"))]
    return (given or names)[0]


def forget(app, env, docname):
    _prepare(env)
    env.search_sections.pop(docname, None)
    env.search_hangs.pop(docname, None)


def merge(app, env, docnames, other):
    _prepare(env)
    _prepare(other)
    for name in ("search_sections", "search_hangs"):
        found = getattr(other, name)
        getattr(env, name).update({one: found[one] for one in docnames if one in found})


# -- Readers' words


def readers_words(text):
    """Return what the file of readers' words says: groups of words that mean the same, phrases by
    place, and words that say little.

    A line that begins with ``=`` is a group, one that begins with ``-`` has words that say little.
    Another that is not indented is a place, a page or a page and an anchor; the indented lines
    below it are phrases that readers type for it.
    """
    groups, places, weak = [], {}, []
    phrases = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("="):
            groups.append(line[1:].split())
        elif line.startswith("-"):
            weak += line[1:].split()
        elif not line.startswith(" "):
            phrases = places.setdefault(line.strip(), [])
        elif phrases is None:
            raise ExtensionError(f"{WORDS_FILE}:{number}: a phrase needs a place above it")
        else:
            phrases.append(line.strip())
    return groups, places, weak


# -- Writing


def write(app, error):
    """Write the two scripts."""
    if error or app.builder.name != "html":
        return
    path = Path(app.srcdir, WORDS_FILE)
    groups, places, weak = readers_words(path.read_text(encoding="utf-8") if path.exists() else "")
    sections = list(_sections(app, places))
    for place in places:
        logger.warning(
            "%s: there is no section %r; name a page, or a page and an anchor", WORDS_FILE, place
        )
    static = Path(app.outdir, "_static")
    messages = _messages(sections, records_of(Path(app.srcdir, "records")))
    index, by_word = _index(sections)
    index |= {"same": groups, "weak": " ".join(weak)}
    engine = static / "search.js"
    engine = jsmin(engine.read_text(encoding="utf-8")) if engine.exists() else ""
    _write(static / "search_messages.js", messages=messages)
    hangs = [rule for its in app.env.search_hangs.values() for rule in its]
    _write(static / "search_hangs.js", hangs=hangs)
    _write(static / "search_index.js", engine, messages=messages, index=index)
    _write(static / "search_words.js", text=by_word)


def _write(path, before="", **data):
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    path.write_text(
        f"{before}\nObject.assign(globalThis.siteSearch??={{}},{text})", encoding="utf-8"
    )


def _sections(app, places):
    """Yield every section of the site with its page; take the phrases of each from `places`."""
    for docname, sections in sorted(app.env.search_sections.items()):
        if docname == "404" or not sections:
            continue
        title = sections[0]["heading"]
        for section in sections:
            if not (section["text"] or section["parts"] or section["entries"]):
                continue  # a heading of headings
            name = f"{docname}#{section['anchor']}" if section["anchor"] else docname
            # A section's is that of its page: its heading says the rest.
            text = "" if section["anchor"] else description_of(app, docname) or section["text"]
            yield section | {
                "page": docname,
                "title": title,
                "entries": section["entries"] + places.pop(name, []),
                "text": _shorten(text, LONGEST),
            }


def _shorten(text, most):
    """Return the beginning of a text: whole sentences if they fit, else whole words."""
    text = re.sub(r"^(Also: )?Cause\. | <https?://[^>]*>_*", "", text)
    if len(text) <= most:
        return text
    sentence = re.match(rf"(.{{20,{most - 1}}}[.?!])(?= [A-Z])", text)
    return sentence[1] if sentence else text[:most].rpartition(" ")[0].rstrip(",;:") + " …"


def _said(entry):
    """Return the words of an entry, in the parts that it has: it is looked in, and shown nowhere."""
    return ", ".join(" ".join(words(part)) for part in entry.split(", "))


def _slug(text):
    return re.sub("[^a-z0-9]+", "-", text.lower()).strip("-")


def _index(sections):
    """Return the index, pages and sections; and of each further word the sections whose text has
    it.
    """
    docnames = list(dict.fromkeys(section["page"] for section in sections))
    rows, postings = [], {}
    headings = Counter(label for section in sections for label, _ in section["parts"])
    for number, section in enumerate(sections):
        heading, anchor = section["heading"], section["anchor"]
        parts = [
            label if place in (label, _slug(label)) else [label, place]
            for label, place in section["parts"]
            if headings[label] < MANY
        ]
        made = {_slug(heading): 1, f"term-{_slug(heading)}": 2}  # what search.js can make itself
        row = [docnames.index(section["page"]), made.get(anchor, anchor)]
        # Headings and entries of errors are in the other part of the data.
        is_error = anchor.startswith("error-")
        row += [0 if is_error else heading, section["text"]]
        row += [[] if is_error else [_said(text) for text in section["entries"]], parts]
        while not row[-1]:
            row.pop()
        rows.append(row)
        # What is shown, the search finds there.
        texts = section["title"], heading, section["text"], *section["entries"]
        shown = {word for text in texts for word in words(text)}
        for word in section["words"]:
            if word not in shown and not word[0].isdigit():
                postings.setdefault(word, []).append(number)
    by_word = [
        word + _differences(numbers)
        for word, numbers in sorted(postings.items())
        if len(numbers) <= COMMON
    ]
    return {"pages": docnames, "sections": rows}, "".join(by_word)


# Digits that are no part of words, quoted or escaped in JSON
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,-./:;<=>?@[]^{|}"


def _differences(numbers):
    """Return rising numbers, each as its distance from the one before: mostly one character."""
    found, last = "", -1
    for number in numbers:
        times, digit = divmod(number - last - 1, len(_DIGITS))
        found += "~" * times + _DIGITS[digit]
        last = number
    return found


# -- Wordings of errors


def records_of(folder):
    """Return what scripts by version printed: by script and case, the messages on every version and
    platform.
    """
    cases = {}
    for path in sorted(folder.glob("matrix/*/*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        for cell in record["cells"]:
            for line in "".join(piece["text"] for piece in cell["output"]).splitlines():
                case, _, text = line.partition(": ")
                if _EXCEPTION.match(text):
                    for message in text.split("; "):
                        if message.partition(": ")[2].strip():
                            cases.setdefault((path.parent.name, case), {})[message] = None
    return cases


def _without_numbers(message):
    return re.sub(r"0x[0-9a-f]+", "0x…", re.sub(r"(?<=pid=)\d+|(?<=psm_)\w+", "…", message))


def as_pattern(message):
    """Return a regular expression for a message as the pages write it, with ellipses."""
    parts = [re.escape(" ".join(part.split())) for part in message.split("…")]
    return re.compile(".*?".join(parts))


def _messages(sections, cases):
    """Return the errors that have an entry: where it stands, its heading, and its wordings.

    A case of a script by version belongs to an entry if most of its wordings are those of the
    entry; so the entry has the words of all versions.
    """
    own = {}
    for section in sections:
        entries = [text for text in section["entries"] if _EXCEPTION.match(text)]
        if section["anchor"].startswith("error-"):
            entries = [section["heading"], *section["entries"]]
        if entries:
            anchor = section["anchor"] and f"#{section['anchor']}"
            own[f"{section['page']}.html{anchor}"] = section["heading"], dict.fromkeys(entries)
    patterns = {
        place: [as_pattern(text) for text in entries if len(text) > 25]
        for place, (_, entries) in own.items()
    }
    for messages in cases.values():
        wordings = dict.fromkeys(map(_without_numbers, messages))
        for place, its in patterns.items():
            # Most of them: on one version, a mistake may have another end.
            same = [text for text in wordings if any(one.match(text) for one in its)]
            if 2 * len(same) >= len(wordings):
                own[place][1].update(wordings)
    found = [[place, heading, list(entries)] for place, (heading, entries) in own.items()]
    return {"entries": found, "stop": " ".join(sorted(STOP)), "endings": ENDINGS}


def no_other_index(app):
    """Have Sphinx make no index of its own; then it makes no page for the search either."""
    if app.builder.name == "html":
        app.builder.search = False


def page_of_the_search(app):
    return [("search", {}, "search.html")] if app.builder.name == "html" else []


def setup(app):
    app.connect("builder-inited", no_other_index)
    app.connect("html-collect-pages", page_of_the_search)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
