"""Build what is released, check it, and try it in new environments. For `make release-check` and the release workflow.

    release.py build DIST    sdist, and the wheel from it, by the pinned build backend
    release.py check DIST    versions, changelog, citation, contents and metadata agree; says what would be published
    release.py try DIST      install each into a new environment, and make the small site of the package's page there

Nothing here needs an account, and nothing is uploaded.
"""

from __future__ import annotations

import argparse
import email.parser
import hashlib
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
import zipfile
from datetime import date
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
PAGE = Path("docs/reference/process_gallery.md")
LOCK = ROOT / "requirements/base.txt"
UNRELEASED = "Unreleased"
IN_SDIST = ("src/", "pyproject.toml", "PACKAGE.md", "CHANGELOG.md", "CITATION.cff", "LICENSE")
ADDED_TO_SDIST = {"PKG-INFO", ".gitignore"}  # by hatchling
VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
LISTING = re.compile(
    r"^```\{code-block\} \S+\n:caption: (?P<path>\S+/\S+)\n\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Wrong(Exception):  # noqa: N818
    """What has to be mended before a release: the file, the place and the remedy."""


def git(root: Path, *arguments: str) -> list[str]:
    """Return the lines that git prints."""
    done = subprocess.run(
        ["git", "-C", root, *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Wrong(f"{root}: git {arguments[0]}: {done.stderr.strip()}; work in a clone")
    return done.stdout.splitlines()


# -- What stands in the files of the project


def version_of(root: Path) -> str:
    """Return the version of the package, which stands in one place."""
    path = root / "src/process_gallery/__init__.py"
    found = re.search(r'^__version__ = "(.*)"$', path.read_text(encoding="utf-8"), re.MULTILINE)
    if not found or not VERSION.fullmatch(found[1]):
        raise Wrong(f'{path}: write the version as  __version__ = "1.2.3"')
    return found[1]


def order(version: str) -> tuple[int, int, int, str]:
    """Return what puts versions in their order: a release after its candidates."""
    numbers, pre = re.fullmatch(r"([\d.]+?)((?:a|b|rc)\d+)?", version).groups()
    return (*map(int, numbers.split(".")), pre or "z")


def changes(root: Path) -> list[tuple[str, date, str]]:
    """Return the sections of the changelog, newest first, as name, date and HTML; check what is wrong with them."""
    sys.path.insert(0, str(ROOT / "docs/_extensions"))
    from changes_feed import read_changes
    from sphinx.errors import ExtensionError

    path = root / "CHANGELOG.md"
    try:
        sections = read_changes(path)
    except ExtensionError as error:
        raise Wrong(str(error)) from None
    names = [name for name, _, _ in sections]
    releases = [name for name in names if name != UNRELEASED]
    for name in releases:
        if not VERSION.fullmatch(name):
            raise Wrong(f"{path}: the section {name!r} is neither a version nor {UNRELEASED}")
    if UNRELEASED in names[1:]:
        raise Wrong(f"{path}: {UNRELEASED} stands below a release: move what it says, or its place")
    if releases != sorted(releases, key=order, reverse=True):
        raise Wrong(f"{path}: put the releases in order, the newest first: {', '.join(releases)}")
    days = [day for _, day, _ in sections]
    if days != sorted(days, reverse=True):
        raise Wrong(f"{path}: a section is older than the one below it: correct its date")
    for name, day, text in sections:
        if day > date.today():  # noqa: DTZ011  # the day where the release is made
            raise Wrong(f"{path}: {name} is dated {day}, which is to come: correct its date")
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            if urlsplit(link).scheme != "https":
                raise Wrong(
                    f"{path}: {name} links to {link}: in the feed it leads nowhere; write https://..."
                )
    return sections


def citation(root: Path) -> dict[str, object]:
    """Return what CITATION.cff says (https://citation-file-format.github.io)."""
    import yaml

    path = root / "CITATION.cff"
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Wrong(f"{path}: {error}") from None
    missing = {"cff-version", "message", "title", "authors", "version", "license", "url"} - set(
        found
    )
    if missing:
        raise Wrong(f"{path}: add {', '.join(sorted(missing))}")
    return found


def project_of(root: Path) -> dict[str, object]:
    """Return the table [project] of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def tag_of(root: Path) -> str | None:
    """Return the tag of a release that this commit has, if it has one."""
    tags = git(root, "tag", "--points-at", "HEAD", "v*")
    if len(tags) > 1:
        raise Wrong(f"this commit has the tags {', '.join(tags)}: one release, one tag")
    return tags[0] if tags else None


def check_versions(root: Path, tag: str | None) -> str:
    """Check that package, changelog, citation and tag name one version and one day; return the version."""
    version, sections, cited = version_of(root), changes(root), citation(root)
    newest, day, _ = sections[0]
    if cited["version"] != version:
        raise Wrong(
            f"{root / 'CITATION.cff'}: version is {cited['version']}; write  version: {version}"
        )
    if newest == UNRELEASED:
        if tag:
            raise Wrong(
                f"{root / 'CHANGELOG.md'}: {tag} has no section: name the first one  ## {version} - {date.today()}"  # noqa: DTZ011
            )
        released = [name for name, _, _ in sections[1:]]
        if released and order(version) <= order(released[0]):
            raise Wrong(
                f"{root / 'src/process_gallery/__init__.py'}: {version} is not newer than {released[0]}, which is released: "
                "raise __version__, here and in CITATION.cff"
            )
        if "date-released" in cited:
            raise Wrong(f"{root / 'CITATION.cff'}: {version} is not released: remove date-released")
        return version
    if newest != version:
        raise Wrong(
            f"{root / 'CHANGELOG.md'}: its newest release is {newest}, the package's version {version}: "
            f"add a section, or correct __version__ in src/process_gallery/__init__.py"
        )
    if cited.get("date-released") != day:
        raise Wrong(f"{root / 'CITATION.cff'}: write  date-released: {day}  as CHANGELOG.md has it")
    if tag not in (None, f"v{version}"):
        raise Wrong(f"the tag is {tag}, the version {version}: tag this commit  v{version}")
    return version


def check_project(root: Path) -> None:
    """Check that pyproject.toml, CITATION.cff, LICENSE and what CI runs say the same."""
    import yaml

    path, project, cited = root / "pyproject.toml", project_of(root), citation(root)
    names = [author["name"] for author in project["authors"]]
    if names != [author["name"] for author in cited["authors"]]:
        raise Wrong(
            f"{root / 'CITATION.cff'}: its authors are not those of pyproject.toml: {names}"
        )
    licence = (root / "LICENSE").read_text(encoding="utf-8")
    if names[0].removeprefix("The ") not in licence:
        raise Wrong(
            f"{root / 'LICENSE'}: it does not name {names[0]}, the author in pyproject.toml"
        )
    if not project["license"] == cited["license"] == licence.split()[0]:
        raise Wrong(f"{path}: LICENSE, license here and in CITATION.cff are not the same")
    address = project["urls"]["Documentation"]
    if cited["url"] != address:
        raise Wrong(f"{root / 'CITATION.cff'}: write  url: {address}  as pyproject.toml has it")
    for name, url in project["urls"].items():
        if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            raise Wrong(f"{path}: {name} is {url!r}: write an address that begins with https://")
    if not project["urls"]["Changelog"].startswith(address):
        raise Wrong(f"{path}: Changelog is not below {address}, which Documentation says")
    said = re.findall(
        r"^Programming Language :: Python :: (\d+\.\d+)$",
        "\n".join(project["classifiers"]),
        re.MULTILINE,
    )
    jobs = yaml.safe_load((root / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    tested = jobs["test"]["strategy"]["matrix"]["python"]
    if said != tested or project["requires-python"] != f">={tested[0]}":
        raise Wrong(
            f"{path}: CI tests {', '.join(tested)}; classifiers and requires-python say otherwise"
        )


# -- What was built


def build(dist: Path) -> None:
    """Build the sdist, and from it the wheel, as anyone would: in an environment of its own, but pinned."""
    for path in [*dist.glob("*.whl"), *dist.glob("*.tar.gz")]:
        path.unlink()
    uv("build", "-q", "-o", dist, "--build-constraints", LOCK, "--require-hashes", ROOT)


def uv(*arguments: str | Path) -> None:
    """Run uv, which is pinned with everything else that development needs."""
    subprocess.run([sys.executable, "-m", "uv", "--system-certs", *arguments], check=True)


def files(dist: Path) -> tuple[Path, Path]:
    """Return the wheel and the sdist of a folder."""
    wheels, sdists = sorted(dist.glob("*.whl")), sorted(dist.glob("*.tar.gz"))
    if len(wheels) != 1 or len(sdists) != 1:
        raise Wrong(f"{dist}: there must be one wheel and one sdist; write  make release-check")
    return wheels[0], sdists[0]


def check_contents(root: Path, dist: Path) -> tuple[Message, int]:
    """Check that wheel and sdist have what is committed, no more and no less; return the metadata, and the number of modules and other files."""
    wheel, sdist = files(dist)
    committed = {name: (root / name).read_bytes() for name in git(root, "ls-files", *IN_SDIST)}
    package = {
        name.removeprefix("src/"): data
        for name, data in committed.items()
        if name.startswith("src/")
    }
    with zipfile.ZipFile(wheel) as archive:
        in_wheel = {name: archive.read(name) for name in archive.namelist() if name[-1] != "/"}
    about = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info/"
    parts = {
        name.removeprefix(about): in_wheel.pop(name)
        for name in [*in_wheel]
        if name.startswith(about)
    }
    same(wheel, in_wheel, package)
    listed = {"METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE"}
    same(wheel, dict.fromkeys(parts), dict.fromkeys(listed))
    with tarfile.open(sdist) as archive:
        in_sdist = {
            member.name.partition("/")[2]: archive.extractfile(member).read()
            for member in archive.getmembers()
            if member.isfile()
        }
    metadata = {in_sdist.get("PKG-INFO"), parts["METADATA"]}
    same(
        sdist,
        {name: data for name, data in in_sdist.items() if name not in ADDED_TO_SDIST},
        committed,
    )
    if len(metadata) != 1:
        raise Wrong(f"{sdist}: its PKG-INFO is not the METADATA of {wheel.name}; build both anew")
    return email.parser.BytesParser().parsebytes(parts["METADATA"]), len(package)


def same(archive: Path, has: dict[str, object], should: dict[str, object]) -> None:
    """Compare what is in an archive with what should be."""
    for names, what, remedy in (
        (set(should) - set(has), "lacks", "see [tool.hatch.build] in pyproject.toml"),
        (set(has) - set(should), "has", "commit it, or keep it out"),
        (
            {name for name in should if has.get(name) != should[name]},
            "has another",
            "build it anew",
        ),
    ):
        if names:
            raise Wrong(f"{archive}: it {what} {', '.join(sorted(names))}: {remedy}")


def check_metadata(metadata: Message, root: Path, version: str) -> None:
    """Check what an index shows: it is what pyproject.toml says, and its text has no link that works in a repository only."""
    project = project_of(root)
    said = {
        "Name": [project["name"]],
        "Version": [version],
        "License-Expression": [project["license"]],
        "Requires-Python": [project["requires-python"]],
        "Classifier": project["classifiers"],
        "Project-URL": [f"{name}, {url}" for name, url in project["urls"].items()],
        "Description-Content-Type": ["text/markdown"],
    }
    for name, values in said.items():
        if metadata.get_all(name) != values:
            raise Wrong(
                f"METADATA: {name} is {metadata.get_all(name)}, pyproject.toml says {values}"
            )
    text = metadata.get_payload()
    for link in re.findall(r"\]\(\s*([^)\s]+)", text) + re.findall(r'(?:src|href)="([^"]*)"', text):
        if not link.startswith(("https://", "#")):
            raise Wrong(
                f"{root / project['readme']}: {link} leads nowhere on the package's page of an index"
            )


def check(dist: Path, tag: str | None, root: Path = ROOT) -> None:
    """Check everything, and say what would be published."""
    tag = tag or tag_of(root)
    changed = git(root, "status", "--porcelain") if tag else []
    if changed:
        raise Wrong(
            f"{tag}: commit first what has changed: {', '.join(line[3:] for line in changed)}"
        )
    version = check_versions(root, tag)
    check_project(root)
    metadata, count = check_contents(root, dist)
    check_metadata(metadata, root, version)
    print(
        f"{metadata['Name']} {version}: versions, changelog, citation, metadata, and the {count} files of the package agree"
    )
    print(
        f"Tag {tag}: would be published:"
        if tag
        else f"No tag: nothing is published. With the tag v{version} these would be:"
    )
    for path in files(dist):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        print(f"  {path.name}  {path.stat().st_size} bytes  sha256:{digest}")
    for url in metadata.get_all("Project-URL"):
        print(f"  {url}")


def check_online(root: Path = ROOT) -> None:
    """Check that the addresses in the metadata lead somewhere: a release cannot be changed afterwards."""
    for name, url in project_of(root)["urls"].items():
        request = urllib.request.Request(url, headers={"User-Agent": "process-gallery"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30):  # noqa: S310  # check_project: https
                print(f"{name}: {url} is there")
        except OSError as error:
            raise Wrong(
                f"pyproject.toml: {name} is {url}, which does not answer ({error}): publish the site, or correct it"
            ) from None


# -- In a new environment


def write_small_site(folder: Path, page: Path = ROOT / PAGE) -> str:
    """Write the files that the package's page shows; return the arguments of its sphinx-build."""
    text = page.read_text(encoding="utf-8")
    listings = {match["path"]: match["text"] for match in LISTING.finditer(text)}
    command = re.search(r"^\$ sphinx-build (docs \S+)$", text, re.MULTILINE)
    if "docs/conf.py" not in listings or "examples/hello.py" not in listings or not command:
        raise Wrong(
            f"{page}: it no longer shows the small site: docs/conf.py, examples/hello.py, sphinx-build"
        )
    for name, content in listings.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return command[1]


def check_small_site(html: Path) -> None:
    """Check that the pages show the run, and that the files they need are there."""
    for page in ("index.html", "gallery/hello.html"):
        text = re.sub(r"<[^>]+>", "", (html / page).read_text(encoding="utf-8"))
        for said in ("hello from the child", "Process-1"):
            if said not in text:
                raise Wrong(f"{html / page}: it does not show {said!r}")
    for name in ("process_gallery.css", "process_gallery.js", "timeline.css"):
        if not (html / "_static" / name).is_file():
            raise Wrong(
                f"{html / '_static' / name}: the package's static files are not in the site"
            )


def try_one(archive: Path, folder: Path) -> None:
    """Install a wheel or an sdist into a new environment, record with it, then build the small site with its extra."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "VIRTUAL_ENV"))
    }

    def run(*command: str | Path) -> str:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Wrong(
                f"{archive.name}: {' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    def install(what: str) -> None:
        uv(
            "pip", "install", "-q", "--python", python, "-c", LOCK, "--build-constraints", LOCK, what,
        )  # fmt: skip

    folder.mkdir()
    run(sys.executable, "-m", "venv", "--without-pip", folder / "env")
    python = folder / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    install(str(archive.resolve()))
    arguments = write_small_site(folder)
    where = run(python, "-c", "import process_gallery; print(process_gallery.__file__)")
    if not Path(where.strip()).is_relative_to(folder / "env"):
        raise Wrong(f"{archive.name}: what was tried is not what was installed, but {where}")
    said = run(
        python, "-m", "process_gallery", "record", "examples/hello.py", "--json", "hello.json"
    )
    if (
        not re.search(r"Process-1.*hello from the child", said)
        or not (folder / "hello.json").is_file()
    ):
        raise Wrong(f"{archive.name}: recording examples/hello.py says\n{said}")
    install(f"{archive.resolve()}[sphinx]")
    run(python, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", *arguments.split())
    check_small_site(folder / arguments.split()[1])
    print(
        f"{archive.name}: records, and builds the small site of its page, on Python {sys.version.split()[0]}"
    )


def try_both(dist: Path) -> None:
    """Try the wheel and the sdist."""
    with tempfile.TemporaryDirectory() as folder:
        for archive in files(dist):
            try_one(archive, Path(folder, archive.suffix[1:]).resolve())


def main() -> int:
    """Return 1 if something has to be mended, after saying what."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["build", "check", "online", "try"])
    parser.add_argument("dist", type=Path, nargs="?", default=Path("dist"))
    parser.add_argument(
        "--tag", help="of the release; by default the tag v... of this commit, if it has one"
    )
    asked = parser.parse_args()
    try:
        if asked.command == "build":
            build(asked.dist)
        elif asked.command == "check":
            check(asked.dist, asked.tag)
        elif asked.command == "online":
            check_online()
        else:
            try_both(asked.dist)
    except Wrong as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
