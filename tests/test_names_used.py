"""Which names of Python's library a script is said to use: on the page of examples by name, and by links in its code."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

sys.path.append(str(Path(__file__).parents[1] / "docs/_extensions"))
names_used = pytest.importorskip("names_used").names_used
code_links = pytest.importorskip("code_links")

CLASSES = {
    "concurrent.futures.Executor",
    "concurrent.futures.Future",
    "concurrent.futures.ProcessPoolExecutor",
    "multiprocessing.Process",
    "multiprocessing.pool.Pool",
}
DOCUMENTED = CLASSES | {
    "concurrent.futures.Executor.submit",
    "concurrent.futures.Future.result",
    "multiprocessing.Process.join",
    "multiprocessing.Process.start",
    "multiprocessing.connection.Connection.recv",
    "multiprocessing.get_context",
    "multiprocessing.Pipe",
    "multiprocessing.pool.Pool.map",
    "os.fork",
}
SHORT = {"multiprocessing": "mp", "concurrent.futures": "cf"}
CASES = [
    ("import os\nos.fork()", {"os.fork"}),
    ("import multiprocessing as m\nm.Process().start()", {"mp.Process", "mp.Process.start"}),
    (
        "from multiprocessing import Process as P\np = P()\np.join()",
        {"mp.Process", "mp.Process.join"},
    ),
    ("from multiprocessing import Process", set()),  # imported only
    ("'''multiprocessing.Process, os.fork()'''", set()),  # mentioned only
    (
        "import multiprocessing\nwith multiprocessing.Pool() as pool:\n    pool.map()",
        {"mp.pool.Pool", "mp.pool.Pool.map"},
    ),
    (
        "import multiprocessing\ndef f(m):\n    c = multiprocessing.get_context(m)\n    c.Process()\n    with c.Pool() as p: p.map()",
        {"mp.get_context", "mp.Process", "mp.pool.Pool", "mp.pool.Pool.map"},
    ),
    (
        "import multiprocessing\nps = [multiprocessing.Process() for _ in '12']\nfor p in ps: p.start()",
        {"mp.Process", "mp.Process.start"},
    ),
    (
        "import multiprocessing\na, b = multiprocessing.Pipe()\na.recv()",
        {"mp.Pipe", "mp.connection.Connection.recv"},
    ),
    (
        "from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor() as e: e.submit().result()",
        {"cf.ProcessPoolExecutor", "cf.Executor.submit", "cf.Future.result"},
    ),
    (
        "import multiprocessing\nclass P(multiprocessing.Process): pass\nP().start()",
        {"mp.Process", "mp.Process.start"},
    ),
    # What is not certain.
    ("def f(process): process.join()", set()),
    (
        "import multiprocessing\np = multiprocessing.Process()\np = other()\np.join()",
        {"mp.Process"},
    ),
    ("import multiprocessing\ndef f(multiprocessing): multiprocessing.Process()", set()),
    (
        "import multiprocessing\np = multiprocessing.Process()\ndef f():\n    p = other()\n    p.join()",
        {"mp.Process"},
    ),
    (
        "import os\nclass A:\n    os = None\n    def f(self): os.fork()",
        {"os.fork"},
    ),  # a method does not see what its class binds
    ("p = p\np.start()", set()),
]


@pytest.mark.parametrize(("source", "names"), CASES)
def test_names_that_a_script_uses(source, names):
    found = names_used(textwrap.dedent(source), DOCUMENTED, CLASSES)
    for name, short in SHORT.items():
        found = {
            f"{short}{one.removeprefix(name)}" if one.startswith(f"{name}.") else one
            for one in found
        }
    assert found == names


# -- links in the code of pages

SOURCE = "import multiprocessing as mp\nfrom multiprocessing import Process\n\nü = mp.get_context('spawn'); é = ü.Process\nchild = Process()\nchild.start()\n"


def test_uses_are_found_where_they_stand():
    found = code_links.uses(SOURCE, frozenset(DOCUMENTED), frozenset(CLASSES))
    lines = SOURCE.split("\n")
    assert [(line, lines[line - 1][start:end], name.removeprefix("multiprocessing.")) for line, start, end, name in sorted(found)] == [
        (4, "mp.get_context", "get_context"), (4, "ü.Process", "Process"), (5, "Process", "Process"), (6, "child.start", "Process.start"),
    ]  # fmt: skip


def test_a_name_that_spans_lines():
    [(line, start, end, _)] = code_links.uses(
        "import os\n(os\n .fork())\n", frozenset(DOCUMENTED), frozenset(CLASSES)
    )
    assert (line, start, end) == (3, 1, 6)


def test_links_are_put_around_what_pygments_makes_of_a_name():
    code = 'x = "<" + os.fork(1) & y.start()'
    html = highlight(code, PythonLexer(), HtmlFormatter())
    at = code.index("os.fork")
    begin = code.index("start")
    linked = code_links.link(
        html, [(at + 1, at + 3, "not at a token"), (at, at + 7, "a?b&c"), (begin, begin + 5, "d")]
    )
    assert (
        linked.replace('<a href="a?b&amp;c">', "").replace('<a href="d">', "").replace("</a>", "")
        == html
    )
    assert [
        re.sub("<[^>]+>", "", text) for text in re.findall(r"<a href=[^>]*>(.*?)</a>", linked)
    ] == ["os.fork", "start"]


def test_a_decorator_keeps_no_later_name_from_its_link():
    code = "@a.b\ndef f():\n    c()\n"
    linked = code_links.link(
        highlight(code, PythonLexer(), HtmlFormatter()), [(1, 4, "d"), (18, 19, "e")]
    )
    assert linked.count("</a>") == 1
    assert '<a href="e"><span class="n">c</span></a>' in linked
