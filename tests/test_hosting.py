"""What the project's hosts are told to do: the paths and commands of .readthedocs.yaml and of the workflows exist.

`make hosting` does what Read the Docs does, from an empty environment to the pages. It needs a network, and minutes.
"""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import threading
import time
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
yaml = pytest.importorskip("yaml", reason="PyYAML comes with MyST")
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def test_read_the_docs_finds_what_it_is_told_to_use():
    settings = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))
    assert settings["version"] == 2
    assert (ROOT / settings["sphinx"]["configuration"]).is_file()
    assert settings["sphinx"]["fail_on_warning"] is True
    commands = settings["build"]["jobs"]["install"]
    files = [file for command in commands for file in re.findall(r"-r (\S+)", command)]
    assert files
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert re.search(r"^sphinx==", text, re.MULTILINE)


def test_read_the_docs_ranks_pages_that_exist():
    """https://docs.readthedocs.io/en/stable/config-file/v2.html#search"""
    search = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))["search"]
    written = {
        path.relative_to(ROOT / "docs").with_suffix(".html").as_posix()
        for path in ROOT.glob("docs/**/*.md")
    }
    pages = {page for page in written if not page.startswith("_")} | {"gallery/index.html"}
    for pattern, rank in search["ranking"].items():
        assert fnmatch.filter(pages, pattern), f"no page matches {pattern}"
        assert -10 <= rank <= 10
    ranks = {
        page: [
            rank for pattern, rank in search["ranking"].items() if fnmatch.fnmatch(page, pattern)
        ][-1:]
        for page in pages
    }
    assert (
        ranks["index.html"] == ranks["guides/index.html"] == ranks["gallery/index.html"] == [-5]
    )  # the last pattern counts


# -- Read the Docs, as it builds: https://docs.readthedocs.io/en/stable/builds.html and
# https://docs.readthedocs.io/en/stable/reference/environment-variables.html

SECONDS, BYTES = 15 * 60, 7 * 2**30  # what a build may take there
ROOM = 0.75  # what is used of it at most, here
ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
URL = f"{ABOUT['urls']['Documentation']}en/stable/"
BUILDERS = {
    "html": "html",
    "htmlzip": "singlehtml",
    "epub": "epub",
}  # of the formats, where no command is given


class Meter(threading.Thread):
    """Note the most memory that the processes of a build had together; an entry of their environment tells which they are."""

    def __init__(self, entry):
        super().__init__(daemon=True)
        self.entry = entry.encode()
        self.peak = 0
        self.ended = threading.Event()

    def run(self):
        while not self.ended.wait(0.5):
            self.peak = max(self.peak, sum(map(self.memory, Path("/proc").glob("[0-9]*"))))

    def memory(self, process):
        try:
            if self.entry in (process / "environ").read_bytes().split(b"\0"):
                return (
                    int(
                        re.search(
                            r"^Pss: +(\d+)", (process / "smaps_rollup").read_text(), re.MULTILINE
                        )[1]
                    )
                    * 1024
                )
        except (OSError, TypeError):  # it has ended
            pass
        return 0


