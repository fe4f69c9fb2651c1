"""The Sphinx side, through small sites that are built as a user would build them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from warm_sphinx import sphinx

CONF = """
extensions = ["myst_parser", "process_gallery"]
project = "small"
sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery", "write_computation_times": False}
nitpicky = True
process_gallery_python = %r
process_gallery_run_as = "program"
"""
HELLO = '"""\nHello\n=====\n\nIt greets.\n"""\n\nprint("hello from cell one")\n\n# %%\n# More.\n\nprint("hello from cell two")\n'
CHILDREN = '''"""
Children
========

They speak.
"""

import multiprocessing
import os
import subprocess


def speak(method):
    print("child of", method)
    os.write(1, b"raw write\\n")


# %%
# Run.

if __name__ == "__main__":
    for method in multiprocessing.get_all_start_methods():
        process = multiprocessing.get_context(method).Process(target=speak, args=(method,))
        process.start()
        process.join()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(len, ["abc"]))
    subprocess.run(["sh", "-c", "echo from a shell"])
'''


class Site:
    """A small site in a temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.docs = folder / "docs"
        self.examples = folder / "examples"
        self.html = self.docs / "_build" / "html"
        self.docs.mkdir()
        self.examples.mkdir()
        (self.docs / "conf.py").write_text(CONF % sys.executable)
        (self.examples / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll of them.\n")
        self.page("# Small\n\n```{toctree}\ngallery/index\n```\n")

    def page(self, text: str) -> None:
        (self.docs / "index.md").write_text(text)

    def example(self, name: str, text: str) -> Path:
        path = self.examples / name
        path.write_text(text)
        return path

    def command(self) -> list[str]:
        return [
            sys.executable,
            "-m",
            "sphinx",
            "-n",
            "-W",
            "--keep-going",
            "-d",
            "docs/_build/doctrees",
            "docs",
            str(self.html),
        ]

    def build(self, *, fails: bool = False) -> str:
        done = sphinx(self.command()[3:], cwd=self.folder)
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
        assert (done.returncode != 0) == fails, text
        return text

    def text(self, page: str) -> str:
        return (self.html / page).read_text(encoding="utf-8")

    def ran(self, output: str) -> list[str]:
        """Return the examples that a build says it ran."""
        return re.findall(r"^  \[\d+/\d+\] (\S+)", output, re.MULTILINE)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_what_children_print_is_on_the_page(site: Site) -> None:
    site.example("children.py", CHILDREN)
    site.build()
    page = site.text("gallery/children.html")
    for method in ("fork", "spawn", "forkserver"):
        assert f"child of {method}" in page
    assert page.count("raw write") >= 3
    assert "[3]" in page
    assert "from a shell" in page
    assert "Estimated memory usage" not in page


def test_nothing_is_run_twice_and_a_change_runs_alone(site: Site) -> None:
    site.example("hello.py", HELLO)
    site.example("other.py", HELLO.replace("hello", "other"))
    assert sorted(site.ran(site.build())) == ["hello.py", "other.py"]
    assert site.ran(site.build()) == []
    site.example("hello.py", HELLO.replace("cell two", "cell 2"))
    assert site.ran(site.build()) == ["hello.py"]
    assert "hello from cell 2" in site.text("gallery/hello.html")


def test_a_changed_local_module_runs_the_examples_that_import_it(site: Site) -> None:
    (site.docs / "conf.py").write_text(
        CONF % sys.executable + 'sphinx_gallery_conf["ignore_pattern"] = "^_"\n'
    )
    site.example("_helper.py", "WORD = 'first'\n")
    site.example(
        "uses.py", '"""\nUses\n====\n\nText.\n"""\n\nimport _helper\n\nprint(_helper.WORD)\n'
    )
    site.example("hello.py", HELLO)
    site.build()
    site.example("_helper.py", "WORD = 'second'\n")
    assert site.ran(site.build()) == ["uses.py"]
    assert "second" in site.text("gallery/uses.html")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("raise ValueError('no good')", ["exception ValueError", "no good", "cell 1"]),
        ("import sys\nprint('so far')\nsys.exit(3)", ["exit 3", "so far"]),
        ("import no_such_module_at_all", ["no_such_module_at_all", "sphinx_gallery_needs"]),
        ("def broken(:\n    pass", ["SyntaxError"]),
        (
            "# sphinx_gallery_timeout = 1\nimport time\ntime.sleep(60)",
            ["timeout", "stack", "line 10 in"],
        ),
        (
            "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])",
            ["behind"],
        ),
    ],
    ids=["exception", "exit", "dependency", "syntax", "hang", "leftover"],
)
def test_what_is_not_declared_stops_the_build(site: Site, body: str, says: list[str]) -> None:
    site.example("bad.py", f'"""\nBad\n===\n\nText.\n"""\n\n{body}\n')
    site.example("hello.py", HELLO)
    output = site.build(fails=True)
    assert "bad.py" in output
    assert "python" in output
    for words in says:
        assert words in output
    # What the others did is kept: they do not run again.
    assert site.ran(site.build(fails=True)) == ["bad.py"]


