"""Recording with what every platform has. These tests run on Linux, macOS and Windows; on Linux it is forced on."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import pytest

from process_gallery.cli import main
from process_gallery.errors import RecorderError
from process_gallery.model import Record
from process_gallery.recording import portable, request
from process_gallery.recording.job import Job
from process_gallery.recording.recorder import record, record_all
from process_gallery.script import read_script

psutil = pytest.importorskip("psutil", reason="psutil is not installed")

CHILDREN = '''"""Title
=====
"""

import multiprocessing, os, subprocess, sys

def work(number):
    print("print", number)
    sys.stderr.write(f"stderr {number}\\n")
    os.write(1, b"raw %d\\n" % number)
    subprocess.run([sys.executable, "-c", f"print('program {number}')"])
    sys.exit(number)

# %%
# Words.

if __name__ == "__main__":
    print("first cell")

# %%

if __name__ == "__main__":
    context = multiprocessing.get_context("METHOD")
    children = [context.Process(target=work, args=(number,)) for number in (3, 4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print([child.exitcode for child in children])

# %%

if __name__ == "__main__":
    print("last cell ü")
'''
HANGS = """
import multiprocessing, time

def waits_long():
    time.sleep(600)

if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=waits_long)
    process.start()
    print("begun", flush=True)
    process.join()
