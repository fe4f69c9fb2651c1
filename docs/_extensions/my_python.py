"""My Python: a control in the sidebar, with a choice for each Python that scripts were recorded on, and
for each whose default start method is documented where nothing could be run.

site.js keeps the choice, and fetches follow.js once there is one; that makes what is of this Python
stand out, by the attributes of the package (``data-pythons``, ``data-since``, ``data-until``). The
essentials of each are put into words from the records, for the control and for the directive
``my_python``.
"""

import json
import re
from html import escape
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.parsers.rst import directives
from page_parts import link_to
from shown_on_pages import follow, noted
from sphinx.util.docutils import SphinxDirective

from process_gallery.sphinxext import Build, VersionRun, entry_of, row_of, span, table_of

_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy"}
_PLATFORMS = {"linux": "Linux", "darwin": "macOS", "win32": "Windows", "emscripten": "Pyodide"}
_RECORD = re.compile(r"(\w+)-(\d+\.\d+)[^-]*?(t?)-(\w+)")  # a file's name: see the package's model
_RANGE = "pg-range"  # the package's class of what names versions
_DOCUMENTED = "reference/start_methods_by_version.md"
_GUIDES = {"win32": "/guides/windows", "emscripten": "/guides/browser"}
"""What a reader on a platform is led to."""
_GUIDES = {
    "win32": ("On Windows", "/guides/windows"),
    "emscripten": ("In the browser", "/guides/browser"),
}
"""What a reader on a platform is led to."""
_DATA = "_static/pythons.js"


_METHODS = ("fork", "forkserver", "spawn")


class Code(NamedTuple):
    """Words of code."""

    words: str


class Link(NamedTuple):
    """Words that lead to a page."""

    words: str
    page: str
    """Its name, or an address elsewhere."""


class Documented(NamedTuple):
    """What CPython documents of the default start method on a platform."""

    platform: str
    first: tuple
    last: tuple
    method: str
    address: str


def numbers(version):
    """Return a version to compare with others.

    >>> numbers("3.13t") > numbers("3.9")
    True
    """
    return tuple(map(int, re.findall(r"\d+", version)))


# -- The choices


def choices(folder, documented=()):
    """Return the Pythons that there are records of, or that something is documented of, by
    implementation and platform: names of groups, each with names of Pythons and what the control
    calls them, the newest first.

    >>> choices(Path("no/such/folder"))
    []
    """
    found = {match.groups() for path in folder.glob("*/*.json") if (match := _RECORD.fullmatch(path.stem))}  # fmt: skip
    found |= {
        ("cpython", version, "", one.platform)
        for _, version, _, _ in found
        for one in documented
        if one.first <= numbers(version) <= one.last
    }
    groups = {}
    known = [*_PLATFORMS]
    for implementation, version, free, platform in sorted(
        found,
        key=lambda one: (
            one[0] != "cpython",
            known.index(one[3]) if one[3] in known else len(known),
            one[2],
            [-number for number in numbers(one[1])],
        ),
    ):
        name = _IMPLEMENTATIONS.get(implementation, implementation)
        place = _place(platform)
        label = version + free
        if implementation != "cpython":
            label = f"{name} {label}"
        if platform != "linux":
            label = f"{label} {place}"
        group = f"{name}{', free-threaded,' if free else ''} {place}"
        key = f"{implementation}-{version}{free}-{platform}"
        groups.setdefault(group, []).append((key, label))
    return list(groups.items())


def _place(platform, *, run_by=""):
    word = "in" if platform == "emscripten" else "for" if run_by and platform == "win32" else "on"
    return f"{word} {_PLATFORMS.get(platform, platform)}"


def documented_on(page):
    """Return what a page's first table of versions says is documented; its lines are as the package's
    directive ``version_table`` has them.
    """
    block = (
        page.read_text(encoding="utf-8").partition("```{version_table}")[2].partition("```\n")[0]
    )
    return [
        Documented(
            platform,
            numbers(first),
            numbers(last or ("99.99" if until else first)),
            method,
            address,
        )
        for platform, first, until, last, method, address in re.findall(
            r"^(\w+) ([\d.]+)(-?)([\d.]*): (.*) <(\S+)>$", block, re.MULTILINE
        )
    ]


