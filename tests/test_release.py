"""What `make release-check` looks for, each fault by itself; this project's own files have none."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import tarfile
import zipfile
from datetime import date, timedelta
from pathlib import Path

import pytest
import release

import process_gallery

ROOT = Path(__file__).parents[1]
VERSION = process_gallery.__version__
FILES = (
    "CHANGELOG.md",
    "CITATION.cff",
    "LICENSE",
    "PACKAGE.md",
    "pyproject.toml",
    "src/process_gallery/__init__.py",
    ".github/workflows/ci.yml",
)
TODAY = date.today()  # noqa: DTZ011
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def project(tmp_path):
    """Copy the files that say what this project is; return a function that changes one of them."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def change(name, pattern, text):
        path = tmp_path / name
        new, count = re.subn(pattern, text, path.read_text(), count=1, flags=re.MULTILINE)
        assert count == 1, f"{pattern} is not in {name}"
        path.write_text(new)

    change.root = tmp_path
    return change


def changelog(project, *sections, text="- Something.\n"):
    path = project.root / "CHANGELOG.md"
    path.write_text("# Changelog\n" + "".join(f"\n## {name}\n\n{text}" for name in sections))


def released(project, version=VERSION, day=TODAY):
    """Make of the copy what is tagged."""
    changelog(project, f"{version} - {day}")
    project("CITATION.cff", r"^(version: .*)$", rf"\1\ndate-released: {day}")


def test_this_project_agrees_with_itself():
    assert release.check_versions(ROOT, release.tag_of(ROOT)) == VERSION
    release.check_project(ROOT)


def test_a_release_agrees_with_its_tag(project):
    released(project)
    assert release.check_versions(project.root, f"v{VERSION}") == VERSION
    assert release.check_versions(project.root, None) == VERSION
    with pytest.raises(release.Wrong, match=rf"the tag is v9\.9\.9.*tag this commit  v{VERSION}"):
        release.check_versions(project.root, "v9.9.9")


def test_what_is_tagged_has_a_section(project):
    changelog(project, f"Unreleased - {TODAY}")
    with pytest.raises(
        release.Wrong, match=rf"CHANGELOG.md: v{VERSION} has no section: .*## {VERSION} - 20"
    ):
        release.check_versions(project.root, f"v{VERSION}")


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        (["9.9.9 - {today}"], "its newest release is 9.9.9"),
        (["soon - {today}"], "'soon' is neither a version nor Unreleased"),
        (["{version} - {tomorrow}"], "which is to come"),
        (["0.0.1 - {today}", "{version} - {today}"], "put the releases in order, the newest first"),
        (["1.0.0 - 2026-01-01", "0.9.0 - 2026-02-01"], "older than the one below"),
        (["{version} - {today}", "Unreleased - {today}"], "Unreleased stands below a release"),
        (
            ["Unreleased - {today}", "{version} - {today}"],
            "not newer than {version}, which is released",
        ),
        (["{version}"], "does not name a date"),
    ],
)
def test_a_changelog_with_a_fault_names_it(project, sections, says):
    facts = {"version": VERSION, "today": TODAY, "tomorrow": TOMORROW}
    changelog(project, *(section.format(**facts) for section in sections))
    with pytest.raises(release.Wrong, match=re.escape(says.format(**facts))):
        release.check_versions(project.root, None)


@pytest.mark.parametrize("link", ["docs/index.md", "http://example.org/"])
def test_a_link_of_the_changelog_must_work_in_the_feed(project, link):
    changelog(project, f"Unreleased - {TODAY}", text=f"- [This]({link}).\n")
    with pytest.raises(release.Wrong, match=rf"Unreleased links to {link}: .* write https://"):
        release.check_versions(project.root, None)


def test_versions_have_their_order():
    versions = ["1.10.0", "1.9.0", "1.9.0rc2", "1.9.0rc1", "1.9.0b1", "1.9.0a3", "0.20.0"]
    assert sorted(versions, key=release.order, reverse=True) == versions


@pytest.mark.parametrize(
    ("name", "pattern", "text", "says"),
    [
        ("CITATION.cff", r"^version: .*", "version: 9.9.9", rf"write  version: {VERSION}"),
        ("CITATION.cff", r"^(version: .*)", r"\1\ndate-released: 2026-01-01", "write  date-released: 20|remove date-released"),
        ("CITATION.cff", r"^title: .*\n", "", "add title"),
        ("CITATION.cff", r"^title: ", "title: [", "CITATION.cff: while parsing"),
        ("src/process_gallery/__init__.py", r"^__version__ = .*", '__version__ = "one"', "write the version as"),
    ],
)  # fmt: skip
def test_a_version_that_differs_is_named(project, name, pattern, text, says):
    project(name, pattern, text)
    with pytest.raises(release.Wrong, match=says):
        release.check_versions(project.root, None)


