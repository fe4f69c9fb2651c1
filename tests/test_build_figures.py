"""The figures of a build: counted in its records, and counted again whenever one of them has changed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from warm_sphinx import sphinx

pytest.importorskip("myst_parser", reason="the pages' dependencies are not installed")
ROOT = Path(__file__).parents[1]
CONF = f"""
import sys
sys.path[:0] = [{str(ROOT / "src")!r}, {str(ROOT / "docs/_extensions")!r}]
project = author = copyright = version = epub_identifier = epub_uid = "small"
extensions = ["myst_parser", "process_gallery", "build_figures"]
process_gallery_run_as = "program"
exclude_patterns = ["_build", "matrix", "records"]
sphinx_gallery_conf = {{"examples_dirs": "../examples", "gallery_dirs": "gallery"}}
process_gallery_python = {sys.executable!r}
"""
ALONE = '"""\nAlone\n=====\n\nIt ends badly.\n"""\n\n# sphinx_gallery_expected_outcome = "exit 3"\nprint("one")\nprint("two")\nraise SystemExit(3)\n'
CHILDREN = '''"""
Children
========

They speak.
"""

import multiprocessing


def speak():
    print("child")


if __name__ == "__main__":
    for method in ("fork", "spawn", "fork"):
        process = multiprocessing.get_context(method).Process(target=speak)
        process.start()
        process.join()
'''


class Site:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.examples = folder / "examples"
        for place in ("docs/matrix", "examples/one"):
            (folder / place).mkdir(parents=True)
        (folder / "docs/conf.py").write_text(CONF)
        (folder / "docs/index.md").write_text(
            "# Small\n\n```{build-figures}\n```\n\n```{toctree}\ngallery/index\n```\n"
        )
        (folder / "docs/matrix/hello.py").write_text('print("key: value")\n')
        (self.examples / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
        (self.examples / "one/GALLERY_HEADER.rst").write_text("One\n===\n\nThe first.\n")

    def write(self, **scripts: str) -> None:
        for name, text in scripts.items():
            (self.examples / f"one/{name}.py").write_text(text)
        (self.examples / "contents.txt").write_text(
            "".join(f"one/{path.name}\n" for path in sorted((self.examples / "one").glob("*.py")))
        )

    def build(self, builder: str = "html") -> dict[str, str]:
        """Build, and return the rows of the table."""
        docs = self.folder / "docs"
        options = ["-q", "-n", "-W", "-b", builder, "-d", "_build/trees"]
        done = sphinx([*options, ".", f"_build/{builder}"], cwd=docs)
        assert done.returncode == 0, done.stdout + done.stderr
        page = (
            docs / "_build" / builder / ("index.xhtml" if builder == "epub" else "index.html")
        ).read_text(encoding="utf-8")
        found = {}
        for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL)[1:]:
            name, what = (
                " ".join(re.sub(r"<[^>]+>", "", cell).split())
                for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
            )
            found[name] = what
        return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_figures_are_counted_and_follow_the_records(site: Site) -> None:
    site.write(alone=ALONE, children=CHILDREN)
    first = site.build()
    assert first["Examples"] == "2"
    assert (
        first["Processes that ran"]
        == "6: 2 by fork, 2 the scripts, 1 by spawn, 1 helpers of multiprocessing"
    )
    assert first["Lines that were printed"] == "5, 3 of them by children"
    assert first["… how they ended"] == "5 with exit code 0, 1 with another exit code"
    assert first["Examples that end in another way than well, as they declare"] == "1: 1 exit 3"
    assert first["Scripts that are shown by version"] == "1"
    assert first["… on Python"] == f"3.{sys.version_info.minor}: 1 runs, 1 of them by this build"
    assert site.build() == first
    assert site.build("epub") == first

    site.write(alone=ALONE.replace('print("two")\n', 'print("two")\nprint("three")\n'))
    assert site.build()["Lines that were printed"] == "6, 3 of them by children"
    site.write(third='"""\nThird\n=====\n\nNothing.\n"""\n\nprint("three")\n')
    (site.folder / "docs/matrix/again.py").write_text('print("key: value")\n')
    last = site.build()
    assert (last["Examples"], last["Scripts that are shown by version"]) == ("3", "2")