def test_a_failing_build_ends_with_what_failed(site: Site) -> None:
    """Not with Sphinx's own state and an invitation to report a bug of Sphinx's."""
    site.example("bad.py", HELLO + "\nraise SystemExit(4)\n")
    site.example("good.py", HELLO)
    last = site.build(fails=True).strip().splitlines()[-1]
    assert last == (
        "ERROR: 1 of 2 scripts did not do what they declare; the pages of the others are as they should be."
    )
    assert "hello from cell one" in site.text("gallery/good.html")
    assert "This example did not end as it should." in site.text("gallery/bad.html")
    (site.docs / "conf.py").write_text(
        (site.docs / "conf.py").read_text() + "process_gallery_timeout = -1\n"
    )
    last = site.build(fails=True).strip().splitlines()[-1]
    assert "process_gallery_timeout" in last
    assert "write a number of seconds greater than 0" in last


def test_a_folder_with_a_space_is_no_warning(tmp_path: Path) -> None:
    folder = tmp_path / "my checkout"
    folder.mkdir()
    site = Site(folder)
    site.example("hello.py", HELLO)
    site.build()
    assert "hello from cell two" in site.text("gallery/hello.html")
    # In a file's own name it breaks links, and sphinx-gallery says so.
    site.example("two words.py", HELLO)
    assert "two words.py" in site.build(fails=True)


def test_an_example_or_a_section_that_was_removed_leaves_no_page(site: Site) -> None:
    section = site.examples / "section"
    section.mkdir()
    (section / "GALLERY_HEADER.rst").write_text("Section\n=======\n\nMore.\n")
    for name in ("old.py", "old_but_kept.py", "section/inner.py"):
        site.example(name, HELLO)
    mine = site.docs / "gallery" / "mine.rst"
    mine.parent.mkdir()
    mine.write_text(":orphan:\n\nMine\n====\n\nWritten by hand.\n")
    site.build()
    site.example("old.py", HELLO).rename(site.examples / "renamed.py")
    for path in section.iterdir():
        path.unlink()
    section.rmdir()
    site.build()
    gallery = site.docs / "gallery"
    left = {path.relative_to(gallery).as_posix() for path in gallery.rglob("*.rst")}
    assert left == {"index.rst", "mine.rst", "old_but_kept.rst", "renamed.rst"}
    images = {path.name for path in gallery.rglob("images/**/*.svg")}
    assert "sphx_glr_old_but_kept_thumb.svg" in images
    assert "sphx_glr_old_thumb.svg" not in images


def test_declared_outcomes_are_pages_like_others(site: Site) -> None:
    head = '"""\n{0}\n====================\n\nText.\n"""\n\n# sphinx_gallery_expected_outcome = "{1}"\n\nimport os, signal, sys, time\nprint("before")\n{2}\n'
    site.example("raises.py", head.format("Raises", "exception KeyError", "{}['x']"))
    site.example("exits.py", head.format("Exits", "exit 3", "sys.exit(3)"))
    site.example(
        "dies.py", head.format("Dies", "signal SIGKILL", "os.kill(os.getpid(), signal.SIGKILL)")
    )
    stuck = head.format("Stuck", "timeout", "time.sleep(60)").replace(
        "import os", "# sphinx_gallery_timeout = 1\nimport os"
    )
    site.example("stuck.py", stuck)
    site.build()
    for name in ("raises", "exits", "dies", "stuck"):
        assert "before" in site.text(f"gallery/{name}.html")
    assert "KeyError" in site.text("gallery/raises.html")
    assert "stuck.py" in site.text("gallery/stuck.html")


def test_output_is_text_whatever_it_contains(site: Site) -> None:
    site.example(
        "markup.py",
        '"""\nMarkup\n======\n\nText.\n"""\n\nprint("<script>alert(1)</script> & <b>bold</b> \\x00 \\x1b[31mred\\x1b[0m")\n',
    )
    site.build()
    page = site.text("gallery/markup.html")
    assert "<script>alert(1)" not in page
    assert "<b>bold" not in page
    assert "\x00" not in page
    assert "\x1b" not in page
    assert "&lt;b&gt;bold" in page


def test_a_page_embeds_a_run(site: Site) -> None:
    site.example("hello.py", HELLO)
    site.page(
        "# Small\n\n```{recorded} hello\n:cells: 2\n:outcome: ok\n```\n\n```{toctree}\ngallery/index\n```\n"
    )
    site.build()
    page = site.text("index.html")
    assert "hello from cell two" in page
    assert "hello from cell one" not in page
    assert 'href="gallery/hello.html"' in page
    site.example("hello.py", HELLO.replace("cell two", "the second cell"))
    site.build()
    assert "hello from the second cell" in site.text("index.html")