def find_choices(app, config):
    """Have every page written again when there are others."""
    folder = Path(app.confdir, config.process_gallery_records, config.process_gallery_matrix)
    page = Path(app.confdir, _DOCUMENTED)  # a site of one example has no such page
    config.my_python_documented = documented_on(page) if page.is_file() else []
    config.my_python_choices = choices(folder, config.my_python_documented)


def short(groups):
    """Return the choices as site.js reads them, since every page has them: of each group its name, the
    names of its Pythons and what they are called with a % for the version, and the versions.

    >>> short([("PyPy on Linux", [("pypy-3.11-linux", "PyPy 3.11"), ("pypy-3.10-linux", "PyPy 3.10")])])
    'PyPy on Linux|pypy-%-linux|PyPy %|3.11 3.10'
    """
    result = []
    for group, of in groups:
        key, label = of[0]
        versions = [one.split("-")[1] for one, _ in of]
        form = (text.replace(versions[0], "%", 1) for text in (key, label))
        result.append("|".join([group, *form, " ".join(versions)]))
    return ";".join(result)


def offer(app, pagename, templatename, context, doctree):
    context["pythons"] = short(app.config.my_python_choices)


# -- The essentials in words


class Known:
    """What the records say of one Python, or, where there are none, what is documented of it."""

    def __init__(self, build, key, documented=()):
        self.key = key
        _, self.version, self.platform = key.split("-")
        self.documented = next(
            (
                one
                for one in documented
                if one.platform == self.platform and one.first <= numbers(self.version) <= one.last
            ),
            None,
        )
        self.runs = {}
        """The runs of each script and example, the oldest release first."""
        runs = [(name, run) for name, matrix in build.matrices.items() for run in matrix.runs]
        runs += [
            (name.removesuffix(".py"), VersionRun(example.record))
            for name, example in build.examples.items()
        ]
        for name, run in runs:
            if run.key == key and not run.problem:
                self.runs.setdefault(name, []).append(run)
        first = next(iter(self.runs.values()), None)
        self.interpreter = first[-1].record.interpreter if first else None

    def lines(self, script):
        runs = self.runs.get(script if "/" in script else f"matrix/{script}")
        return runs[-1].lines if runs else {}

    @property
    def name(self):
        """What it is called: ``3.12 on Linux``."""
        return f"{self.label} {self.place}"

    @property
    def label(self):
        """Its version, with the implementation in front if that is not CPython."""
        one = self.interpreter
        other = one and one.implementation != "CPython"
        return f"{one.implementation} {self.version}" if other else self.version

    @property
    def place(self):
        run_by = self.interpreter.run_by if self.interpreter else ""
        words = _place(self.platform, run_by=run_by)
        return words + (f" (run by {run_by})" if run_by else "")

    @property
    def series(self):
        """What it is a version of."""
        return self.key.replace(f"-{self.version}-", "-t-" if self.version.endswith("t") else "-")

    @property
    def default(self):
        if not self.interpreter:
            return self.documented.method
        return self.lines("default_method").get("default") or self.interpreter.default_start_method


def essentials(known, others):
    """Return what matters of one Python as clauses: lists of words, code and links."""
    guide = [["more: ", Link(*_GUIDES[known.platform])]] if known.platform in _GUIDES else []
    if not known.interpreter:
        link = Link("as CPython documents", known.documented.address)
        default = [Code(known.default), " by default, "] if known.default in _METHODS else [f"{known.default}, "]  # fmt: skip
        return [[*default, link], ["not run for this site"], *guide]
    clauses = _default(known, others), _guard(known), _threads(known), _lock(known), _server(known), *guide  # fmt: skip
    return [clause for clause in clauses if clause]


