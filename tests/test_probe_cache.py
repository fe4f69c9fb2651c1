"""What interpreters have answered is kept, and used only while all is the same that it depends on."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from process_gallery import interpreters, probe_cache

pytestmark = pytest.mark.skipif(os.name != "posix", reason="nothing is kept there")


class Kept:
    """A Python in a folder of its own, a cache of its own, and how often that Python was started."""

    def __init__(self, folder, monkeypatch):
        self.python = folder / "here" / "bin" / "python"
        self.python.parent.mkdir(parents=True)
        base = os.path.realpath(sys.executable)
        shutil.copy(base, self.python)
        home = Path(sys.base_prefix, "bin")
        self.python.parent.with_name("pyvenv.cfg").write_text(f"home = {home}\n")
        self.cache = folder / "cache"
        monkeypatch.setenv("XDG_CACHE_HOME", str(self.cache))
        self.started = 0
        run = subprocess.run

        def counted(*arguments, **options):
            self.started += 1
            return run(*arguments, **options)

        monkeypatch.setattr(subprocess, "run", counted)
        self.answer = self.ask()
        assert self.started == 1

    def ask(self):
        interpreters.probe.cache_clear()
        return interpreters.probe(str(self.python))

    def is_asked(self):
        """Ask; return whether the interpreter was started. The answer is the same either way."""
        before = self.started
        assert self.ask() == self.answer
        return self.started > before

    @property
    def file(self):
        [file] = (self.cache / "process-gallery").iterdir()
        return file


@pytest.fixture
def kept(tmp_path, monkeypatch):
    return Kept(tmp_path, monkeypatch)


def test_an_interpreter_is_asked_once(kept):
    assert kept.answer.version_info[:2] == sys.version_info[:2]
    assert not kept.is_asked()
    assert not kept.is_asked()


def test_no_one_else_can_write_what_is_kept(kept):
    assert kept.file.stat().st_mode & 0o777 == 0o600
    assert kept.file.parent.stat().st_mode & 0o777 == 0o700


def change_the_executable(kept, monkeypatch):
    os.utime(kept.python, (1, 1))


def replace_the_executable(kept, monkeypatch):
    status = kept.python.stat()
    other = kept.python.with_name("other")
    shutil.copy(kept.python, other)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(kept.python)


def lead_the_link_elsewhere(kept, monkeypatch):
    other = kept.python.with_name("python-other")
    kept.python.rename(other)
    kept.python.symlink_to(other)


def change_the_environment(kept, monkeypatch):
    file = kept.python.parent.with_name("pyvenv.cfg")
    file.write_text(file.read_text() + "include-system-site-packages = true\n")


def load_other_libraries(kept, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", os.environ.get("LD_LIBRARY_PATH", "") + ":/nowhere")


def ask_something_else(kept, monkeypatch):
    monkeypatch.setattr(interpreters, "_QUESTION", interpreters._QUESTION + "# more\n")


def be_another_version(kept, monkeypatch):
    monkeypatch.setattr(probe_cache, "VERSION", "0.0.1")


def be_another_machine(kept, monkeypatch):
    system = list(os.uname())
    monkeypatch.setattr(os, "uname", lambda: os.uname_result([*system[:4], "other"]))


@pytest.mark.parametrize(
    "change",
    [
        change_the_executable,
        replace_the_executable,
        lead_the_link_elsewhere,
        change_the_environment,
        load_other_libraries,
        ask_something_else,
        be_another_version,
        be_another_machine,
    ],
    ids=lambda change: change.__name__,
)
def test_it_is_asked_again_after(change, kept, monkeypatch):
    change(kept, monkeypatch)
    assert kept.is_asked()
    assert not kept.is_asked()


@pytest.mark.parametrize("name", ["RUNNER", "HOOKS"])
def test_it_is_asked_again_when_what_runs_in_examples_changes(name, kept, monkeypatch, tmp_path):
    code = tmp_path / "in_example"
    shutil.copytree(interpreters.RUNNER.parent, code)
    monkeypatch.setattr(interpreters, "RUNNER", code / "cell_runner.py")
    monkeypatch.setattr(interpreters, "HOOKS", code / "site")
    kept.answer = kept.ask()
    assert not kept.is_asked()
    file = interpreters.RUNNER if name == "RUNNER" else interpreters.HOOKS / "sitecustomize.py"
    file.write_text(file.read_text() + "# changed\n")
    assert kept.is_asked()


def test_it_is_asked_again_when_the_runner_is_no_longer_compiled(kept, monkeypatch, tmp_path):
    code = tmp_path / "in_example"
    shutil.copytree(interpreters.RUNNER.parent, code)
    monkeypatch.setattr(interpreters, "RUNNER", code / "cell_runner.py")
    monkeypatch.setattr(interpreters, "HOOKS", code / "site")
    kept.answer = kept.ask()
    assert Path(kept.answer.runner).suffix == ".pyc"
    shutil.rmtree(code / "__pycache__")
    assert kept.is_asked()
    assert Path(kept.answer.runner).is_file()


def other_answer(data, place, value):
    data["answer"][place] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[" * 100_000,
        lambda text: "[]",
        lambda text: "{}",
        lambda text: "7",
        lambda text: '"\\ud800"',
        lambda text: "\0" * 100,
        lambda text: " " * (1 << 20) + text,
        lambda text: json.dumps(json.loads(text) | {"answer": None}),
        lambda text: json.dumps(json.loads(text) | {"answer": []}),
        lambda text: json.dumps(json.loads(text) | {"files": 7}),
        lambda text: json.dumps(json.loads(text) | {"state": []}),
        lambda text: other_answer(json.loads(text), 0, ["3", "15"]),
        lambda text: other_answer(json.loads(text), 1, 7),
        lambda text: other_answer(json.loads(text), 6, "yes"),
        lambda text: other_answer(json.loads(text), 7, [7]),
        lambda text: other_answer(json.loads(text), 8, None),
    ],
)
def test_what_is_damaged_is_ignored_and_renewed(damage, kept):
    kept.file.write_text(damage(kept.file.read_text()))
    assert kept.is_asked()
    assert not kept.is_asked()


def test_bytes_that_are_no_text_are_ignored(kept):
    kept.file.write_bytes(b"\xff\xfe" + kept.file.read_bytes())
    assert kept.is_asked()


def test_what_another_user_has_written_is_ignored(kept, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert kept.is_asked()
    assert kept.is_asked(), "nor is anything written there"


@pytest.mark.parametrize("place", ["file", "folder"])
def test_what_others_may_write_is_ignored(place, kept):
    path = kept.file if place == "file" else kept.file.parent
    path.chmod(0o777)
    assert kept.is_asked()


def test_a_link_is_not_followed(kept, tmp_path):
    kept.file.rename(tmp_path / "elsewhere")
    (kept.cache / "process-gallery" / "x").symlink_to(tmp_path / "elsewhere")
    name = probe_cache._file("", probe_cache.key(str(kept.python), "", [])).strip("/")
    (kept.cache / "process-gallery" / "x").rename(kept.cache / "process-gallery" / name)
    assert kept.is_asked()


def test_a_pipe_is_not_waited_for(kept):
    file = kept.file
    file.unlink()
    os.mkfifo(file, 0o600)
    assert kept.is_asked()


@pytest.mark.parametrize("cache", ["file", "missing", "not absolute"])
def test_where_nothing_can_be_kept_it_is_asked(cache, kept, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    places = {"file": str(tmp_path / "file"), "missing": "/proc/nothing", "not absolute": "cache"}
    monkeypatch.setenv("XDG_CACHE_HOME", places[cache])
    assert kept.is_asked()
    assert kept.is_asked()


def test_a_full_disk_leaves_nothing(kept, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    kept.file.unlink()
    monkeypatch.setattr(probe_cache.json, "dump", full)
    assert kept.is_asked()
    assert list((kept.cache / "process-gallery").iterdir()) == []


def test_the_answer_of_a_script_is_not_kept(kept):
    """Such as pyenv's: which Python it starts depends on the folder, and on its own settings."""
    shim = kept.python.with_name("shim")
    shim.write_text(f'#!/bin/sh\nexec "{kept.python}" "$@"\n')
    shim.chmod(0o755)
    kept.python = shim
    kept.answer = kept.ask()
    assert kept.is_asked()
