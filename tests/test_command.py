"""The command line, run as a reader runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from process_gallery.drawing.text import LAST_LINES, failure, terminal, visible
from process_gallery.model import Record

SRC = Path(__file__).parent.parent / "src"


def command(*arguments, **options):
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    } | {"PYTHONPATH": str(SRC)}
    environment |= options.pop("env", {})
    return subprocess.run(
        [sys.executable, "-m", "process_gallery", *map(str, arguments)],
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=100,
        **options,
    )


@pytest.fixture
def script(tmp_path):
    def write(source, name="example.py"):
        path = tmp_path / name
        path.write_text(source)
        return path

    return write


def test_shows_who_printed_what(script):
    path = script(
        '"""Title\n=====\n"""\n\nimport multiprocessing\n\n# %%\n\nif __name__ == "__main__":\n'
        '    process = multiprocessing.get_context("fork").Process(target=print, args=("from the child",), name="Child")\n'
        '    process.start()\n    process.join()\n    print("from the parent")\n'
    )
    done = command("record", path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(r"^  Child +\| from the child$", done.stdout, re.MULTILINE)
    assert re.search(r"^  MainProcess +\| from the parent$", done.stdout, re.MULTILINE)
    assert re.search(
        r"^  Child +fork, by MainProcess +\d\.\d{3} to \d\.\d{3} s  exit 0$",
        done.stdout,
        re.MULTILINE,
    )
    assert done.stdout.startswith("example.py: ok in ")
    assert "\x1b" not in done.stdout


def test_json_is_utf_8_whatever_the_terminal_has(script):
    path = script("import sys\nsys.stdout.reconfigure(encoding='utf-8')\nprint('\\xfc \\u2603')\n")
    command = [sys.executable, "-m", "process_gallery", "record", path, "--json", "-"]
    for encoding in ("ascii", "cp1252"):
        done = subprocess.run(
            command,
            capture_output=True,
            env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONPATH": str(SRC)},
            timeout=100,
        )
        assert (
            json.loads(done.stdout.decode("utf-8"))["cells"][0]["output"][0]["text"]
            == "\xfc \u2603\n"
        )


def test_never_imports_sphinx(script):
    path = script("print(1)\n")
    code = (
        "import sys\nfrom process_gallery.cli import main\n"
        f"code = main(['record', {str(path)!r}])\nassert code == 0\n"
        "found = [name for name in sys.modules if name.split('.')[0] in ('sphinx', 'docutils', 'sphinx_gallery')]\nassert not found, found\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_json_of_one_and_of_several(script, tmp_path):
    first, second = (
        script("print('one')\n", "one.py"),
        script("# sphinx_gallery_parallel = False\nprint('two')\n", "two.py"),
    )
    target = tmp_path / "out.json"
    assert command("record", first, "--json", target).returncode == 0
    assert Record.from_json(target.read_text()).text() == "one\n"
    done = command("record", second, first, "--json", "-")
    assert done.returncode == 0
    assert [data["script"] for data in json.loads(done.stdout)] == ["two.py", "one.py"]
    assert "one.py: ok" in done.stderr


def test_other_outcome(script, tmp_path):
    good = script("print('fine')\n", "good.py")
    bad = script(
        "print('before')\n# %%\n\nprint('then')\nraise ValueError('no such thing')\n", "bad.py"
    )
    done = command("record", bad, good, "--json", tmp_path / "all.json")
    assert done.returncode == 1
    assert "bad.py: the outcome is exception ValueError; expected is ok" in done.stderr
    assert "cell 2 of 2 (lines 3 to 5)" in done.stderr
    assert "error: ValueError: no such thing" in done.stderr
    assert f"run it alone: {sys.executable} -m process_gallery record {bad}" in done.stderr
    assert len(json.loads((tmp_path / "all.json").read_text())) == 2, (
        "the other example's record is kept"
    )


def test_timeout_shows_the_stack(script):
    path = script(
        "import time\n\ndef wait_for_ever():\n    time.sleep(600)\n\nprint('waiting')\nwait_for_ever()\n"
    )
    done = command("record", path, "--timeout", "0.7")
    assert done.returncode == 1
    assert "the outcome is timeout after 0.7 s; expected is ok" in done.stderr
    assert "stack of MainProcess, which hung:" in done.stderr
    assert "line 4 in wait_for_ever" in done.stderr
    assert "MainProcess | waiting" in done.stderr


def test_declared_timeout_is_fine(script):
    path = script(
        "# sphinx_gallery_expected_outcome = 'timeout'\n# sphinx_gallery_timeout = 0.5\nimport time\ntime.sleep(600)\n"
    )
    assert command("record", path).returncode == 0


def test_left_behind(script):
    source = "import subprocess\nsubprocess.Popen(['sleep', '600'])\n"
    done = command("record", script(source))
    assert done.returncode == 1
    assert "left sleep behind without declaring it" in done.stderr
    assert 'sphinx_gallery_leaves = ["sleep"]' in done.stderr
    assert (
        command("record", script("# sphinx_gallery_leaves = ['sleep']\n" + source)).returncode == 0
    )


def test_missing_dependency_names_the_remedy(script):
    done = command("record", script("import no_such_module_42.sub\n"))
    assert done.returncode == 1
    assert "remedy: install no_such_module_42 or declare it in sphinx_gallery_needs" in done.stderr


def test_a_script_may_run_beside_its_data(script):
    path = script(
        "import os\nprint(open('data.txt').read())\nopen('written.txt', 'w').close()\nraise ValueError(os.getcwd())\n"
    )
    (path.parent / "data.txt").write_text("data beside it")
    assert "--beside" in command("record", path).stderr
    done = command("record", path, "--beside")
    assert "MainProcess | data beside it" in done.stderr
    assert f"record {path} --beside" in done.stderr
    assert (path.parent / "written.txt").exists()
    assert (path.parent / "data.txt").exists()


def test_starting_processes_without_a_guard_names_the_remedy(script):
    done = command(
        "record",
        script(
            "import multiprocessing as m\np = m.get_context('spawn').Process()\np.start()\np.join()\nexit(p.exitcode)\n"
        ),
    )
    assert done.returncode == 1
    assert 'remedy: put what starts processes under  if __name__ == "__main__":' in done.stderr


def test_memory_limit(script):
    done = command(
        "record", script("data = bytearray(1 << 31)\n"), "--memory", "600", "--json", "-"
    )
    assert done.returncode == 1
    record = Record.from_json(done.stdout)
    assert (record.outcome, record.memory_limit) == ("exception MemoryError", 600)
    assert "of 600 allowed" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere.py"], "nowhere.py: cannot be read: No such file"),
        (["."], "is a folder; name a Python script"),
        (["ok.py", "--python", "no-such-python"], "no-such-python: no such interpreter"),
        (["ok.py", "--python", "true"], "does not answer as a Python does"),
        (["ok.py", "--timeout", "0"], "0 is not a number of seconds greater than 0"),
        (["ok.py", "--timeout", "soon"], "invalid"),
        (["ok.py", "--memory", "-5"], "is not a number of MiB"),
        (["ok.py", "--json", "no/such/folder/x.json"], "its folder does not exist"),
        (["ok.py", "--json", "."], "is a folder"),
        (["bad.py"], "sphinx_gallery_timeout = 'long': write a number of seconds"),
        ([], "required: SCRIPT"),
    ],
)
def test_bad_input_is_one_sentence(tmp_path, arguments, says):
    (tmp_path / "ok.py").write_text("open('/nonexistent/ran', 'w')\n")
    (tmp_path / "bad.py").write_text("# sphinx_gallery_timeout = 'long'\n")
    done = command("record", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == "", "nothing may run when something given is wrong"


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)]
)
def test_ends_everything_when_told_to_end(script, tmp_path, number, code):
    pids = tmp_path / "pids"
    path = script(
        "import os, signal, subprocess, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "other = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"open({str(pids)!r} + '~', 'w').write(f'{{os.getpid()}} {{other.pid}} {{os.environ[\"TMPDIR\"]}}')\n"
        f"os.rename({str(pids)!r} + '~', {str(pids)!r})\ntime.sleep(600)\n"
    )
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    } | {"PYTHONPATH": str(SRC)}
    process = subprocess.Popen(
        [sys.executable, "-m", "process_gallery", "record", str(path), "--timeout", "300"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 60
    while not pids.exists():
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.01)
    main, other, folder = pids.read_text().split()
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in errors
    if number == signal.SIGINT:
        assert "interrupted" in errors
    until = (
        time.monotonic() + 20
    )  # after SIGKILL nobody waits for the supervisor, so look for a while
    gone = [Path(f"/proc/{main}"), Path(f"/proc/{other}"), Path(folder).parent]
    while any(path.exists() for path in gone):
        assert time.monotonic() < until, [path for path in gone if path.exists()]
        time.sleep(0.02)


def test_reader_goes_away(script):
    path = script("for i in range(20000):\n    print('line', i)\n")
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    process = subprocess.Popen(
        [sys.executable, "-m", "process_gallery", "record", str(path)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 1
    assert errors == ""


def test_nothing_in_a_record_commands_the_terminal(script):
    path = script("print('\\x1b]0;title\\x07\\x1b[2J done\\rover')\n")
    done = command("record", path)
    assert "\x1b" not in done.stdout
    assert "MainProcess | overe\n" in done.stdout, "as a terminal shows it"


def test_colours_only_where_asked(script):
    from process_gallery import record

    result = record(script("print('x')\n"))
    assert "\x1b[36mMainProcess\x1b[0m | x" in terminal(result, colour=True)
    assert "\x1b" not in terminal(result)


def test_no_color_and_terminal(script):
    """On a pseudo terminal there are colours, unless NO_COLOR is set."""
    import pty

    path = script("print('x')\n")
    shown = {}
    for no_color in ("", "1"):
        leader, follower = pty.openpty()
        environment = {**os.environ, "PYTHONPATH": str(SRC), "NO_COLOR": no_color}
        process = subprocess.Popen(
            [sys.executable, "-m", "process_gallery", "record", str(path)],
            env=environment,
            stdout=follower,
        )
        os.close(follower)
        data = b""
        while True:
            try:
                data += os.read(leader, 1 << 16)
            except OSError:  # the other end is closed
                break
        os.close(leader)
        assert process.wait(60) == 0
        shown[no_color] = data
    assert b"\x1b[36mMainProcess" in shown[""]
    assert b"\x1b" not in shown["1"]


def test_failure_report_is_bounded(script):
    from process_gallery import record

    path = script("for i in range(5000):\n    print('line', i)\nraise SystemExit(3)\n")
    text = failure(record(path), path)
    assert "the outcome is exit 3; expected is ok" in text
    assert f"... {5000 - LAST_LINES} lines before these" in text or "bytes left out" in text
    assert "| line 4999" in text
    assert len(text.splitlines()) < LAST_LINES + 20


def test_failure_is_none_when_all_is_as_declared(script):
    from process_gallery import record

    path = script("# sphinx_gallery_expected_outcome = 'exit 3'\nraise SystemExit(3)\n")
    assert failure(record(path), path) is None


def test_visible():
    assert visible("tab\tstays, \u202e does not") == "tab\tstays, \\u202e does not"


def test_modules_of_the_current_folder_do_not_take_the_place_of_the_librarys(script):
    path = script("print('hello')\n")
    for name in ("random", "json", "subprocess", "signal", "selectors"):
        (path.parent / f"{name}.py").write_text("raise SystemExit('taken for the library')\n")
    done = subprocess.run(
        [sys.executable, "-m", "process_gallery", "record", path.name],
        cwd=path.parent, env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert "| hello" in done.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a shell of POSIX")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_does_not_stop_the_recorder(script, closed, tmp_path):
    path = script("print('hello')\n")
    target = tmp_path / "record.json"
    done = subprocess.run(
        ["sh", "-c", f'exec "$0" -m process_gallery record "$1" --json "$2" {closed}', sys.executable, path, target],
        env={**os.environ, "PYTHONPATH": str(SRC)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "hello" in target.read_text(encoding="utf-8")
