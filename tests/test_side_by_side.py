"""Examples that are recorded under each start method: what they declare, how they run, and how a page shows the runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from test_drawing import made
from test_sphinx import Site

from process_gallery import ExampleError, Job, drawing, read_script, record, record_all
from process_gallery.drawing.side_by_side import differing
from process_gallery.interpreters import Installed, look_at, probe
from process_gallery.matrix import pairs, renew
from process_gallery.store import Cache, key, without_chance

PROGRAM = '''"""
Whose body
==========

The body runs in each process.
"""

# sphinx_gallery_start_methods = {"fork": "ok", "spawn": ["ok", "exit 3"]}

import multiprocessing
import sys

print("the body runs as", __name__)


def work():
    print("the child works")


if __name__ == "__main__":
    child = multiprocessing.get_context(*sys.argv[1:]).Process(target=work)
    child.start()
    child.join()
'''


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def declared(tmp_path: Path, value: str):
    path = tmp_path / "x.py"
    path.write_text(f"# sphinx_gallery_start_methods = {value}\nprint()\n")
    return read_script(path).declared


def test_what_is_declared(tmp_path: Path) -> None:
    found = declared(tmp_path, '["spawn", "fork"]')
    assert found.start_methods == (("fork", ("ok",)), ("spawn", ("ok",)))
    found = declared(tmp_path, '{"spawn": "timeout", "forkserver": ["ok", "exit 3"]}')
    assert found.expects(["spawn"], "fork") == ("timeout",)
    assert found.expects([], "forkserver") == ("ok", "exit 3"), "a plain run has the default one"
    assert found.expects([], "fork") == ("ok",)


@pytest.mark.parametrize(
    "value",
    ['"spawn"', '["spwan"]', "[1]", '{"spawn": 3}', '{"spawn": []}', '{"spawn": "perhaps"}'],
)
def test_what_cannot_be_declared_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(ExampleError, match="sphinx_gallery_start_methods"):
        declared(tmp_path, value)


def test_a_script_is_called_with_its_arguments_with_cells_and_without(
    tmp_path: Path, python: str
) -> None:
    path = tmp_path / "says.py"
    path.write_text(
        "import sys\nprint(sys.argv[1:], sys.orig_argv[2:])\n\n# %%\nprint(len(sys.argv))\n"
    )
    for whole in (False, True):
        [(_, found)] = record_all(
            [Job(read_script(path), python=python, arguments=("spawn", "a b"), whole=whole)]
        )
        assert found.text() == "['spawn', 'a b'] ['spawn', 'a b']\n3\n"
        assert found.arguments == ["spawn", "a b"]
    [(_, found)] = record_all([Job(read_script(path), python=python, portable=True)])
    assert found.text() == "[] []\n1\n"


def test_the_start_method_is_the_one_of_the_argument(tmp_path: Path, python: str) -> None:
    path = tmp_path / "body.py"
    path.write_text(PROGRAM)
    for method in ("fork", "spawn", "forkserver"):
        found = record(path, python=python, arguments=[method])
        assert found.outcome == found.expected == "ok"
        assert {process.how for process in found.processes} & {"fork", "spawn", "forkserver"} == {
            method
        }


def test_the_key_and_the_file_of_a_record_have_the_argument(tmp_path: Path) -> None:
    path = tmp_path / "body.py"
    path.write_text(PROGRAM)
    script = read_script(path)
    python, installed = probe(sys.executable), Installed.ask(sys.executable, [script])
    keys = {
        key(script, python, installed, arguments=words) for words in ((), ("fork",), ("spawn",))
    }
    assert len(keys) == 3
    cache = Cache(tmp_path / "kept")
    plain, spawned = record(path), record(path, arguments=["spawn"])
    cache.save("body.py", "a" * 64, plain)
    cache.save("body.py", "b" * 64, spawned)
    assert cache.load(script, "body.py", "a" * 64) == plain, (
        "the one does not take the other's place"
    )
    assert cache.load(script, "body.py", "b" * 64, ["spawn"]) == spawned
    assert cache.load(script, "body.py", "b" * 64) is None
    cache.save("body.py", "c" * 64, spawned)
    assert len(list(cache.folder.glob("*.json"))) == 2, "but it takes its own"


def test_committed_records_are_renewed_under_each_method(tmp_path: Path) -> None:
    path = tmp_path / "section" / "body.py"
    path.parent.mkdir()
    path.write_text(PROGRAM)
    script = read_script(path)
    (python,) = look_at([sys.executable])
    for _ in range(2):
        rows = list(renew(pairs([script], [python], []), tmp_path / "records", newest=True))
        assert len(rows) == 3
    names = {file.stem.partition("+")[2] for file in (tmp_path / "records").rglob("*.json")}
    assert names == {"", "fork", "spawn"}


def test_what_differs_is_what_not_all_have(tmp_path: Path) -> None:
    path = tmp_path / "body.py"
    path.write_text(PROGRAM)
    runs = {method: record(path, arguments=[method]) for method in ("fork", "spawn")}
    found = differing(runs, [0], without_chance)
    assert found["fork"] == []
    assert len(found["spawn"]) == 1
    page = drawing.side_by_side_html(
        runs, [0], uid="u", timeline=True, output=True, essence=without_chance
    )
    (marked,) = re.findall(r'<mark class="pg-l pg-diff[^>]*>([^<]*)', page)
    assert marked == "the body runs as __mp_main__\n"
    assert "Not printed under every method: \u201cthe body runs as __mp_main__\u201d." in page
    maps = set(re.findall(r'data-map="([^"]*)"', page))
    assert len(maps) == 1, "all have one axis of time"
    assert page.count('type="radio"') == 2
    text = drawing.side_by_side_text(runs, [0], timeline=True, output=True)
    assert "spawn: SpawnProcess-1 | the body runs as __mp_main__\n" in text
    assert "fork: ForkProcess-1 (fork): start() called at" in text


def test_the_same_lines_in_another_order_do_not_differ() -> None:
    """What several processes print comes as it happens; a second line of the same words is one more."""

    runs = {
        "fork": made([(0, "a\nb\nb\n"), (1, "ForkProcess-1 took 3 ms\n")]),
        "spawn": made([(0, "b\na\n"), (1, "SpawnProcess-1 took 90 ms\n")]),
    }

    def essence(text: str) -> str:
        return without_chance(text, times=True)

    assert differing(runs, [0], essence) == {"fork": [2], "spawn": []}


def test_a_page_shows_them_and_says_what_they_must_show(site: Site) -> None:
    site.example("body.py", PROGRAM)
    shown = (
        "# Small\n\n```{side_by_side} body\n:shows: |\n:  spawn: SpawnProcess-1 | the body runs as __mp_main__\n"
        ":shows-not: |\n:  fork: ForkProcess-1 | the body runs\n```\n\n"
        "```{recorded} body\n:start-method: spawn\n:show: output\n:shows: the body runs as __mp_main__\n```\n\n"
        "```{toctree}\ngallery/index\n```\n"
    )
    site.page(shown)
    output = site.build()
    assert site.ran(output) == ["body.py", "body.py", "body.py"]
    page = site.text("index.html")
    assert page.count('class="pg-col"') == 2
    assert "<code>python body.py spawn</code>" in page
    assert ", called with spawn, run by CPython" in page, "whose run it is"
    own = site.text("gallery/body.html")
    assert own.count('class="pg-col"') == 2
    assert site.ran(site.build()) == [], "all three are kept"
    site.page(shown.replace("__mp_main__", "__other__"))
    assert "its runs do not show what this page relies on" in site.build(fails=True)


def test_an_example_that_ignores_its_argument_is_an_error(site: Site) -> None:
    site.example("body.py", PROGRAM.replace("get_context(*sys.argv[1:])", "get_context('fork')"))
    output = site.build(fails=True)
    assert "body.py spawn: no process was started by spawn, but by fork" in output


@pytest.mark.parametrize(
    ("directive", "says"),
    [
        ("side_by_side} plain", "declares no start methods"),
        ("recorded} plain\n:start-method: spawn", "has no run under 'spawn'"),
        ("side_by_side} none", "there is no example"),
        ("side_by_side} plain\n:show: facts", "is not one of code, output, timeline"),
    ],
)
def test_what_cannot_be_shown_is_named(site: Site, directive: str, says: str) -> None:
    site.example("plain.py", '"""\nPlain\n=====\n\nText.\n"""\n\nprint(1)\n')
    site.page(f"# Small\n\n```{{{directive}\n```\n\n```{{toctree}}\ngallery/index\n```\n")
    assert says in site.build(fails=True)


WRITES = '''"""
Inner
=====

