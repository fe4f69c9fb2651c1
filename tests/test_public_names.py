"""The package's public names: what this site's own extensions import, and what the reference promises."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PUBLIC = ("process_gallery", "process_gallery.drawing", "process_gallery.sphinxext")
USERS = sorted(
    [ROOT / "docs/conf.py", *ROOT.glob("docs/_extensions/*.py"), *ROOT.glob("tools/*.py")]
)


def not_public(source: str) -> list[str]:
    """Return what a program takes from the package and is not a public name of it."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            taken = [alias.name for alias in node.names if alias.name not in PUBLIC]
        elif isinstance(node, ast.ImportFrom) and node.module in PUBLIC:
            names = importlib.import_module(node.module).__all__
            taken = [f"{node.module}.{one.name}" for one in node.names if one.name not in names]
        elif isinstance(node, ast.ImportFrom):
            taken = [str(node.module)]
        else:
            continue
        found += [name for name in taken if name.partition(".")[0] == "process_gallery"]
    return found


@pytest.mark.parametrize("path", USERS, ids=lambda path: path.name)
def test_only_public_names_are_imported(path):
    assert not_public(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from process_gallery import Record, record\nimport process_gallery, os", []),
        ("from process_gallery.sphinxext import Build", []),
        ("from process_gallery import labels", ["process_gallery.labels"]),
        ("from process_gallery.sphinxext import gallery", ["process_gallery.sphinxext.gallery"]),
        ("from process_gallery.model import Record", ["process_gallery.model"]),
        ("def f():\n    import process_gallery.store as s", ["process_gallery.store"]),
    ],
)
def test_what_is_not_public_is_found(source, found):
    assert not_public(source) == found


@pytest.mark.parametrize("module", PUBLIC)
def test_public_names_are_there_and_have_a_text(module):
    public = importlib.import_module(module)
    assert public.__all__ == sorted(public.__all__, key=lambda name: (not name.isupper(), name))
    for name in public.__all__:
        assert getattr(public, name).__doc__, name


def test_the_reference_names_all_that_is_public():
    page = (ROOT / "docs/reference/process_gallery_api.md").read_text(encoding="utf-8")
    _, _, listed = page.partition("\n## From Python\n")
    named = set(re.findall(r"`(\w+)", listed))
    assert set(importlib.import_module("process_gallery").__all__) - {"setup"} <= named