@pytest.mark.parametrize(
    ("name", "pattern", "text", "says"),
    [
        ("CITATION.cff", r"^  - name: .*", "  - name: Somebody", "its authors are not those"),
        ("CITATION.cff", r"^url: .*", "url: https://example.org/", "write  url: https://"),
        ("CITATION.cff", r"^license: .*", "license: BSD-3-Clause", "are not the same"),
        ("LICENSE", r"the contributors to .*", "Somebody", "does not name"),
        ("pyproject.toml", r"^Changelog = .*", 'Changelog = "https://example.org/"', "is not below"),
        ("pyproject.toml", r"^Changelog = .*", 'Changelog = "http://example.org/"', "begins with https"),
        ("pyproject.toml", r'^    "Programming Language :: Python :: 3\.12",\n', "", "CI tests 3.11"),
        ("pyproject.toml", r"^requires-python = .*", 'requires-python = ">=3.12"', "say otherwise"),
        (".github/workflows/ci.yml", r'"3\.13", ', "", "CI tests 3.11"),
    ],
)  # fmt: skip
def test_metadata_that_contradict_are_named(project, name, pattern, text, says):
    project(name, pattern, text)
    with pytest.raises(release.Wrong, match=says):
        release.check_project(project.root)


# -- What was built


METADATA = b"Metadata-Version: 2.4\nName: process-gallery\n\nText.\n"


@pytest.fixture
def dist(project):
    """Return a function that writes a wheel and an sdist of the copy, changed as it is told."""
    subprocess.run(["git", "init", "-q"], cwd=project.root, check=True)
    subprocess.run(["git", "add", "."], cwd=project.root, check=True)
    folder = project.root / "dist"
    folder.mkdir()

    def write(wheel=(), sdist=()):
        source = {name: (project.root / name).read_bytes() for name in FILES[:-1]}
        about = "process_gallery-0.1.0.dist-info"
        built = {"process_gallery/__init__.py": source["src/process_gallery/__init__.py"]}
        built |= dict.fromkeys(
            (f"{about}/{name}" for name in ("WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")), b""
        )  # fmt: skip
        built |= {f"{about}/METADATA": METADATA} | dict(wheel)
        with zipfile.ZipFile(folder / "process_gallery-0.1.0-py3-none-any.whl", "w") as archive:
            for name, data in built.items():
                if data is not None:
                    archive.writestr(name, data)
        source |= {"PKG-INFO": METADATA} | dict(sdist)
        with tarfile.open(folder / "process_gallery-0.1.0.tar.gz", "w:gz") as archive:
            for name, data in source.items():
                if data is not None:
                    member = tarfile.TarInfo(f"process_gallery-0.1.0/{name}")
                    member.size = len(data)
                    archive.addfile(member, io.BytesIO(data))
        return folder

    return write


def test_archives_with_what_is_committed_are_right(dist, project):
    metadata, count = release.check_contents(project.root, dist())
    assert metadata["Name"] == "process-gallery"
    assert count == 1


@pytest.mark.parametrize(
    ("wheel", "sdist", "says"),
    [
        ({"process_gallery/__init__.py": None}, {}, "whl: it lacks process_gallery/__init__.py"),
        ({"process_gallery/notes.txt": b""}, {}, "whl: it has process_gallery/notes.txt: commit it"),
        ({"process_gallery/__init__.py": b"old"}, {}, "whl: it has another process_gallery/__init__.py"),
        ({"process_gallery-0.1.0.dist-info/licenses/LICENSE": None}, {}, "whl: it lacks licenses/LICENSE"),
        ({}, {"LICENSE": None}, "gz: it lacks LICENSE"),
        ({}, {"tests/conftest.py": b""}, "gz: it has tests/conftest.py"),
        ({}, {"PKG-INFO": b"Name: other\n"}, "PKG-INFO is not the METADATA"),
    ],
)  # fmt: skip
def test_archives_with_more_or_less_are_named(dist, project, wheel, sdist, says):
    with pytest.raises(release.Wrong, match=re.escape(says)):
        release.check_contents(project.root, dist(wheel, sdist))


def test_an_empty_folder_says_what_makes_the_archives(tmp_path):
    with pytest.raises(release.Wrong, match="one wheel and one sdist; write  make release-check"):
        release.files(tmp_path)


@pytest.mark.parametrize("link", ["[this](CONTRIBUTING.md)", '<img src="picture.png">'])
def test_a_link_of_the_repository_is_no_link_of_an_index(link, project):
    about = release.project_of(ROOT)
    lines = [
        f"Name: {about['name']}",
        f"Version: {VERSION}",
        f"License-Expression: {about['license']}",
    ]
    lines += [
        f"Requires-Python: {about['requires-python']}",
        "Description-Content-Type: text/markdown",
    ]
    lines += [f"Classifier: {name}" for name in about["classifiers"]]
    lines += [f"Project-URL: {name}, {url}" for name, url in about["urls"].items()]

    def read(text):
        return release.email.parser.Parser().parsestr("\n".join(lines) + f"\n\n{text}\n")

    release.check_metadata(read("[this](https://example.org)"), ROOT, VERSION)
    with pytest.raises(release.Wrong, match="leads nowhere on the package's page"):
        release.check_metadata(read(link), ROOT, VERSION)
    with pytest.raises(release.Wrong, match="METADATA: Version is"):
        release.check_metadata(read(""), ROOT, "9.9.9")


def test_a_page_without_the_small_site_is_named(tmp_path):
    (tmp_path / "page.md").write_text("# Page\n")
    with pytest.raises(release.Wrong, match=r"page\.md: it no longer shows the small site"):
        release.write_small_site(tmp_path, tmp_path / "page.md")


@pytest.mark.parametrize("name", ["all", "base", "release"])
def test_what_is_pinned_has_hashes_and_names_no_host(name):
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    pinned = re.findall(r"^([a-z0-9-]+)==.*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 20
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
