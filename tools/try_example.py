"""Record one example, judge it, and build its page alone. For `make try`.

The page is built by the site's own conf.py, in docs/_build/try: what it links to on other pages leads nowhere there.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
TRY = ROOT / "docs/_build/try"
SHOWN = re.compile(r"(?m)^# *\.\. (?:recorded|side_by_side):: (\S+)")
# What makes files of a whole site, or counts what is on all its pages.
WHOLE = (
    "build_figures",
    "examples_by_name",
    "missing_page",
    "my_python",
    "navigation",
    "sitemap",
    "changes_feed",
    "pages_as_markdown",
    "llms_txt",
    "book",
    "sphinx_markdown_builder",
    "sphinxext.opengraph",
    "notfound.extension",
    "sphinxext.rediraffe",
)
CONF = f"""
import runpy

globals().update(runpy.run_path({str(ROOT / "docs/conf.py")!r}))
extensions = [name for name in extensions if name not in {WHOLE!r}]
html_static_path = [{str(ROOT / "docs/_static")!r}]
templates_path = [{str(ROOT / "docs/_templates")!r}]
html_favicon = html_logo = {str(ROOT / "docs/_static/mark.svg")!r}
nitpicky = False
suppress_warnings = ["myst.xref_missing", "ref"]  # other pages are not there
"""


def script_of(name: str) -> Path:
    """Return the example that `section/name`, with or without .py or examples/, means."""
    wanted = name.removeprefix("examples/").removesuffix(".py")
    path = EXAMPLES / f"{wanted}.py"
    if wanted.count("/") != 1 or not path.is_file():
        sys.exit(f"{name}: there is no {path}; write  make try EXAMPLE=section/name")
    return path


def check_docstring(script: Path) -> None:
    """Check that the docstring is a title and a claim: Sphinx would say less clearly that it is not."""
    try:
        docstring = ast.get_docstring(ast.parse(script.read_bytes(), str(script)))
    except (SyntaxError, ValueError):
        return  # the record will say what is wrong
    form = (
        "write one at the top of the file: a title, a line of === below it, as long; an empty line; "
        "then the claim, in one sentence"
    )
    if not docstring:
        sys.exit(f"{script}:1: there is no docstring; {form}")
    title, line, *rest = [*docstring.splitlines(), ""]
    if not re.fullmatch(r"(\W)\1*", line) or len(line) < len(title):
        sys.exit(f"{script}: the docstring begins without a title; {form}")
    if not "".join(rest).strip():
        sys.exit(f"{script}: the docstring has no claim below its title; {form}")


def check_contents(script: Path) -> None:
    """Say what is still to be done where the gallery does not list the example."""
    name = script.relative_to(EXAMPLES).as_posix()
    listed = (EXAMPLES / "contents.txt").read_text(encoding="utf-8").splitlines()
    if name not in [line.strip() for line in listed]:
        print(
            f"To do: add the line  {name}  to {EXAMPLES / 'contents.txt'}, where a reader should meet it"
        )


def prepare(script: Path) -> None:
    """Write the small project anew, but for what Sphinx and the recorder keep for the next time."""
    section = TRY / "examples" / script.parent.name
    shutil.rmtree(TRY / "examples", ignore_errors=True)
    section.mkdir(parents=True)
    docs = TRY / "docs"
    docs.mkdir(exist_ok=True)
    # An example may import modules that stand beside it, and its page may show runs of others.
    for path in (script, script.parent / "GALLERY_HEADER.rst", *script.parent.glob("_*.py")):
        if not path.is_file():
            sys.exit(f"{path} is missing: each section has a title and a sentence there")
        shutil.copy2(path, section)
    for name in SHOWN.findall(script.read_text(encoding="utf-8")):
        other = script_of(name)
        folder = TRY / "examples" / other.parent.name
        folder.mkdir(exist_ok=True)
        shutil.copy2(other, folder)
        shutil.copy2(other.parent / "GALLERY_HEADER.rst", folder)
    (TRY / "examples/GALLERY_HEADER.rst").write_text("Try\n===\n\nOne example.\n")
    (TRY / "examples/contents.txt").write_text(f"{script.parent.name}/{script.name}\n")
    (docs / "conf.py").write_text(CONF, encoding="utf-8")
    (docs / "index.md").write_text("# Try\n\n```{toctree}\ngallery/index\n```\n")


def main(name: str) -> int:
    """Return 0 if the example ended as it declares and its page is there."""
    script = script_of(name)
    check_docstring(script)
    command = [sys.executable, "-m", "process_gallery", "record", script]
    if status := subprocess.run(command, check=False).returncode:
        print(f"{script}: not as it declares; its page is not built", file=sys.stderr)
        return status
    prepare(script)
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-d",
        TRY / "doctrees",
        TRY / "docs",
        TRY / "html",
    ]
    if status := subprocess.run(command, check=False).returncode:
        return status
    page = TRY / "html/gallery" / script.parent.name / f"{script.stem}.html"
    if not page.is_file():
        print(f"{script}: Sphinx wrote no {page}", file=sys.stderr)
        return 1
    print(f"Its page is {page.as_uri()}")
    check_contents(script)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
