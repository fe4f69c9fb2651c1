"""Galleries that were written for sphinx-gallery, built with it and with this package in its place."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from warm_sphinx import sphinx

STOCK, OURS = "sphinx_gallery.gen_gallery", "process_gallery"
CONF = """
import os, sys
sys.path.insert(0, os.path.abspath("../lib"))
extensions = ["sphinx.ext.autodoc", os.environ["GALLERY"]]
project = "foreign"
sphinx_gallery_conf = {
    "examples_dirs": "../examples", "gallery_dirs": "auto_examples", "doc_module": ("things",),
    "reference_url": {"things": None}, "backreferences_dir": "gen",
}
"""
INDEX = """
Foreign
=======

.. toctree::

   auto_examples/index
   sg_execution_times

.. autoclass:: things.Thing
   :members:
   :inherited-members:

.. minigallery:: things.Thing
"""
VALUES = '''"""
Values
======

The value of a last expression is on the page.
"""
print("docstring:", repr(__doc__))

import fractions

third = fractions.Fraction(1, 3)
third

# %%
# A table.


class Table:
    def _repr_html_(self):
        return "<table class='mine'><tr><td>a cell</td></tr></table>"


Table()

# %%
# Nothing.
"a string that is no value"
third.limit_denominator(2)
None

# %%
# A string.
"a string that is a value"
'''
THINGS = """
import things

thing = things.Thing()
thing.fit().shared()
thing.size
thing.fit.__name__
print(thing.__class__.__name__, things.Thing.fit.__doc__)
other = things.Thing()
other.__class__.__mro__
print(things.__path__, things.__name__)


class Own(things.Thing):
    pass


own = Own()
own.fit()
own.parts = things
own.parts.Thing
"""


class Foreign:
    """A small site as sphinx-gallery's users have them, in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.docs, self.examples = folder / "docs", folder / "examples"
        for part in (self.docs, self.examples, folder / "lib" / "things"):
            part.mkdir(parents=True)
        (folder / "lib/things/__init__.py").write_text("from ._core import Thing\n")
        (folder / "lib/things/_core.py").write_text(
            'class Base:\n    def shared(self):\n        """Shared."""\n\n\n'
            'class Thing(Base):\n    """A thing."""\n\n    def fit(self):\n        """Fit."""\n        return self\n\n'
            '    @property\n    def size(self):\n        """Size."""\n        return 1\n'
        )
        (self.docs / "conf.py").write_text(CONF)
        (self.docs / "index.rst").write_text(INDEX)
        (self.examples / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
        self.html = Path()

    def conf(self, text: str) -> None:
        path = self.docs / "conf.py"
        path.write_text(path.read_text() + textwrap.dedent(text))

    def example(self, name: str, code: str) -> Path:
        path = self.examples / name
        if not code.startswith('"""'):
            code = f'"""\n{path.stem}\n{"=" * len(path.stem)}\n\nText.\n"""\n\n{textwrap.dedent(code).lstrip()}'
        path.write_text(code)
        return path

    def build(self, gallery: str = OURS, *, fails: bool = False, clean: bool = False) -> str:
        """Build it; return what was printed."""
        out = f"out-{gallery}"
        self.html = self.folder / out / "html"
        environment = os.environ | {"GALLERY": gallery}
        arguments = ["-b", "html", "-d", f"{out}/doctrees", "docs", str(self.html)]
        done = sphinx([*(["-E"] if clean else []), *arguments], cwd=self.folder, env=environment)
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert (done.returncode != 0) == fails, text
        return text

    def page(self, name: str) -> str:
        return (self.html / f"auto_examples/{name}.html").read_text(encoding="utf-8")

    def ran(self, log: str) -> list[str]:
        """Return the examples that a build says it ran."""
        return re.findall(r"^  \[\d+/\d+\] (\S+)", log, re.MULTILINE)

    def words(self, name: str, *, code: bool = True) -> str:
        """Return the text of a page's body, with or without the example's code."""
        page = self.page(name)
        body = page[page.index('<div class="body"') : page.index('<div class="sphinxsidebar"')]
        body = re.sub(r"<(style|script).*?</\1>", "", body, flags=re.DOTALL)
        if not code:
            body = re.sub(r'<div class="highlight-Python.*?</pre>', "", body, flags=re.DOTALL)
        body = re.sub(r"</?(span|a)\b[^>]*>", "", body)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)))

    def both(self) -> Iterator[str]:
        """Build it with each of the two; what sphinx-gallery has written is removed between them."""
        for gallery in (STOCK, OURS):
            for made in ("auto_examples", "gen"):
                if (self.docs / made).exists():
                    (self.docs / made).rename(self.folder / f"{made}-before")
            self.build(gallery)
            yield gallery


