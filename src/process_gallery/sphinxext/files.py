"""Programs that an example has in a constant, writes to a file and runs: the page shows each as the
file that it is, and folds what writes and runs them.

The example stays one script that runs alone: nothing else is to be downloaded with it.
"""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from process_gallery.drawing.view import count

from .build import Build, Example

FOLD = 12
"""Lines of other code in the same cell that are folded, if there are as many or more."""


@dataclass(frozen=True)
class InnerFile:
    """A file whose text is a constant of an example."""

    constant: str
    name: str
    text: str


def inner_files(example: Example) -> list[InnerFile]:
    """Return the files that a script declares, in its order.

    Raises
    ------
    ExtensionError
        If a declared constant is not set to a text at the top level.

    """
    declared = dict(example.script.declared.files)
    found = []
    for node in ast.parse(example.script.source).body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in declared
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            name = node.targets[0].id
            text = node.value.value.strip("\n") + "\n"
            found.append(InnerFile(name, declared[name], text))
    missing = declared.keys() - {file.constant for file in found}
    if missing:
        raise ExtensionError(
            f"{example.name}: sphinx_gallery_files: {min(missing)} is not set to a text at the top level of the script"
        )
    return found


# As sphinx-gallery writes a cell. The comment stays before the block: it becomes its anchor.
_BLOCK = re.compile(
    r"^(?:\.\. GENERATED FROM PYTHON SOURCE LINES \d+-\d+\n\n)?\.\. code-block:: Python\n(?P<code>(?:(?:    .*)?\n)+)",
    re.MULTILINE,
)


def show_files(app: Sphinx, docname: str, source: list[str]) -> None:
    """Change the source of a gallery page: its inner files are files there."""
    build = Build.of(app.env)
    if not build.in_gallery(docname):
        return
    example = next((one for one in build.examples.values() if build.page(one) == docname), None)
    if example and example.script.declared.files:
        files = inner_files(example)
        source[0] = _BLOCK.sub(lambda match: _shown(app, example, files, match), source[0])


def _shown(app: Sphinx, example: Example, declared: list[InnerFile], match: re.Match[str]) -> str:
    code = match["code"]
    files = []
    for file in declared:
        # The constant as sphinx-gallery has written it: indented, to its closing quotes.
        code, number = re.subn(
            rf"(?ms)^    {file.constant} = [rR]?(\"\"\"|'''|\"|').*?(?<!\\)\1$",
            f"    {file.constant} = ...  # the text of {file.name}, above",
            code,
            count=1,
        )
        files += [file] * number
    if not files:
        return match[0]
    text = "".join(_file_source(app, example, file) for file in files)
    lines = len([line for line in code.split("\n") if line.strip()])
    block = match[0].replace(match["code"], code)
    if lines < FOLD:
        return text + block
    words = f"The rest of the script until here, which writes and runs {'it' if len(files) == 1 else 'them'}: {count(lines, 'line')}"
    return (
        f'{text}.. raw:: html\n\n    <details class="pg-rest"><summary>{words}</summary>\n\n'
        f"{block}\n.. raw:: html\n\n    </details>\n\n"
    )


def _file_source(app: Sphinx, example: Example, file: InnerFile) -> str:
    """Return the reStructuredText that shows a file, and offers it; it is written for that."""
    folder = Build.of(app.env).cache_folder / "files" / example.name.removesuffix(".py")
    path = folder / f"{file.constant.lower()}" / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != file.text:
        path.write_text(file.text, encoding="utf-8")
    address = "/" + os.path.relpath(path, app.srcdir).replace(os.sep, "/")
    language = {".py": "Python", ".toml": "toml"}.get(Path(file.name).suffix, "none")
    body = "".join(f"    {line}\n" if line else "\n" for line in file.text.splitlines())
    return (
        f".. code-block:: {language}\n    :caption: {file.name}\n\n{body}\n"
        f".. rst-class:: pg-file\n\n:download:`Download {file.name} <{address}>`\n\n"
    )