@pytest.mark.hosting
def test_read_the_docs_builds_the_site(tmp_path):
    settings = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))
    version = str(settings["build"]["tools"]["python"])
    python = os.environ.get("HOSTING_PYTHON") or shutil.which(f"python{version}")
    if not python:
        pytest.skip(f"there is no python{version} in PATH; name one in HOSTING_PYTHON")
    print_version = "import sys; print('%d.%d' % sys.version_info[:2])"
    assert subprocess.check_output([python, "-c", print_version], text=True).strip() == version
    if not Path("/proc/self/smaps_rollup").exists():
        pytest.skip("memory is measured on Linux only")

    # What a clone would have if everything here were committed.
    checkout, environment, home = tmp_path / "checkout", tmp_path / "env", tmp_path / "home"
    home.mkdir()
    names = subprocess.check_output(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True
    )
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    commit = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip()

    output = checkout / "_readthedocs"
    variables = {
        "READTHEDOCS": "True",
        "READTHEDOCS_CANONICAL_URL": URL,
        "READTHEDOCS_GIT_CLONE_URL": "https://example.org/multiprocessing-by-example.git",
        "READTHEDOCS_GIT_COMMIT_HASH": commit,
        "READTHEDOCS_GIT_IDENTIFIER": "main",
        "READTHEDOCS_LANGUAGE": "en",
        "READTHEDOCS_OUTPUT": f"{output}/",
        "READTHEDOCS_PRODUCTION_DOMAIN": "readthedocs.org",
        "READTHEDOCS_PROJECT": "multiprocessing-by-example",
        "READTHEDOCS_REPOSITORY_PATH": str(checkout),
        "READTHEDOCS_VERSION": "stable",
        "READTHEDOCS_VERSION_NAME": "stable",
        "READTHEDOCS_VERSION_TYPE": "tag",
        "READTHEDOCS_VIRTUALENV_PATH": str(environment),
        "NO_COLOR": "1",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": f"{environment}/bin:/usr/local/bin:/usr/bin:/bin",
    }
    # How this machine reaches a package index is no matter of the host.
    network = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "SSL_")) or name.lower().endswith("_proxy")
    }

    def run(command, folder=checkout):
        began = time.monotonic()
        result = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=network | variables,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        print(f"{time.monotonic() - began:6.1f} s  {command}")
        assert result.returncode == 0, result.stdout[-10_000:]

    jobs = settings["build"].get("jobs", {})
    builds = jobs.get("build", {})
    meter = Meter(f"READTHEDOCS_OUTPUT={output}/")
    meter.start()
    began = time.monotonic()
    for step in ("post_checkout", "pre_create_environment"):
        for command in jobs.get(step, []):
            run(command)
    run(f"'{python}' -m venv $READTHEDOCS_VIRTUALENV_PATH")
    for step in ("post_create_environment", "pre_install", "install", "post_install", "pre_build"):
        for command in jobs.get(step, []):
            run(command)
    folder = (checkout / settings["sphinx"]["configuration"]).parent
    formats = ["html", *settings.get("formats", [])]
    for name in formats:
        strict = "-W --keep-going " if settings["sphinx"]["fail_on_warning"] else ""
        arguments = f"-T {strict}-b {BUILDERS.get(name)} -d _build/doctrees -D language=en . $READTHEDOCS_OUTPUT/{name}"
        for command in builds.get(name, []):
            run(command)
        if name not in builds:
            assert name in BUILDERS, f"this test does not know how Read the Docs builds {name}"
            run(f"$READTHEDOCS_VIRTUALENV_PATH/bin/python -m sphinx {arguments}", folder)
    for command in jobs.get("post_build", []):
        run(command)
    seconds = time.monotonic() - began
    meter.ended.set()
    meter.join()
    print(f"{seconds:.0f} s of {SECONDS}, {meter.peak / 2**30:.2f} GiB of {BYTES / 2**30:.0f}")

    pages = {
        path.relative_to(output / "html").as_posix(): path.read_text(encoding="utf-8")
        for path in (output / "html").rglob("*.html")
    }
    assert {
        "index.html",
        "404.html",
        "reference/errors.html",
        "gallery/pools/killed_worker.html",
    } <= set(pages)
    for name in ("index.html", "reference/errors.html", "gallery/pools/killed_worker.html"):
        assert f'<link rel="canonical" href="{URL}{name}"' in pages[name]
        assert '<details class="site-versions" hidden>' in pages[name]
    # What Read the Docs adds to each page compiles code, which a policy would forbid.
    assert not [name for name, page in pages.items() if "Content-Security-Policy" in page]
    assert 'href="/en/stable/_static/' in pages["404.html"]
    assert f"{URL}sitemap.xml" in (output / "html/robots.txt").read_text(encoding="utf-8")
    for name in formats[1:]:
        made = [
            path
            for path in (output / name).iterdir()
            if path.suffix == {"htmlzip": ".zip"}.get(name, f".{name}")
        ]
        if name in builds or name != "htmlzip":  # the host itself makes one file of singlehtml's
            assert len(made) == 1, (
                f"{name}: there must be one file, not {[path.name for path in made]}"
            )
    assert seconds < ROOM * SECONDS
    assert meter.peak < ROOM * BYTES