@pytest.fixture
def site(tmp_path: Path) -> Foreign:
    return Foreign(tmp_path)


def test_values_of_last_expressions_are_there(site: Foreign) -> None:
    site.example("plot_values.py", VALUES)
    pages = []
    for _ in site.both():
        words = site.words("plot_values")
        pages.append(words)
        assert "docstring: ''" in words
        assert "Fraction(1, 3)" in words
        assert "<td>a cell</td>" in site.page("plot_values")
        assert "None" not in words.replace("Nothing.", "").partition("None")[2]
        assert words.count("a string that is no value") == 1  # in the code
        assert words.count("a string that is a value") == 2
    stock, ours = (re.sub(r"running time of the script: \(.*?\)", "", page) for page in pages)
    assert stock == ours  # nothing more of a run of one process, and nothing less


@pytest.mark.parametrize(
    ("setting", "comment", "shown"),
    [
        ('"capture_repr": ()', "", ""),
        ('"ignore_repr_types": "Fraction"', "", ""),
        ('"capture_repr": ("__str__",)', "", "1/3"),
        ("", "# sphinx_gallery_capture_repr = ('__str__',)", "1/3"),
        ("", "# sphinx_gallery_capture_repr_block = ()", ""),
    ],
)
def test_values_are_shown_as_a_project_says(
    site: Foreign, setting: str, comment: str, shown: str
) -> None:
    site.conf(f"sphinx_gallery_conf |= {{{setting}}}")
    site.example(
        "plot_one.py",
        f"import fractions\n\n# %%\n# Value.\n\n{comment}\n(fractions.Fraction(1, 3))\n",
    )
    for _ in site.both():
        output = site.words("plot_one", code=False).partition("Value.")[2].partition("Total")[0]
        assert output.strip() == shown


def test_names_are_linked_as_from_the_variables_themselves(site: Foreign) -> None:
    site.example("plot_things.py", THINGS)
    found = []
    for _ in site.both():
        page = site.page("plot_things")
        links = r'<a class="sphx-glr-backref[^"]*" href="([^"]*)" title="([^"]*)"'
        found.append(sorted(set(re.findall(links, page))))
        names = json.loads((site.docs / "auto_examples/plot_things.codeobj.json").read_text())
        found.append(
            {
                name: [one["module_short"] + "." + one["name"] for one in all_]
                for name, all_ in names.items()
            }
        )
        assert "plot_things" in (site.html / "index.html").read_text()  # the small gallery
    assert found[0] == found[2]
    assert any("things.Thing.fit" in title for _, title in found[0])
    assert found[1] == found[3]


def test_a_failing_example_costs_no_page(site: Foreign) -> None:
    site.example(
        "plot_fails.py", 'print("before")\n\n# %%\n# Fails.\nraise ValueError("a fault")\n'
    )
    site.example("plot_works.py", 'print("it works")\n')
    log = site.build(fails=True)
    assert "exception ValueError; expected is ok" in log
    assert "1 of 2 scripts did not do what they declare" in log
    assert "it works" in site.words("plot_works")
    words = site.words("plot_fails")
    assert "before" in words
    assert "ValueError: a fault" in words
    assert "did not end as it should" in words
    site.example("plot_fails.py", 'print("mended")\n')
    site.build()
    assert "mended" in site.words("plot_fails")
    assert "did not end as it should" not in site.words("plot_fails")