"""


@pytest.fixture
def run(tmp_path):
    def run(source, **options):
        path = tmp_path / "example.py"
        path.write_text(source, encoding="utf-8")
        [(_, result)] = record_all([Job(read_script(path), portable=True, **options)])
        if isinstance(result, RecorderError):
            raise result
        assert Record.from_json(result.to_json()) == result
        assert not result.named
        assert {piece.process for piece in result.pieces()} <= {None}
        return result

    return run


def lines(result, cell):
    return "".join(piece.text for piece in result.cells[cell].output).split("\n")[:-1]


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_cells_and_processes_are_as_elsewhere(run, method):
    result = run(CHILDREN.replace("METHOD", method))
    assert result.outcome == "ok", result.text()
    assert [lines(result, cell) for cell in (0, 1, 3)] == [[], ["first cell"], ["last cell ü"]]
    words = ("print", "stderr", "raw", "program")
    assert sorted(lines(result, 2)) == sorted(
        ["[3, 4]", *(f"{word} {number}" for word in words for number in (3, 4))]
    )
    prefix = {"fork": "Fork", "spawn": "Spawn", "forkserver": "ForkServer"}[method]
    for count, number in enumerate((3, 4), 1):
        [child] = [
            process for process in result.processes if process.name == f"{prefix}Process-{count}"
        ]
        assert (child.how, child.exit_code, child.asked_by) == (method, number, 0)
        assert 0 < child.asked <= child.start < child.end <= result.duration
        assert [process.how for process in result.processes if process.parent == child.id] == [
            "exec"
        ]
    assert result.processes[0].end == pytest.approx(result.duration, abs=0.001)
    assert result.left_behind == []


@pytest.mark.parametrize(
    ("source", "outcome", "code"),
    [
        ("raise ValueError('a')\n", "exception ValueError", 1),
        ("import sys\nsys.exit(3)\n", "exit 3", 3),
        ("import os\nos._exit(4)\n", "exit 4", 4),
        ("def f(:\n", "exception SyntaxError", 1),
    ],
)
def test_outcomes(run, source, outcome, code):
    result = run(source)
    assert (result.outcome, result.exit_code) == (outcome, code)


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_signal(run):
    result = run("import os, signal\nprint('a')\nos.kill(os.getpid(), signal.SIGKILL)\n")
    assert (result.outcome, result.exit_code, result.text()) == ("signal SIGKILL", None, "a\n")


@pytest.mark.parametrize("signals", [True, False])
def test_stacks_of_what_hangs(run, monkeypatch, signals):
    if signals and os.name != "posix":
        pytest.skip("no signal can have a process write its stacks here")
    monkeypatch.setattr(portable, "SIGNALS", signals)
    result = run(HANGS, timeout=6.0)  # time enough to start on a busy machine
    assert (result.outcome, result.exit_code, result.text()) == ("timeout", None, "begun\n")
    [child] = [process for process in result.processes if process.name == "SpawnProcess-1"]
    assert child.stuck
    assert 'File "example.py", line 5 in waits_long' in child.stack
    assert result.processes[0].stuck
    assert 'File "example.py", line 11 in <module>' in result.processes[0].stack
    assert "cell_runner" not in result.processes[0].stack
    assert result.processes[0].end == child.end == result.duration, (
        "each ends when its time was over"
    )
    assert not any(
        psutil.pid_exists(process.pid) and alive(process.pid) for process in result.processes
    )


@pytest.mark.skipif(os.name != "posix", reason="there is no forkserver")
def test_a_helper_that_hangs_and_a_child_whose_output_goes_elsewhere(run):
    if portable.STACK_SIGNAL is None:
        pytest.skip("no signal has a helper write its stack here, and live on")
    result = run(
        "import multiprocessing, subprocess, sys, time\n\ndef hangs():\n    time.sleep(600)\n\n"
        "if 'forkserver' in ' '.join(sys.orig_argv):\n    hangs()\n\nif __name__ == '__main__':\n"
        "    subprocess.Popen([sys.executable, '-c', 'import time\\ntime.sleep(600)'], stderr=subprocess.DEVNULL)\n"
        "    child = multiprocessing.get_context('forkserver').Process(target=print, name='Child')\n    child.start()\n    child.join()\n",
        timeout=4.0,
    )
    assert result.outcome == "timeout"
    assert result.text() == ""
    stacks = {process.name: process.stack for process in result.processes if process.stuck}
    assert 'File "<string>", line 2 in <module>' in stacks["python -c"]
    [hung] = [name for name, stack in stacks.items() if "in hangs" in stack]
    assert hung in ("Child", "forkserver")


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_a_child_that_is_ended_at_once_has_its_name(run, method):
    result = run(
        "import multiprocessing, time\nif __name__ == '__main__':\n    for number in range(3):\n"
        f"        child = multiprocessing.get_context('{method}').Process(target=time.sleep, args=(60,), name=f'n{{number}}')\n"
        "        child.start()\n        child.kill()\n        child.join()\n        print(child.name, child.pid)\n"
    )
    by_pid = {process.pid: process for process in result.processes}
    for number, line in enumerate(lines(result, 0)):
        child = by_pid[int(line.split()[1])]
        assert (child.name, child.how, child.asked_by) == (f"n{number}", method, 0)


def test_a_quoted_crash_report_is_output(run):
    result = run(
        "import os, subprocess, sys\ncrash = [sys.executable, '-c', 'import os; os.abort()']\n"
        "print('Fatal Python error: Aborted\\n\\nCurrent thread 0x1 (most recent call first):')\n"
        "print(subprocess.run(crash, capture_output=True).stderr)\n# %%\nprint('next')\nsys.stdout.flush()\nos.abort()\n"
    )
    quoted = "Fatal Python error: Aborted\n\nCurrent thread 0x1 (most recent call first):\n"
    assert "".join(piece.text for piece in result.cells[0].output) == quoted + "b''\n"
    assert lines(result, 1) == ["next"]
    if os.name == "posix":
        assert result.outcome == "signal SIGABRT"
    assert "line 8 in <module>" in result.processes[0].stack


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_is_left_behind_is_named_and_killed(run):
    result = run(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\nprint('ends')\n"
    )
    assert (result.outcome, result.text()) == ("ok", "ends\n")
    [left] = [result.processes[index] for index in result.left_behind]
    assert left.name.startswith("python")
    assert not alive(left.pid)


@pytest.mark.skipif(os.name != "posix", reason="there is no fork")
def test_an_orphan_that_was_seen_with_its_parent_is_found(run):
    result = run(
        "import os, subprocess, sys, time\n"
        "code = 'import os, time; os.setsid(); os.fork() or time.sleep(600); time.sleep(0.6)'\n"
        "subprocess.Popen([sys.executable, '-c', code], env={})\ntime.sleep(1)\n"
    )
    assert len(result.left_behind) == 1
    assert not alive(result.processes[result.left_behind[0]].pid)


def test_lines_end_as_on_a_console(run, monkeypatch):
    monkeypatch.setattr(portable, "NEWLINE", b"\r\n")
    pause = "sys.stdout.flush(); time.sleep(0.05); "
    code = f"import sys, time; w = sys.stdout.buffer.write; w(b'a\\r'); {pause}w(b'\\nb\\r'); {pause}w(b'c\\r\\n'); {pause}w(b'd\\r')"
    assert run(f"{code}\n").text() == "a\nb\rc\nd\r"


def test_helpers_are_known_where_there_is_no_proc(run, tmp_path, monkeypatch):
    ours = (request.HOOKS / "sitecustomize.py").read_text(encoding="utf-8")
    (tmp_path / "hooks").mkdir()
    (tmp_path / "hooks" / "sitecustomize.py").write_text(
        ours.replace("/proc/self", "/not/there"), encoding="utf-8"
    )
    monkeypatch.setattr(request, "HOOKS", tmp_path / "hooks")
    result = run(
        "import multiprocessing, time\nif __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n    lock = context.Lock()\n"
        "    child = context.Process(target=time.sleep, args=(0.5,))\n    child.start()\n    child.join()\n"
    )
    names = {process.name for process in result.processes}
    assert names == {"MainProcess", "SpawnProcess-1"} | (
        {"resource_tracker"} if os.name == "posix" else set()
    )


@pytest.mark.skipif(os.name != "posix", reason="there is no resource tracker")
def test_what_the_resource_tracker_says_of_the_killed_is_not_the_examples(run):
    result = run(
        "import multiprocessing, os, time\nif __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n    lock = context.Lock()\n"
        "    context.Process(target=time.sleep, args=(600,)).start()\n    print('ends', flush=True)\n    os._exit(0)\n"
    )
    assert [result.processes[index].name for index in result.left_behind] == ["SpawnProcess-1"]
    assert result.text() == "ends\n"


def test_an_exit_code_of_windows(watch):
    account = watch.account
    main, child, killed = (account.add_process(number) for number in (1, 2, 3))
    account.main = main
    for line in (b"code\t1\t0\t1\t2\t7", b"code\t1\t0\t1\t2\t0", b"code\t1\t0\t1\t3\t65536"):
        report = account.read_report(line)
        account.take_report(report, [main])
    assert (child.exit_code, child.signal) == (7, None), "the first that is known"
    assert (killed.exit_code, killed.signal) == (None, 15)


def test_it_can_be_asked_for(tmp_path, capsys):
    path = tmp_path / "example.py"
    path.write_text("print('hello')\n")
    assert main(["record", str(path), "--portable"]) == 0
    assert "\n  hello\n" in capsys.readouterr().out, "no name in front"
    assert not record(path, portable=True).named


def test_an_error_is_reported_whole(run):
    assert run("raise ValueError('a\\rb')\n").error == "ValueError: a\rb"


def test_a_time_limit_holds_though_more_is_written_than_can_be_read(run, monkeypatch):
    store = portable.Account.store
    monkeypatch.setattr(
        portable.Account, "store", lambda *arguments: (time.sleep(0.004), store(*arguments))
    )
    began = time.monotonic()
    assert (
        run("import os\nwhile True:\n    os.write(1, bytes(1 << 16))\n", timeout=1.0).outcome
        == "timeout"
    )
    assert time.monotonic() - began < 60  # without the limit it goes on for ever


@pytest.mark.parametrize(
    "error", [PermissionError(13, "no"), OSError(5, "what psutil does not know")]
)
@pytest.mark.parametrize("asked", ["cmdline", "exe", "environ", "status", "ppid"])
def test_what_the_system_does_not_tell(run, monkeypatch, asked, error):
    def refuse(self):
        if self.pid in own:
            return whole(self)
        raise error

    own, whole = {os.getpid()}, getattr(psutil.Process, asked)
    monkeypatch.setattr(psutil.Process, asked, refuse)
    result = run(
        "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import time; time.sleep(0.3); print(1)'])\n"
    )
    assert (result.outcome, result.text()) == ("ok", "1\n")


def test_an_interpreter_that_does_not_start(run, monkeypatch):
    def refuse(*arguments, **options):
        raise OSError(8, "not a program")

    run("print(1)\n")  # looks at the interpreter
    before = set(threading.enumerate())
    monkeypatch.setattr(portable.subprocess, "Popen", refuse)
    with pytest.raises(RecorderError, match="cannot be run.*not a program"):
        run("print(1)\n")
    for thread in set(threading.enumerate()) - before:
        thread.join(5)
        assert not thread.is_alive()


@pytest.fixture
def watch(tmp_path):
    (tmp_path / "watched.py").write_text("")
    job = Job(read_script(tmp_path / "watched.py"), portable=True)
    asked = request.PreparedJob(job).request()
    watch = portable.PortableWatcher(asked, threading.Event())
    watch.began_at = time.time()
    os.rmdir(os.path.dirname(asked.events))
    return watch


@pytest.fixture
def stranger():
    """A process that is none of the example's, and its child."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'input()'])"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        there = psutil.Process(process.pid)
        while not there.children():
            time.sleep(0.01)
        yield there, there.children()[0]
        process.communicate(b"\n")


