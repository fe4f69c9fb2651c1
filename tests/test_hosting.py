"""What the project's hosts are told to do: the paths and commands of .readthedocs.yaml and of the workflows exist."""

from __future__ import annotations

import re
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
    commands = [command for step in settings["build"]["jobs"].values() for command in step]
    files = [file for command in commands for file in re.findall(r"-r (\S+)", command)]
    assert files
    for file in files:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert re.search(r"^sphinx==", text, re.MULTILINE)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_what_exists(path):
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 60
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"\S+@[0-9a-f]{40}", step["uses"]), f"{step['uses']} is not pinned"
            for target in re.findall(r"^make ([a-z]+)", step.get("run", ""), re.MULTILINE):
                assert target in targets
            for script in re.findall(r"^bash (\S+)", step.get("run", ""), re.MULTILINE):
                assert (ROOT / script).is_file()


@pytest.mark.parametrize("path", sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name)
def test_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    for field in form.get("body", []):
        assert field["type"] in {"markdown", "input", "textarea", "dropdown", "checkboxes"}
        assert field["type"] == "markdown" or field["id"]