def _default(known, others):
    available = known.lines("default_method").get("available, default first", "")
    methods = re.findall(r"\b(?:fork|forkserver|spawn)\b", available)
    clause = [Code(known.default), " by default"]
    if len(methods) == 1:
        clause = [Code(known.default), ", no other method"]
    elif "no choice" in available:
        clause = [Code(known.default), ", no choice"]
    start = known.lines("platforms/in_the_browser").get("Process.start()", "")
    if "Error" in start:
        return [*clause, ", but ", Code("start()"), " ends in ", Code(start)]
    same = sorted(
        (one for one in others if one.series == known.series and one.default in _METHODS),
        key=lambda one: numbers(one.version),
    )
    here = numbers(known.version)
    before = [one for one in same if numbers(one.version) < here and one.default != known.default]
    after = [one for one in same if numbers(one.version) > here and one.default != known.default]
    guide = "/guides/move_to_forkserver"
    if before:
        last = before[-1]
        clause += [" (", Code(last.default), f" up to {last.version}: ", Link("what the change breaks", guide), ")"]  # fmt: skip
    elif after:
        first = after[0]
        clause += [" (", Code(first.default), f" from {first.version} on: ", Link("what that will break", guide), ")"]  # fmt: skip
    return clause


def _guard(known):
    said = known.lines("missing_guard").get(f"{known.default}, errors", "")
    errors = list(dict.fromkeys(re.findall(r"\b\w+Error\b", said)))
    if errors:
        result = ["a program without a main guard ends in "]
        for number, error in enumerate(errors):
            result += [" and " if number else "", Code(error)]
        return result
    return ["a program without a main guard runs"] if said == "none" else []


def _threads(known):
    said = known.lines("fork_warnings")
    word = said.get("os.fork() in the main program", "")
    if "Warning" in word:
        error = "exit code" in said.get("Process, with -W error", "")
        words = ["warns when a program with threads forks"]
        return [*words, ", an exception with ", Code("-W error")] if error else words
    return ["says nothing when a program with threads forks"] if word == "nothing" else []


def _lock(known):
    said = known.lines("lock_at_fork").get("threading.Lock", "")
    match = re.fullmatch(r"(\d+ of \d+) children hang", said)
    return [f"a lock that another thread holds at a fork hung {match[1]} children"] if match else []


def _server(known):
    """Say whether its fork server imports the main file, by release where these differ."""
    said = {run.version: run.lines.get("server-imports-main", "") for run in known.runs.get("matrix/history_runs", ())}  # fmt: skip
    yes, no = ([version for version, word in said.items() if word.startswith(one)] for one in ("yes", "no"))  # fmt: skip
    if not yes:
        return []
    words = ""
    if no:
        words = f" (seen in {yes[0]}, not in {no[-1]})"
    elif numbers(yes[0])[2:] > (0,):  # an older release may not
        words = f" (seen from {yes[0]} on)"
    return [f"the fork server imports your main file{words}"]


def as_nodes(known, clauses):
    """Return the words for a page."""
    result = [nodes.strong("", f"{known.name}: ")]
    for number, clause in enumerate(clauses):
        result.append(nodes.Text("; " if number else ""))
        for part in clause:
            if isinstance(part, Link) and part.page.startswith("https:"):
                result.append(nodes.reference("", part.words, refuri=part.page))
            elif isinstance(part, Link):
                result.append(link_to(part.page, part.words))
            elif isinstance(part, Code):
                result.append(nodes.literal(part.words, part.words))
            else:
                result.append(nodes.Text(part))
    return [*result, nodes.Text(".")]


def as_html(app, known, clauses):
    """Return the words for the control, the first clause and the rest; links begin at the root of the
    site.
    """

    def part_of(part):
        if isinstance(part, Link):
            page = part.page
            if page.startswith("/"):
                page = app.builder.get_target_uri(page.lstrip("/"))
            return f'<a href="{escape(page)}">{escape(part.words)}</a>'
        return f"<code>{escape(part.words)}</code>" if isinstance(part, Code) else escape(part)

    first, *rest = ("".join(map(part_of, clause)) for clause in clauses)
    return f"<b>{escape(known.name)}:</b> {first}", "; ".join(rest)


def all_known(env):
    """Return what is known of each Python that can be chosen, with its essentials."""
    build = Build.of(env)
    keys = [key for _, of in env.config.my_python_choices for key, _ in of]
    known = [Known(build, key, env.config.my_python_documented) for key in keys]
    known = [one for one in known if one.interpreter or one.documented]
    return [(one, essentials(one, known)) for one in known]