def test_a_new_record_renews_every_page_that_shows_it(site: Site) -> None:
    site.example(
        "moment.py",
        HELLO.replace('"hello from cell two"', '"moment", __import__("time").time_ns()'),
    )
    site.page(
        "# Small\n\n```{recorded} moment\n:cells: 2\n```\n\n```{toctree}\ngallery/index\n```\n"
    )
    site.build()
    first = re.findall(r"moment \d{15,}", site.text("index.html"))
    (kept,) = (site.docs / "_build" / "process_gallery").glob("*.json")
    kept.unlink()
    site.build()
    second = re.findall(r"moment \d{15,}", site.text("index.html"))
    assert first
    assert first != second
    assert second == re.findall(r"moment \d{15,}", site.text("gallery/moment.html"))


def test_a_page_is_renewed_that_was_read_for_another_output(site: Site) -> None:
    site.page(
        "# Small\n\n```{recorded} hello\n:cells: 2\n```\n\n```{toctree}\ngallery/index\n```\n"
    )
    site.example("hello.py", HELLO)
    site.build()
    first, site.html = site.html, site.docs / "_build" / "served"
    site.build()
    site.example("hello.py", HELLO.replace("cell two", "cell 2"))
    site.build()
    site.html = first
    site.build()
    assert "hello from cell 2" in site.text("index.html")
    assert "writing output... [" not in site.build()


@pytest.mark.parametrize(
    ("directive", "says"),
    [
        ("```{recorded} no/such\n```", "no/such"),
        ("```{recorded} hello\n:cells: 3\n```", "cells 1 to 2"),
        ("```{recorded} hello\n:cells: one\n```", "'one'"),
        ("```{recorded} hello\n:show: sound\n```", "'sound'"),
        ("```{recorded} hello\n:outcome: exit 4\n```", "exit 4"),
    ],
)
def test_a_page_that_asks_for_what_is_not_there_is_an_error(
    site: Site, directive: str, says: str
) -> None:
    site.example("hello.py", HELLO)
    site.page(f"# Small\n\n{directive}\n\n```{{toctree}}\ngallery/index\n```\n")
    output = site.build(fails=True)
    assert "index.md:3" in output
    assert says in output


def test_what_an_example_needs_comes_from_a_committed_record(site: Site) -> None:
    text = HELLO.replace(
        '"""\n\nprint', '"""\n\n# sphinx_gallery_needs = ["no_such_module_at_all"]\n\nprint', 1
    )
    path = site.example("needy.py", text)
    output = site.build(fails=True)
    assert "needy.py: needs no_such_module_at_all" in output
    record = site.docs / "records" / "needy" / "other.json"
    record.parent.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "process_gallery", "record", str(path), "--json", str(record)],
        check=True,
        capture_output=True,
    )
    data = json.loads(record.read_text())
    data["interpreter"]["version"] = "3.99.1"
    record.write_text(json.dumps(data))
    site.build()
    page = site.text("gallery/needy.html")
    assert "3.99.1" in page
    assert "lacks no_such_module_at_all" in page
    record.write_text(record.read_text()[:-20])
    assert "damaged record" in site.build(fails=True)


def test_what_is_recorded_by_hand_is_never_run(site: Site) -> None:
    ran = site.docs / "ran"
    text = HELLO.replace(
        '"""\n\nprint',
        f'"""\n\n# sphinx_gallery_by_hand = "it needs root"\n\nopen({str(ran)!r}, "w").close()\n\nprint',
        1,
    )
    path = site.example("rooted.py", text)
    output = site.build(fails=True)
    assert "rooted.py: is recorded by hand (it needs root), and no record" in output
    assert not ran.exists()
    record = site.docs / "records" / "rooted" / "other.json"
    record.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "process_gallery", "record", str(path)]
    subprocess.run([*command, "--json", str(record)], check=True, capture_output=True)
    ran.unlink()
    site.build()
    assert not ran.exists()
    assert "by hand on" in site.text("gallery/rooted.html")
    assert "it needs root" in site.text("gallery/rooted.html")


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b'{"schema": 1}', b"\xff\xfe", b"cos\nsystem\n(S'exit 1'\ntR.", b"null"],
)
def test_a_damaged_cache_file_is_recorded_anew(site: Site, damage: bytes) -> None:
    site.example("hello.py", HELLO)
    site.build()
    (kept,) = (site.docs / "_build" / "process_gallery").glob("*.json")
    kept.write_bytes(damage)
    assert site.ran(site.build()) == ["hello.py"]
    assert json.loads(kept.read_text())["outcome"] == "ok"


def tell(record: dict, *path: str | int, value: object) -> None:
    """Change one value of a record."""
    for step in path[:-1]:
        record = record[step]
    record[path[-1]] = value


LIES = [
    (("cells", 0, "output", 0, "time"), float("nan")),
    (("cells", 0, "output", 0, "time"), 1e308),
    (("cells", 0, "output", 0, "time"), -1.5),
    (("cells", 0, "output", 0, "process"), 7),
    (("cells", 0, "output", 0, "text"), ["<script>"]),
    (("cells", 0, "last"), 10**6),
    (("cells",), []),
    (("processes", 0, "parent"), 10**30),
    (("processes",), []),
    (("sha256",), "0" * 64),
    (("script",), "../../other.py"),
    (("outcome",), "exit 3"),
    (("__class__",), "os.system"),
]