It runs a program.
"""

# sphinx_gallery_files = {"PROGRAM": "program.py", "CONFIG": "pyproject.toml"}

import subprocess
import sys

PROGRAM = """\\
print("from the program: \\\\n is a newline")
"""

CONFIG = """
[tool]
"""


def one():
    pass


def two():
    pass


if __name__ == "__main__":
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        stdout=subprocess.PIPE,
        text=True,
    )
    print(done.stdout)
'''


def test_a_program_in_a_constant_is_shown_as_a_file(site: Site) -> None:
    site.example("inner.py", WRITES)
    site.build()
    page = site.text("gallery/inner.html")
    plain = re.sub(r"<[^>]+>", "", page)
    assert '<span class="caption-text">program.py</span>' in page
    assert "from the program: \\n is a newline" in plain.replace("&quot;", '"')
    assert "PROGRAM = ...  # the text of program.py, above" in plain
    assert re.search(r'<details class="pg-rest">.*PROGRAM.*</details>', page, re.DOTALL)
    (link,) = re.findall(r'href="([^"]*program\.py)"', page)
    file = (site.html / "gallery" / link).resolve()
    assert file.read_text() == 'print("from the program: \\n is a newline")\n'
    assert site.ran(site.build()) == []


def test_a_file_that_is_no_text_of_the_script_is_named(site: Site) -> None:
    site.example("inner.py", WRITES.replace('{"PROGRAM"', '{"PROGRAMME"'))
    assert "PROGRAMME is not set to a text at the top level" in site.build(fails=True)