def write(app, exception):
    """Write the words of each Python for the control."""
    if exception or app.builder.name != "html":
        return
    said = {known.key: as_html(app, known, clauses) for known, clauses in all_known(app.env)}
    path = Path(app.outdir, _DATA)
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(said, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
    path.write_text(f"window.pythons={text};\n", encoding="utf-8")


# -- On pages

_VERSIONS = re.compile(r"(\d+\.\d+)(?:\.\d+)?")


def mark_rows(app, doctree):
    """Have the entries of tables that were written by hand say of which Pythons they are, where the
    first column names versions of CPython: ``2.6 to 3.3``, or ``from 3.14``; and the others are by
    platform.
    """
    versions = [key.split("-")[1] for _, of in app.config.my_python_choices for key, _ in of if re.fullmatch(r"cpython-[\d.]+-linux", key)]  # fmt: skip
    for table in doctree.findall(nodes.table):
        head = next(table.findall(nodes.thead), None)
        if "pg-table" in table["classes"] or not head or len(head) != 1:
            continue
        first, *columns = (entry.astext() for entry in head[0])
        if first != "Python":
            continue
        platforms = [
            next((key for key, name in _PLATFORMS.items() if text.startswith(name)), None)
            for text in columns
        ]
        for row in next(table.findall(nodes.tbody)):
            meant = [one for one in versions if _means(row[0].astext(), numbers(one))]
            row[0] = _marked(row[0], meant, [*filter(None, platforms)])
            for number, platform in enumerate(platforms, 1):
                if platform:
                    row[number] = _marked(row[number], meant, [platform])


def _means(text, version):
    """Return whether words such as ``3.4 to 3.7`` mean a minor version."""
    named = [numbers(one) for one in _VERSIONS.findall(text)]
    if " to " in text:
        return named[0] <= version <= named[1]
    return any(version == one for one in named) or (
        text.startswith(("from", "since")) and bool(named) and version >= min(named)
    )


def _marked(entry, versions, platforms):
    keys = [f"cpython-{version}-{platform}" for version in versions for platform in platforms]
    result = entry_of(entry.children, keys)
    if len(platforms) > 1:
        for paragraph in result.findall(nodes.paragraph):
            paragraph["classes"].append(_RANGE)
    return result


def _groups(known):
    """Return those together of which the same is said."""
    groups = {}
    for one, clauses in known:
        groups.setdefault((one.place, repr(clauses)), []).append((one, clauses))
    return groups.values()


def _shown(env, _before=""):
    return repr([(known.name, clauses) for known, clauses in all_known(env)])


class MyPython(SphinxDirective):
    """The essentials of the newest CPython on Linux, or of the one that a reader has chosen. Options:
    ``brief``, the first of them; ``all``, those of each Python, too, folded. The content is what
    follows.
    """

    option_spec = {"brief": directives.flag, "all": directives.flag}
    has_content = True

    def run(self):
        known = all_known(self.env)
        noted(self.env, "my_python")[self.env.docname] = _shown(self.env)
        if not known:
            raise self.error("my_python: there is no record of any script of the matrix")
        newest, clauses = known[0]
        brief = "brief" in self.options
        classes = ["my-python-says", *(["my-python-brief"] if brief else [])]
        words = as_nodes(newest, clauses[:1] if brief else clauses)
        more, messages = self.parse_inline(" ".join(self.content))
        paragraph = nodes.paragraph(
            "", "", nodes.inline("", "", *words, classes=classes), nodes.Text(" "), *more
        )
        if "all" not in self.options:
            return [paragraph, *messages]
        body = []
        for group in _groups(known):
            one, its = group[0]
            versions = span(reversed([other.label for other, _ in group]))
            body.append(
                row_of(
                    [
                        [nodes.paragraph("", f"{versions} {one.place}", classes=[_RANGE])],
                        [nodes.paragraph("", "", *as_nodes(one, its)[1:])],
                    ],
                    pythons=" ".join(other.key for other, _ in group),
                )
            )
        tags = "<details><summary>Each Python in a sentence</summary>", "</details>"
        first, last = (nodes.raw("", tag, format="html") for tag in tags)
        return [paragraph, *messages, first, table_of(["Python", "What matters"], body), last]


def setup(app):
    app.add_config_value("my_python_choices", [], "html", list)
    app.add_config_value("my_python_documented", [], "env", list)
    app.add_directive("my_python", MyPython)
    follow(app, "my_python", _shown)
    app.connect("config-inited", find_choices)
    app.connect("doctree-read", mark_rows)
    app.connect("html-page-context", offer)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