def test_the_first_failure_ends_a_build_that_asks_for_it(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf["abort_on_example_error"] = True\nprocess_gallery_jobs = 1\n')
    site.example("plot_a.py", 'raise ValueError("a fault")\n')
    site.example("plot_b.py", 'print("b")\n')
    log = site.build(fails=True)
    assert "[1/2] plot_a.py" in log
    assert "plot_b.py" not in log
    assert not (site.html / "index.html").exists()


def test_failures_are_warnings_where_a_project_says_so(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf["only_warn_on_example_error"] = True\n')
    site.example("plot_a.py", 'raise ValueError("a fault")\n')
    assert "WARNING: plot_a.py: the outcome is exception ValueError" in site.build()


def test_examples_that_are_expected_to_fail_may_not_even_compile(site: Foreign) -> None:
    site.conf(
        'sphinx_gallery_conf["expected_failing_examples"] = ["../examples/plot_broken.py", "../examples/plot_raises.py"]\n'
    )
    site.example("plot_broken.py", 'print("x"\n')
    site.example("plot_raises.py", "1 / 0\n")
    for _ in site.both():
        assert "SyntaxError" in site.words("plot_broken")
        assert "ZeroDivisionError: division by zero" in site.words("plot_raises")


def test_scripts_that_stock_does_not_run_are_not_run(site: Foreign) -> None:
    site.example("plot_runs.py", 'print("ran", 1)\n')
    site.example("other.py", 'print("never", 1)\n')
    for _ in site.both():
        assert "ran 1" in site.words("plot_runs")
        assert "never 1" not in site.words("other")


def test_an_example_reads_the_files_beside_it(site: Foreign) -> None:
    data = site.examples / "data.txt"
    data.write_text("some data")
    site.example("plot_data.py", 'with open("data.txt") as file:\n    print(file.read())\n')
    for _ in site.both():
        assert "some data" in site.words("plot_data")
    assert site.ran(site.build()) == []  # nothing has changed
    data.write_text("other data")
    assert site.ran(site.build()) == ["plot_data.py"]
    assert "other data" in site.words("plot_data")


def test_a_record_depends_on_the_source_of_the_documented_package(site: Foreign) -> None:
    core = site.folder / "lib/things/_core.py"
    site.example("plot_things.py", "import things\n\nprint(things.Thing().size)\n")
    site.example("plot_other.py", 'print("other")\n')
    site.build()
    core.write_text(core.read_text().replace("return 1", "return 2 * 21"))
    assert site.ran(site.build()) == ["plot_things.py"]
    assert "42" in site.words("plot_things")


def test_times_and_memory_are_those_of_the_runs(site: Foreign) -> None:
    site.conf(
        'sphinx_gallery_conf |= {"min_reported_time": 0.5, "show_memory": True, "junit": "report.xml"}\n'
    )
    site.example("plot_long.py", "import time\n\ntime.sleep(0.6)\n")
    site.example("plot_short.py", 'print("short")\n')
    site.build()
    [[minutes, seconds]] = re.findall(
        r"Total running time of the script: \( ?(\d+) minutes ([\d.]+) seconds\)",
        site.words("plot_long"),
    )
    assert int(minutes) * 60 + float(seconds) > 0.6
    [memory] = re.findall(r"Estimated memory usage: (\d+) MB", site.words("plot_long"))
    assert int(memory) > 3
    if (
        float(
            re.findall(
                r'name="plot_short" time="([\d.]+)"', (site.html / "report.xml").read_text()
            )[0]
        )
        < 0.5
    ):
        assert "Total running time" not in site.words("plot_short")
    times = (site.html / "sg_execution_times.html").read_text()
    first, *others = re.findall(r"<p>(\d\d):([\d.]+)</p>", times)
    assert float(first[1]) > 0.6
    assert all(float(other[1]) <= float(first[1]) for other in others)


def test_a_report_for_machines_says_what_failed(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf["junit"] = "sub/report.xml"\n')
    site.example("plot_a.py", 'print("\\x00 is no XML")\nraise ValueError("a fault")\n')
    site.example("plot_b.py", 'print("b")\n')
    site.build(fails=True)
    suite = ET.parse(site.html / "sub/report.xml").getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    failed, passed = sorted(suite, key=lambda case: case.get("name", ""))
    assert (failed.get("name"), failed.get("file")) == ("plot_a", "../examples/plot_a.py")
    [failure] = failed
    assert "ValueError: a fault" in (failure.text or "")
    assert len(passed) == 0


SCRAPED = """
class Png:
    def __repr__(self):
        return "Png"

    def __call__(self, block, block_vars, gallery_conf):
        import shutil
        from pathlib import Path
        from sphinx_gallery.scrapers import figure_rst

        images = []
        for made in sorted(Path(block_vars["src_file"]).parent.glob("*.made.png")):
            images.append(next(block_vars["image_path_iterator"]))
            shutil.move(made, images[-1])
        print("the scraper's own affair")
        return figure_rst(images, gallery_conf["src_dir"])


def reset(gallery_conf, fname):
    import fractions

    fractions.RESET = fname


sphinx_gallery_conf |= {"image_scrapers": (Png(),), "reset_modules": (reset,)}
"""


@pytest.mark.parametrize("warm", [False, True])
def test_scrapers_of_a_project_see_what_the_example_made(site: Foreign, warm: bool) -> None:
    if warm:
        site.conf('process_gallery_warm = ["fractions"]\n')
    site.conf(SCRAPED)
    site.example(
        "plot_png.py",
        """
        import fractions
        from PIL import Image

        print("reset for", fractions.RESET)
        # %%
        # Red.
        Image.new("RGB", (20, 20), "red").save("a.made.png")
        """,
    )
    for _ in site.both():
        assert "reset for plot_png.py" in site.words("plot_png")
        assert "own affair" not in site.words("plot_png")
        assert re.search(
            r'<img[^>]* src="\.\./_images/sphx_glr_plot_png_001\.png"', site.page("plot_png")
        )
        assert (site.html / "_images/sphx_glr_plot_png_001.png").stat().st_size > 60
        assert (site.docs / "auto_examples/images/thumb/sphx_glr_plot_png_thumb.png").exists()
    # What was recorded has the image.
    (site.docs / "auto_examples/images/sphx_glr_plot_png_001.png").unlink()
    assert "[1/1]" not in site.build()
    assert (site.docs / "auto_examples/images/sphx_glr_plot_png_001.png").exists()


def test_animations_and_larger_images_are_there(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf |= {"matplotlib_animations": True, "image_srcset": ["2x"]}\n')
    site.example(
        "plot_moves.py",
        """
        import matplotlib.pyplot as plt
        from matplotlib.animation import FuncAnimation

        figure, axes = plt.subplots(figsize=(2, 2))
        [line] = axes.plot([1, 2, 3])
        # %%
        # It moves.
        figure, axes = plt.subplots(figsize=(2, 2))
        [line] = axes.plot([1, 2, 3])
        moves = FuncAnimation(figure, lambda frame: line.set_ydata([frame] * 3), frames=2)
        # %%
        # Some MB of frames.
        import numpy

        figure, axes = plt.subplots(figsize=(8, 8))
        noise = axes.imshow(numpy.random.default_rng(1).random((800, 800)), cmap="gray")
        large = FuncAnimation(figure, lambda frame: noise.set_alpha(1 - frame / 9), frames=5)
        """,
    )
    for _ in site.both():
        page = site.page("plot_moves")
        assert 'class="sphx-glr-animation' in page
        assert page.count('class="animation"') == 2
        assert len(page) > 3 << 20
        assert "sphx_glr_plot_moves_001_2_00x.png 2.00x" in page
    assert "processes in" not in site.words("plot_moves")  # what the writer of a movie starts


def test_notebooks_and_what_they_are_opened_with_are_offered(site: Foreign) -> None:
    site.conf(
        """
        sphinx_gallery_conf["binder"] = {
            "org": "org", "repo": "repo", "branch": "main", "binderhub_url": "https://example.org", "dependencies": "../requirements.txt",
        }
        """
    )
    (site.folder / "requirements.txt").write_text("numpy\n")
    site.example("plot_values.py", VALUES)
    for _ in site.both():
        assert "plot_values.ipynb" in site.page("plot_values")
        assert "https://example.org/v2/gh/org/repo/main" in site.page("plot_values")


def test_examples_without_a_picture_have_that_of_the_project(site: Foreign) -> None:
    from PIL import Image

    Image.new("RGB", (40, 40), "green").save(site.docs / "none.png")
    site.conf('sphinx_gallery_conf["default_thumb_file"] = os.path.abspath("none.png")\n')
    site.example("plot_values.py", VALUES)
    thumbs = []
    for _ in site.both():
        thumb = site.docs / "auto_examples/images/thumb/sphx_glr_plot_values_thumb.png"
        thumbs.append(Image.open(thumb).convert("RGB").getpixel((200, 140)))
    assert thumbs[0] == thumbs[1] == (0, 128, 0)


def test_all_run_again_where_a_project_says_so(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf["run_stale_examples"] = True\n')
    site.example("plot_a.py", 'print("a")\n')
    assert "[1/1] plot_a.py" in site.build()
    assert "[1/1] plot_a.py" in site.build()


def test_what_still_differs_is_said_and_is_no_warning(site: Foreign) -> None:
    site.conf('sphinx_gallery_conf["reset_argv"] = lambda conf, script: ["--an-argument"]\n')
    site.example("plot_a.py", 'print("a")\n')
    log = site.build()
    assert (
        "sphinx_gallery_conf['reset_argv'] is without effect: an example runs without arguments"
        in log
    )
    assert "WARNING: sphinx_gallery_conf" not in log


def test_what_an_example_leaves_behind_is_its_own_affair_in_a_gallery(site: Foreign) -> None:
    site.example(
        "plot_leaves.py",
        'import subprocess\n\nleft = subprocess.Popen(["sleep", "60"])\nprint("left", 1)\n',
    )
    assert "left sleep behind" in site.build()
    assert "left 1" in site.words("plot_leaves")


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_an_example_without_a_main_guard_may_start_what_a_library_offers(
    site: Foreign, method: str
) -> None:
    start = f'child = multiprocessing.get_context("{method}").Process(target='
    run = "\nchild.start()\nchild.join()\nprint(child.exitcode)\n"
    site.example(
        "plot_bare.py", f"import multiprocessing, time\n\n{start}time.sleep, args=(0,)){run}"
    )
    for _ in site.both():
        assert " 0 " in site.words("plot_bare", code=False).partition("Text.")[2]
    site.example(
        "plot_guarded.py",
        f"""
        import multiprocessing

        def speak():
            print("spoken")

        if __name__ == "__main__":
            {start}speak){run.replace(chr(10), chr(10) + " " * 12)}
        """,
    )
    site.build()
    assert "spoken" in site.words("plot_guarded", code=False)


def test_an_example_that_does_nothing_for_long_has_hung(site: Foreign) -> None:
    site.conf("process_gallery_idle = 2\n")
    site.example(
        "plot_hangs.py",
        """
        import threading

        lock = threading.Lock()
        lock.acquire()
        print("about to wait")
        lock.acquire()
        """,
    )
    site.example(
        "plot_works.py",
        "import time\n\nend = time.monotonic() + 4\nwhile time.monotonic() < end:\n    pass\nprint('worked')\n",
    )
    log = site.build(fails=True)
    assert "timeout after 2 s in which no process computed or printed anything" in log
    assert "about to wait" in site.words("plot_hangs")
    assert "MainProcess stuck plot_hangs.py, line 13" in site.words("plot_hangs")
    assert "ended after 2 s in which it did nothing" in site.words("plot_hangs")
    assert "worked" in site.words("plot_works")


def test_examples_that_start_warm_are_as_fresh_as_others(site: Foreign) -> None:
    site.conf(
        'process_gallery_warm = ["fractions", "no_such_module", "multiprocessing.pool"]\nprocess_gallery_jobs = 1\n'
    )
    code = """
    import fractions, multiprocessing, os, random, signal, sys


    def child(word):
        print("child says", word, flush=True)
        return word * 2


    # %%
    # State.
    print("state", getattr(fractions, "MARK", None), sys.argv, __name__, sys.flags.isolated)
    print("chance", random.random())
    print("recorder", [name for name in sys.modules if name.startswith("process_gallery")])
    print("descriptors", sorted(int(n) for n in os.listdir("/proc/self/fd"))[:4])
    print("SIGINT", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
    fractions.MARK = "left by another example"
    if __name__ == "__main__":
        for method in multiprocessing.get_all_start_methods():
            with multiprocessing.get_context(method).Pool(1) as pool:
                print(method, pool.map(child, ["ab"]))
    """
    for name in ("plot_a.py", "plot_b.py"):
        site.example(name, code)
    site.example("plot_fails.py", "import fractions\n\nfractions.no_such_name\n")
    site.conf('sphinx_gallery_conf["expected_failing_examples"] = ["../examples/plot_fails.py"]\n')
    site.build()
    chances = set()
    for name in ("plot_a", "plot_b"):
        words = site.words(name)
        assert f"state None ['{name}.py'] __main__ 0" in words
        assert "recorder []" in words
        assert "SIGINT True" in words
        for method in ("fork", "spawn", "forkserver"):
            assert f"{method} ['abab']" in words
        assert words.count("child says ab") >= 3
        assert "SpawnPoolWorker-" in words
        chances.add(re.findall(r"chance ([\d.]+)", words)[0])
    assert len(chances) == 2
    words = site.words("plot_fails")
    assert 'File "plot_fails.py", line 10, in <module>' in words, words[:900]
    assert "recorder" not in words


@pytest.mark.parametrize("warm", [False, True])
def test_modules_come_from_where_conf_puts_them(site: Foreign, warm: bool) -> None:
    """A project's own package comes before an installed one of that name, as in the process that has
    run its conf.py: the library's module stands here for what is installed.
    """
    (site.folder / "lib/colorsys.py").write_text('WHENCE = "the project"\n')
    (site.folder / "last").mkdir()
    (site.folder / "last/calendar.py").write_text('WHENCE = "no one"\n')
    (site.folder / "last/only_there.py").write_text('WHENCE = "the last folder"\n')
    site.conf('sys.path.append(os.path.abspath("../last"))\n')
    if warm:
        site.conf('process_gallery_warm = ["calendar", "colorsys", "only_there"]\n')
    site.example(
        "plot_whence.py",
        "import calendar, colorsys, only_there\n\n"
        'print("calendar:", hasattr(calendar, "WHENCE"), colorsys.WHENCE, only_there.WHENCE)\n',
    )
    for _ in site.both():
        words = site.words("plot_whence")
        assert "calendar: False the project the last folder" in words


def test_an_example_may_name_its_interpreter(site: Foreign) -> None:
    home = site.folder / "env/bin"
    home.mkdir(parents=True)
    python = home / "python"
    python.write_text(f'#!/bin/sh\nCHOSEN=yes exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    site.example(
        "plot_here.py",
        '# sphinx_gallery_python = "../env/bin/python"\nimport sys\n\nprint("run by", sys.version_info[:2])\n',
    )
    site.build()
    assert f"run by {sys.version_info[:2]}" in site.words("plot_here")
    site.example("plot_gone.py", '# sphinx_gallery_python = "../no/such/python"\nprint(1)\n')
    log = site.build(fails=True)
    assert "plot_gone.py: needs the interpreter" in log
    assert "no/such/python" in log


LAUNCHER = r"""
import os, subprocess, sys

# As mpirun: each rank has its number in the environment, and its output is read through a pipe.
ranks = [
    subprocess.Popen(sys.argv[2:], env=os.environ | {"PMI_RANK": str(rank)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for rank in range(int(sys.argv[1]))
]
codes = []
for rank in ranks:
    sys.stdout.buffer.write(rank.communicate()[0])
    codes.append(rank.returncode)
sys.exit(max(codes))
"""


def test_a_launcher_starts_ranks_each_with_its_lines(site: Foreign) -> None:
    launcher = site.folder / "launch.py"
    launcher.write_text(LAUNCHER)
    head = f'# sphinx_gallery_launcher = "{sys.executable} {launcher} 3"\nimport os\n\nrank = os.environ["PMI_RANK"]\n'
    site.example(
        "plot_ranks.py", head + 'print("I am", rank)\n\n# %%\n# Second.\nprint("second of", rank)\n'
    )
    site.example("plot_fails.py", head + 'if rank == "2":\n    raise ValueError("only here")\n')
    log = site.build(fails=True)
    words = site.words("plot_ranks")
    for rank in range(3):  # a cell begins when the first rank begins it
        assert f"I am {rank} " in words
        assert re.search(rf"rank {rank} \(another program\): [^:]* printed 2 lines", words), words
    assert "second of 0" in words.partition("Second.")[2]
    assert "plot_fails.py: the outcome is exception ValueError" in log
    assert "rank 2 | ValueError: only here" in log