def test_a_pid_that_is_used_again_makes_no_strangers_ours(watch, stranger):
    parent, child = stranger
    watch.account.add_process(parent.pid, "exec", "ended long ago").end = 0.0
    assert not watch.is_ours(child)


def test_an_orphan_keeps_the_pid_of_its_parent_on_windows(watch, stranger, monkeypatch):
    parent, child = stranger
    monkeypatch.setattr(
        psutil.Process, "parent", lambda self: None
    )  # as psutil says where it has ended
    ended = watch.account.add_process(parent.pid, "exec")
    ended.end = child.create_time() - watch.began_at + 1
    assert watch.is_ours(child)
    ended.end = child.create_time() - watch.began_at - 1
    assert not watch.is_ours(child)


def test_a_process_that_ends_while_it_is_looked_at_is_noted_once(watch, stranger, monkeypatch):
    def gone(self):
        raise psutil.NoSuchProcess(self.pid)

    _, child = stranger
    watch.is_ours = lambda process: True
    monkeypatch.setattr(psutil.Process, "ppid", gone)
    watch.find(child.pid)
    assert [process.pid for process in watch.account.processes] == [child.pid]


@pytest.mark.skipif(os.name != "posix", reason="there is no fork")
def test_what_escapes_holds_nothing_of_the_build_once_it_has_ended(run):
    before = set(threading.enumerate())
    code = "import os, time\nif os.fork(): os._exit(0)\nos.setsid()\ntime.sleep(3)\nfor _ in range(200): os.write(1, bytes(1 << 16))"
    run(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {code!r}], env={{}})\n")
    [reader] = set(threading.enumerate()) - before
    reader.join(20)
    assert not reader.is_alive()