PREVIEW = {"READTHEDOCS_VERSION_TYPE": "external"}
ANY_VERSION = {"READTHEDOCS_VERSION_TYPE": "branch"}


@pytest.mark.parametrize(
    ("changed", "variables", "status"),
    [
        ("docs/index.md", PREVIEW, 0),
        ("examples/a/b.py", PREVIEW, 0),
        ("src/process_gallery/model.py", PREVIEW, 0),
        ("CHANGELOG.md", PREVIEW, 0),
        ("tests/test_a.py", PREVIEW, 183),
        (".github/workflows/ci.yml", PREVIEW, 183),
        ("tests/test_a.py", ANY_VERSION, 0),
    ],
)
def test_read_the_docs_builds_no_preview_of_what_is_not_on_the_site(
    tmp_path, changed, variables, status
):
    """183 cancels a build: https://docs.readthedocs.com/platform/stable/guides/build/skip-build.html"""
    settings = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))
    (command,) = settings["build"]["jobs"]["post_checkout"]
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]

    def git(*arguments):
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True)

    def commit(text):
        path = tmp_path / changed
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", text)

    git("init", "-q", "-b", "main")
    commit("before")
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    commit("after")
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=os.environ | variables)
    assert done.returncode == status


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_what_exists(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    targets = set(
        re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= (20 if path.name == "ci.yml" else 60)
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"\S+@[0-9a-f]{40}", step["uses"]), (
                    f"{step['uses']} is not pinned"
                )
            for target in re.findall(r"^make ([a-z-]+)", step.get("run", ""), re.MULTILINE):
                assert target in targets
            for script in re.findall(r"^bash (\S+)", step.get("run", ""), re.MULTILINE):
                assert (ROOT / script).is_file()


def jobs_of(name):
    return yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))["jobs"]


@pytest.mark.parametrize("name", jobs_of("ci"))
def test_a_check_of_a_pull_request_that_fails_says_what_does_the_same_elsewhere(name):
    *steps, last = jobs_of("ci")[name]["steps"]
    assert last["if"] == "failure()"
    assert last["run"].startswith('echo "::error title=What to do::')
    said = set(re.findall(r"make ([a-z-]+)", last["run"]))
    run = {step["run"].removeprefix("make ") for step in steps if "run" in step}
    assert run
    assert run <= said, f"the last step of {name} does not say make {', '.join(run - said)}"


def test_only_what_was_tried_on_each_python_is_published_and_only_by_a_tag():
    jobs = jobs_of("release")
    publish = jobs["publish"]
    assert publish["needs"] == ["build", "try"]
    assert publish["environment"] == "pypi"
    assert "github.ref_type == 'tag'" in publish["if"]
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["publish"]
    assert (
        jobs["try"]["strategy"]["matrix"]["python"]
        == jobs_of("ci")["test"]["strategy"]["matrix"]["python"]
    )


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name
)
def test_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    for field in form.get("body", []):
        assert field["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        assert field["type"] == "markdown" or field["id"]


@pytest.mark.parametrize(
    "name", ["README.md", "CONTRIBUTING.md", ".github/pull_request_template.md"]
)
def test_what_the_host_shows_links_to_what_exists(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https:)([^)\s]+)\)", text) + re.findall(
        r'(?:src|srcset)="([^"]+)"', text
    )
    for link in links:
        path, _, anchor = link.partition("#")
        path = path or name
        assert ((ROOT / name).parent / path).exists() or path == name, f"{name} links to {link}"
        if anchor:
            headings = re.findall(
                r"^#+ (.*)$", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE
            )
            slugs = [
                re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
            ]
            assert anchor in slugs, f"{name} links to {link}"
    targets = re.findall(
        r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
    )
    for target in re.findall(r"(?:^\$ |`|=\S+ )make (?:-s )?([a-z][a-z-]*)", text, re.MULTILINE):
        assert target in targets, f"{name} says make {target}"