@pytest.mark.parametrize(("path", "value"), LIES, ids=lambda part: str(part)[:30])
def test_a_hostile_cache_file_is_recorded_anew(
    site: Site, path: tuple[str | int, ...], value: object
) -> None:
    site.example("hello.py", HELLO)
    site.build()
    (kept,) = (site.docs / "_build" / "process_gallery").glob("*.json")
    good = json.loads(kept.read_text())
    bad = json.loads(kept.read_text())
    tell(bad, *path, value=value)
    kept.write_text(json.dumps(bad))
    assert site.ran(site.build()) == ["hello.py"]
    again = json.loads(kept.read_text())
    assert [cell["output"][0]["text"] for cell in again["cells"]] == [
        cell["output"][0]["text"] for cell in good["cells"]
    ]
    assert again.keys() == good.keys()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("kind", ["pipe", "device", "folder", "hole"])
def test_a_cache_file_that_never_ends_is_not_read(site: Site, kind: str) -> None:
    site.example("hello.py", HELLO)
    site.build()
    (kept,) = (site.docs / "_build" / "process_gallery").glob("*.json")
    kept.unlink()
    if kind == "pipe":
        os.mkfifo(kept)
    elif kind == "device":
        kept.symlink_to("/dev/zero")
    elif kind == "folder":
        kept.mkdir()
    else:
        with kept.open("wb") as file:
            file.truncate(1 << 40)
    log = site.build() if kind != "folder" else site.build(fails=True)
    assert site.ran(log) == ["hello.py"]
    if (
        kind == "folder"
    ):  # it cannot be replaced: the page stands, and the build says what is not kept
        assert "its record cannot be kept in" in log
        assert "it will run again at the next build" in log
        assert "hello from cell one" in (site.html / "gallery" / "hello.html").read_text()
    else:
        assert json.loads(kept.read_text())["outcome"] == "ok"
        assert not kept.is_symlink()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ending_the_build_ends_what_it_started(site: Site, number: signal.Signals) -> None:
    started = site.folder / "started"
    site.example(
        "long.py",
        f'"""\nLong\n====\n\nText.\n"""\n\nimport os, time\n\nif os.fork() == 0:\n    os.setsid()\nopen({str(started)!r}, "a").write(f"{{os.getpid()}}\\n")\ntime.sleep(100)\n',
    )
    build = subprocess.Popen(
        site.command(), cwd=site.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60
    while not started.exists() or started.read_text().count("\n") < 2:
        assert time.monotonic() < deadline
        assert build.poll() is None
        time.sleep(0.05)
    pids = [int(line) for line in started.read_text().split()]
    os.kill(build.pid, number)
    build.wait(30)
    deadline = time.monotonic() + 20
    while any(running(pid) for pid in pids):
        assert time.monotonic() < deadline, "a process of the example is still there"
        time.sleep(0.05)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_two_builds_at_once_do_not_harm_each_other(site: Site) -> None:
    for number in range(4):
        site.example(
            f"hello_{number}.py", HELLO.replace("Hello\n=====", f"Hello {number}\n=======")
        )
    other = [*site.command()[:-1], str(site.docs / "_build" / "other")]
    other[other.index("docs/_build/doctrees")] = "docs/_build/other-doctrees"
    builds = [
        subprocess.Popen(command, cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for command in (site.command(), other)
    ]
    for build in builds:
        build.communicate(timeout=300)
    # sphinx-gallery writes its pages into the source folder; two builds may collide there. The records must not suffer.
    assert site.ran(site.build()) == []
    for number in range(4):
        assert "hello from cell one" in site.text(f"gallery/hello_{number}.html")


def test_galleries_may_have_examples_of_the_same_name(site: Site) -> None:
    conf = site.docs / "conf.py"
    conf.write_text(
        conf.read_text()
        + 'sphinx_gallery_conf["examples_dirs"] = ["../examples", "../more"]\n'
        + 'sphinx_gallery_conf["gallery_dirs"] = ["./gallery", "more/"]\n'
        + 'suppress_warnings = ["sphinx_gallery.duplicate_filename", "sphinx_gallery"]\n'
    )
    more = site.folder / "more"
    more.mkdir()
    (more / "GALLERY_HEADER.rst").write_text("More\n====\n\nOf them.\n")
    site.example("hello.py", HELLO)
    (more / "hello.py").write_text(HELLO.replace("hello from", "good day from"))
    site.page(
        "# Small\n\n```{recorded} more/hello\n:cells: 1\n```\n\n```{toctree}\ngallery/index\nmore/index\n```\n"
    )
    assert sorted(site.ran(site.build())) == ["hello.py", "more/hello.py"]
    assert "hello from cell one" in site.text("gallery/hello.html")
    assert "good day from cell one" in site.text("more/hello.html")
    assert 'href="more/hello.html"' in site.text("index.html")
    assert "recorded-origin" not in site.text(
        "gallery/hello.html"
    )  # it knows the page as the example's own
    assert site.ran(site.build()) == []


def test_only_what_has_a_page_is_run(site: Site) -> None:
    site.example("hello.py", HELLO)
    for folder, header in (
        ("section", "GALLERY_HEADER.rst"),
        ("older", "README.txt"),
        ("data", "notes.txt"),
        ("section/deep", "README.txt"),
    ):
        (site.examples / folder).mkdir()
        (site.examples / folder / header).write_text("Header\n======\n\nOne.\n")
        (site.examples / folder / f"{Path(folder).name}.py").write_text(HELLO)
    assert sorted(site.ran(site.build())) == ["hello.py", "older/older.py", "section/section.py"]


PLOT = """import matplotlib.pyplot as plt

%s
print("before")
plt.figure(figsize=(1, 1)).text(0, 0, "first figure")
plt.figure(figsize=(1, 1)).text(0, 0, "second figure")

# %%%%
# More.

plt.text(0, 0, "added later")
"""


@pytest.mark.parametrize(
    ("comment", "shown"),
    [("", "first"), ("thumbnail_number = 2", "second"), ("thumbnail_number = -2", "second")],
)
def test_a_figure_is_the_thumbnail_of_an_example_without_processes(
    site: Site, comment: str, shown: str
) -> None:
    comment = comment and f"# sphinx_gallery_{comment}"
    site.example("plot.py", f'"""\nPlot\n====\n\nText.\n"""\n\n{PLOT % comment}')
    site.build()
    assert f"{shown} figure" in (site.html / "_images" / "sphx_glr_plot_thumb.svg").read_text()


def test_a_thumbnail_that_is_not_there_is_a_warning(site: Site) -> None:
    site.example(
        "plot.py",
        f'"""\nPlot\n====\n\nText.\n"""\n\n{PLOT % "# sphinx_gallery_thumbnail_number = 7"}',
    )
    assert "plot.py: sphinx_gallery_thumbnail_number = 7, but it draws 3 figures" in site.build(
        fails=True
    )


def test_deferred_figures_stand_with_the_next_cell(site: Site) -> None:
    site.example(
        "plot.py", f'"""\nPlot\n====\n\nText.\n"""\n\n{PLOT % "# sphinx_gallery_defer_figures"}'
    )
    site.build()
    page = site.text("gallery/plot.html")
    assert "before" in page
    assert [int(cell) for cell in re.findall(r'plot-(\d)-\d-light-\w+\.svg"', page)] == [2, 2]
    figures = [
        path.read_text() for path in sorted((site.html / "_images").glob("plot-2-2-light-*.svg"))
    ]
    assert "second figure" in figures[0]
    assert "added later" in figures[0]


def test_examples_expected_to_fail_are_those_of_the_setting(site: Site) -> None:
    conf = site.docs / "conf.py"
    conf.write_text(
        conf.read_text()
        + 'sphinx_gallery_conf["expected_failing_examples"] = ["../examples/raises.py"]\n'
    )
    site.example("raises.py", HELLO + "\nraise KeyError('none')\n")
    site.build()
    assert "KeyError" in site.text("gallery/raises.html")
    site.example("raises.py", HELLO)
    assert "remedy: remove what declares another outcome" in site.build(fails=True)


WITHOUT_EFFECT = {
    "image_scrapers": ("pyvista",),
    "reset_argv": "process_gallery.sphinxext.gallery.NoArguments",
    "reset_modules": ("process_gallery.sphinxext.build.draws",),
    "matplotlib_animations": True,
}


@pytest.mark.parametrize("setting", WITHOUT_EFFECT)
def test_a_setting_without_effect_is_said(site: Site, setting: str) -> None:
    conf = site.docs / "conf.py"
    text = conf.read_text() + f'sphinx_gallery_conf["{setting}"] = {WITHOUT_EFFECT[setting]!r}\n'
    conf.write_text(text)
    site.example("hello.py", HELLO)
    assert f"sphinx_gallery_conf['{setting}'] is without effect: " in site.build()
    assert "hello from cell one" in site.text("gallery/hello.html")


def test_settings_of_a_stock_gallery_do_not_harm(site: Site) -> None:
    conf = site.docs / "conf.py"
    conf.write_text(
        conf.read_text()
        + 'sphinx_gallery_conf |= {"parallel": 2, "image_scrapers": ("matplotlib",), "reset_modules": ("matplotlib", "seaborn"), '
        + '"capture_repr": (), "example_extensions": {".py", ".rst"}}\n'
        + 'del sphinx_gallery_conf["write_computation_times"]\n'
    )
    site.example("hello.py", HELLO)
    site.example("words.rst", "Words\n=====\n\nNo code.\n")
    site.build()
    assert "hello from cell one" in site.text("gallery/hello.html")
    assert "No code." in site.text("gallery/words.html")
    assert not list(site.html.rglob("sg_execution_times.html"))


def test_an_example_may_run_beside_its_data(site: Site) -> None:
    (site.examples / "word.txt").write_text("read beside it")
    site.example("reads.py", '"""\nReads\n=====\n\nText.\n"""\n\nprint(open("word.txt").read())\n')
    assert 'set process_gallery_cwd = "script" in conf.py' in site.build(fails=True)
    conf = site.docs / "conf.py"
    conf.write_text(conf.read_text() + 'process_gallery_cwd = "script"\n')
    site.build()
    assert "read beside it" in site.text("gallery/reads.html")
    assert (site.examples / "word.txt").exists()


def test_the_time_limit_of_all_examples(site: Site) -> None:
    conf = site.docs / "conf.py"
    text = conf.read_text()
    conf.write_text(text + "process_gallery_timeout = 0.5\n")
    site.example("slow.py", HELLO + "\nimport time\ntime.sleep(1.5)\n")
    log = site.build(fails=True)
    assert "timeout after 0.5 s" in log
    assert "# sphinx_gallery_timeout = 2  or set process_gallery_timeout in conf.py" in log
    site.example(
        "slow.py", HELLO + "\n# sphinx_gallery_timeout = 20\nimport time\ntime.sleep(1.5)\n"
    )
    site.build()
    conf.write_text(text + "process_gallery_timeout = -1\n")
    assert (
        "process_gallery_timeout = -1 in conf.py: write a number of seconds greater than 0"
        in site.build(fails=True)
    )


def test_output_that_the_recorder_cannot_have_is_a_warning(site: Site) -> None:
    site.example(
        "by_name.py",
        HELLO + "\nimport subprocess\nsubprocess.run('echo lost > /dev/stderr', shell=True)\n",
    )
    assert "by_name.py: /dev/stderr could not be opened" in site.build(fails=True)
    conf = site.docs / "conf.py"
    conf.write_text(conf.read_text() + 'suppress_warnings = ["process_gallery.note"]\n')
    site.build()


def test_how_much_output_is_kept(site: Site) -> None:
    site.example("long.py", HELLO + "\nfor n in range(2000):\n    print('line', n)\n")
    conf = site.docs / "conf.py"
    text = conf.read_text()
    conf.write_text(text + "process_gallery_output = 2\n")
    site.build()
    assert " bytes of MainProcess left out]" in site.text("gallery/long.html")
    conf.write_text(text)
    assert site.ran(site.build()) == ["long.py"], "another bound is another record"
    assert "left out]" not in site.text("gallery/long.html")


IN_ONE_PROCESS = """
import os, warnings
from pathlib import Path
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace
from process_gallery.sphinxext import Build

# What a later Sphinx removes is an error where this package uses it.
for category in (PendingDeprecationWarning, DeprecationWarning):
    warnings.filterwarnings("error", category=category, module="process_gallery")

def build(warningiserror=True):
    with docutils_namespace():
        app = Sphinx("docs", "docs", "docs/_build/html", "docs/_build/doctrees", "html", warningiserror=warningiserror)
        app.build()
    assert app.statuscode == 0
    return app
"""


def in_one_process(site: Site, program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", IN_ONE_PROCESS + program],
        cwd=site.folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_second_build_in_one_process_does_not_know_what_was_deleted(site: Site) -> None:
    site.example("hello.py", HELLO)
    site.example("gone.py", HELLO.replace("Hello\n=====", "Gone\n===="))
    (site.docs / "matrix").mkdir()
    (site.docs / "matrix" / "which.py").write_text("print('major: 3')\n")
    site.page(
        "# Small\n\n```{recorded} gone\n:cells: 2\n```\n\n"
        "```{version_tabs} matrix/which\n```\n\n```{toctree}\ngallery/index\n```\n"
    )
    said = in_one_process(
        site,
        """
first = Build.of(build().env)
assert sorted(first.examples) == ["gone.py", "hello.py"]
assert list(first.matrices) == ["matrix/which"]
assert first.page(first.example("gone")) == "gallery/gone"
os.unlink("examples/gone.py")
os.unlink("docs/matrix/which.py")
for path in Path("docs/gallery").glob("gone*"):
    path.unlink()
# The page, whose source has not changed, is read again: it asks for what is gone.
second = Build.of(build(warningiserror=False).env)
assert sorted(second.examples) == ["hello.py"]
assert not second.matrices
page = Path("docs/_build/html/index.html").read_text()
assert "hello from cell two" not in page
assert "major: 3" not in page
""",
    )
    assert "there is no example 'gone'" in said
    assert "there is no script 'matrix/which'" in said


def test_nothing_that_a_later_sphinx_removes_is_used_and_the_build_is_handed_over(
    site: Site,
) -> None:
    conf = site.docs / "conf.py"
    conf.write_text(
        conf.read_text()
        + """
def tell(app, build):
    print("RECORDED", sorted(build.examples), sorted(build.matrices))

def setup(app):
    app.connect("process-gallery-recorded", tell)
"""
    )
    site.example("children.py", CHILDREN)
    (site.docs / "matrix").mkdir()
    (site.docs / "matrix" / "which.py").write_text("print('major: 3')\n")
    directives = "".join(
        f"```{{{name}}} matrix/which\n```\n\n"
        for name in ("version_tabs", "version_table", "version_lines", "version_grid")
    )
    site.page(
        "# Small\n\n```{recorded} children\n:show: code figures output stacks timeline facts\n```\n\n"
        f"{directives}```{{toctree}}\ngallery/index\n```\n"
    )
    said = in_one_process(
        site,
        "build()\nos.utime('docs/index.md')\nbuild()\n"
        # sphinx-gallery would import it, which takes a second
        "import sys\nassert 'matplotlib' not in sys.modules\nimport matplotlib\n",
    )
    assert said.count("RECORDED ['children.py'] ['matrix/which']") == 2


def test_what_sphinx_gallery_writes_is_what_this_package_looks_for(site: Site) -> None:
    """None of it is promised by sphinx-gallery: where it changes, pages lose something silently."""
    site.example("hello.py", HELLO.replace("print", "import os\nos.getpid()\nprint", 1))
    site.build()
    # Taken away to have a page written again: build.py, _put.
    assert (site.docs / "gallery" / "hello.py.md5").exists()
    # Where anchors for the lines of stacks go: gallery.py, name_cells.
    source = (site.docs / "gallery" / "hello.rst").read_text()
    assert "GENERATED FROM PYTHON SOURCE LINES 7-" in source
    assert 'id="line-7"' in site.text("gallery/hello.html")
    # Taken off the page: gallery.py, tidy_source.
    assert "**Estimated memory usage:**" in source
    # What a block becomes whose names it links; the anchor is put there, too.
    from sphinx_gallery._doctree_links import code_links_block

    assert code_links_block.__name__ == "code_links_block"


def test_the_reference_lists_the_settings_as_they_are() -> None:
    from process_gallery.sphinxext.settings import SETTINGS

    page = Path(__file__).parents[1] / "docs" / "reference" / "process_gallery.md"
    rows = re.findall(r"^\* - `(process_gallery_\w+)`\n  - (.*)$", page.read_text(), re.MULTILINE)
    assert rows == [(setting.name, setting.meaning) for setting in SETTINGS]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("process_gallery_output = 1000", "write a number of KiB from 1 to 256"),
        ("process_gallery_jobs = -1", "or 0 for the default"),
        ("process_gallery_jobs = '2'", "or 0 for the default"),
        ("process_gallery_timeout = float('nan')", "a number of seconds greater than 0"),
    ],
)
def test_a_setting_that_cannot_be_used_is_an_error(site: Site, line: str, says: str) -> None:
    conf = site.docs / "conf.py"
    conf.write_text(f"{conf.read_text()}{line}\n")
    output = site.build(fails=True)
    assert f"{line.partition(' ')[0]} = " in output
    assert says in output


def test_what_is_installed_is_asked_again_only_when_a_folder_of_modules_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from process_gallery import interpreters, read_script

    path = tmp_path / "needy.py"
    path.write_text('"""\nNeedy\n=====\n"""\n\nimport some_new_module\n')
    modules, kept = tmp_path / "modules", tmp_path / "kept" / "installed"
    modules.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(modules))
    asked = []
    run = subprocess.run

    def counted(*args, **options):
        asked.append(args)
        return run(*args, **options)

    monkeypatch.setattr(subprocess, "run", counted)

    def ask() -> dict[str, list[str] | None]:
        script = read_script(path)
        return interpreters.Installed.ask(sys.executable, [script], kept=kept).versions

    assert [ask(), ask()] == [{"some_new_module": None}] * 2
    assert len(asked) == 1
    (modules / "some_new_module.py").write_text("")
    assert [ask(), ask()] == [{"some_new_module": []}] * 2
    assert len(asked) == 2
    for damage in ("", "[]", "{}", kept.read_text()[:-9], kept.read_text().replace("[]", "7")):
        kept.write_text(damage)
        assert ask() == {"some_new_module": []}
    assert len(asked) == 7
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "elsewhere"))
    assert ask() == {"some_new_module": None}
    assert len(asked) == 8


