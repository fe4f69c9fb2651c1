"""The package as others get it: built as sdist and wheel, and a small site made with the installed wheel alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONF = """
import process_gallery
print("using", process_gallery.__file__)
project = "Small"
extensions = ["process_gallery"]
sphinx_gallery_conf = {"examples_dirs": "../examples", "gallery_dirs": "gallery"}
"""
INDEX = """
Small
=====

.. recorded:: hello
   :show: output timeline

.. toctree::

   gallery/index
"""
EXAMPLE = '''"""
Hello from a child
==================

A child of the start method spawn finds its function.
"""

import multiprocessing


def hello():
    print("hello")


if __name__ == "__main__":
    child = multiprocessing.get_context("spawn").Process(target=hello)
    child.start()
    child.join()
'''


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Build the package into a folder."""
    pytest.importorskip("hatchling", reason="hatchling is not installed")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def test_sdist_has_the_source_and_its_tests(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "README.md", "LICENSE", "src/process_gallery/py.typed", "tests/test_package.py"} <= names
    assert not [name for name in names if "__pycache__" in name]


def test_wheel_builds_a_site(built, tmp_path):
    with zipfile.ZipFile(next(built.glob("*.whl"))) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "docs").mkdir()
    (tmp_path / "examples").mkdir()
    (tmp_path / "docs" / "conf.py").write_text(CONF)
    (tmp_path / "docs" / "index.rst").write_text(INDEX)
    (tmp_path / "examples" / "GALLERY_HEADER.rst").write_text("Examples\n========\n\nOne.\n")
    (tmp_path / "examples" / "hello.py").write_text(EXAMPLE)
    environ = os.environ | {"PYTHONPATH": str(tmp_path / "installed"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "sphinx", "-n", "-W", "--keep-going", "-b", "html", "docs", "html"]
    result = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"using {tmp_path / 'installed'}" in result.stdout
    for page in ("index.html", "gallery/hello.html"):
        html = (tmp_path / "html" / page).read_text(encoding="utf-8")
        assert "SpawnProcess-1" in html or "Process-1" in html
        assert "hello" in html
    assert (tmp_path / "html" / "_static" / "process_gallery.css").exists()