def test_examples_run_at_once_and_alone(tmp_path):
    jobs = []
    for index in range(4):
        path = tmp_path / f"e{index}.py"
        alone = "# sphinx_gallery_parallel = False\n" if index in (0, 2) else ""
        path.write_text(
            f"{alone}import time\nstart = time.monotonic()\ntime.sleep(0.5)\nprint(start, time.monotonic())\n"
        )
        jobs.append(Job(read_script(path), portable=True))
    spans = {
        job.script.path.stem: tuple(map(float, result.text().split()))
        for job, result in record_all(jobs, at_once=3)
    }

    def overlap(one, other):
        return spans[one][0] < spans[other][1] and spans[other][0] < spans[one][1]

    assert overlap("e1", "e3")
    assert not any(
        overlap(alone, other) for alone in ("e0", "e2") for other in spans if other != alone
    )


def test_stopping_early_ends_the_others(tmp_path):
    path = tmp_path / "long.py"
    path.write_text(
        f"import os, time\nopen(os.path.join({str(tmp_path)!r}, f'{{os.getpid()}}.pid'), 'w').close()\ntime.sleep(600)\n"
    )
    quick = tmp_path / "quick.py"
    quick.write_text(
        f"import os, time\nwhile not [n for n in os.listdir({str(tmp_path)!r}) if n.endswith('.pid')]: time.sleep(0.01)\n"
    )
    results = record_all(
        [Job(read_script(path), portable=True), Job(read_script(quick), portable=True)], at_once=2
    )
    job, _ = next(results)
    assert job.script.path == quick
    began = time.monotonic()
    results.close()
    assert time.monotonic() - began < 100  # the other sleeps 600 s
    [pid] = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert not alive(pid)


def test_says_that_it_needs_psutil(tmp_path, monkeypatch):
    path = tmp_path / "x.py"
    path.write_text("print('x')\n")
    monkeypatch.setitem(sys.modules, "process_gallery.recording.portable", None)
    [(_, result)] = record_all([Job(read_script(path), portable=True)])
    assert isinstance(result, RecorderError)
    assert "install it: pip install psutil" in str(result)


def test_a_gallery_is_built(tmp_path):
    pytest.importorskip("sphinx_gallery", reason="sphinx-gallery is not installed")
    (tmp_path / "conf.py").write_text(
        "import functools\nfrom process_gallery.sphinxext import build\n"
        "build.Job = functools.partial(build.Job, portable=True)\nextensions = ['process_gallery']\nprocess_gallery_run_as = 'program'\n"
        "sphinx_gallery_conf = {'examples_dirs': 'examples', 'gallery_dirs': 'gallery'}\nexclude_patterns = ['html', 'examples']\n"
    )
    (tmp_path / "index.rst").write_text("Small\n=====\n\n.. toctree::\n\n   gallery/index\n")
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples" / "GALLERY_HEADER.rst").write_text("Gallery\n=======\n\nAll.\n")
    (tmp_path / "examples" / "children.py").write_text(
        CHILDREN.replace("METHOD", "spawn"), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-n", "-W", ".", "html"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "html" / "gallery" / "children.html").read_text(encoding="utf-8")
    assert "program 3" in page
    assert "SpawnProcess-2" in page, "the timeline names the processes"