def page_with(site: Site, *options: str) -> None:
    lines = "\n".join(options)
    site.page(
        f"# Small\n\nIt says so:\n\n```{{recorded}} hello\n:cells: 2\n:show: output\n{lines}\n```\n\n```{{toctree}}\ngallery/index\n```\n"
    )


def test_a_page_says_what_its_run_must_show(site: Site) -> None:
    site.example("hello.py", HELLO.replace('two"', 'two", 1.5, "s,", 3, "s"'))
    page_with(
        site,
        ":shows: |",
        ":  hello ... two",
        ":  /^hello from cell \\w+ {}/".replace(" {}", ""),
        ":  two {short} s, {long} s",
        ":shows-not: cell one",
        ":holds: long == 2 * short",
    )
    site.build()
    assert "shows" not in re.sub(r"(?s)<head>.*?</head>", "", site.text("index.html"))
    # The code of the other cell has the words; what was printed has not.
    page_with(site, ":shows: hello from cell one")
    output = site.build(fails=True)
    assert "index.md:5: " in output
    assert "hello.py: its run by" in output
    assert "shows: hello from cell one" in output
    assert "| hello from cell two 1.5 s, 3 s" in output
    assert "commit its record:  python -m process_gallery matrix --newest" in output
    page_with(site, ":shows: '{short} s,'", ":holds: short > 2")
    assert "holds: short > 2  (with short = 1.5)" in site.build(fails=True)
    page_with(site, ":shows: /hello (/")
    output = site.build(fails=True)
    assert "index.md:5: " in output
    assert "shows: '/hello (/' is no pattern: missing )" in output


def test_what_is_shown_is_what_the_directive_shows(site: Site) -> None:
    site.example("children.py", CHILDREN)
    (site.docs / "matrix").mkdir()
    (site.docs / "matrix" / "which.py").write_text("print('major: 3')\n")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    runs = (
        ("code output", "MainProcess | [3]", "pool.map"),
        ("timeline", "ForkProcess-1 (fork): start() called", "raw write"),
        ("facts", "Outcome: exit code 0", "raw write"),
        ("code", 'pool.map(len, ["abc"])', "raw write"),
    )
    by_version = (
        ("version_tabs", "major: 3"),
        ("version_table", f"{version} this build | ok"),
        ("version_lines", f"major | {version} | 3"),
        ("version_grid", "major | 3"),
    )

    def write(wrong: str = "") -> None:
        parts = ["# Small"]
        for show, shown, hidden in runs:
            parts.append(
                f"```{{recorded}} children\n:cells: 2\n:show: {show}\n:shows: {wrong or shown}\n:shows-not: {hidden}\n```"
            )
        for name, shown in by_version:
            parts.append(f"```{{{name}}} matrix/which\n:shows: {wrong or shown}\n```")
        site.page("\n\n".join(parts) + "\n\n```{toctree}\ngallery/index\n```\n")

    write()
    site.build()
    write("something else")
    output = site.build(fails=True)
    assert output.count("children.py: its run by") == len(runs)
    for name, _ in by_version:
        assert f"{name}: matrix/which does not show what this page relies on" in output
    assert output.count("  shows: something else") == len(runs) + len(by_version)
    assert re.findall(r"index\.md:(\d+): ERROR", output) == [
        "3",
        "10",
        "17",
        "24",
        "31",
        "35",
        "39",
        "43",
    ]


def record_to_commit(site: Site, path: Path) -> Path:
    """Record a script into the folder of its committed records, as a.json; return the folder."""
    records = site.docs / "records" / path.stem
    records.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "process_gallery", "record", str(path), "--json", str(records / "a.json")],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return records


def test_a_committed_record_stands_in_for_a_run_that_does_not_show_it(site: Site) -> None:
    path = site.example("hello.py", HELLO.replace('"hello from cell two"', "WORD"))
    path.write_text(path.read_text().replace("\n\nprint", "\n\nWORD = 'this Python'\nprint", 1))
    page_with(site, ":shows: another Python")
    assert "shows: another Python" in site.build(fails=True)
    records = record_to_commit(site, path)
    for version, word in (
        ("3.98.1", "another Python"),
        ("3.99.1", "another Python!"),
        ("3.99.2", "none"),
    ):
        data = json.loads((records / "a.json").read_text())
        data["interpreter"]["version"] = version
        data["cells"][1]["output"][0]["text"] = word + "\n"
        (records / f"{version}.json").write_text(json.dumps(data))
    (records / "a.json").unlink()
    site.build()
    page = site.text("index.html")
    # The newest that shows it, with its name; the example's own page has this build's run.
    assert "another Python!" in page
    here = ".".join(map(str, sys.version_info[:3]))
    assert "run by CPython 3.99.1 on" in page
    assert f"CPython {here}, which built this site, did not show it" in page
    assert "this Python" in site.text("gallery/hello.html")
    assert "another Python" not in site.text("gallery/hello.html")
    assert site.ran(site.build()) == []
    # A page is read again when the record behind it has changed.
    (records / "3.99.1.json").unlink()
    site.build()
    assert "run by CPython 3.98.1 on" in site.text("index.html")
    (records / "3.98.1.json").unlink()
    output = site.build(fails=True)
    assert "and neither do the committed records 3.99.2.json" in output


def test_a_stale_record_that_stands_in_fails_the_build(site: Site) -> None:
    path = site.example("hello.py", HELLO)
    record_to_commit(site, path)
    site.example("hello.py", HELLO.replace("cell two", "cell 2"))
    page_with(site, ":shows: cell two")
    output = site.build(fails=True)
    assert "a.json: stale record: hello.py has changed since; renew it with" in output
    assert "python -m process_gallery matrix --newest" in output
    assert "(stale: the script has changed since)" in site.text("index.html")
