"""What the recorder says happened, on this interpreter or, with --pythons=all, on one of every minor version from 3.11."""

import dataclasses
import os
import re
import sys
import threading
import time
from pathlib import Path

import pytest

from process_gallery.drawing.text import failure, terminal
from process_gallery.errors import InterpreterError, RecorderError
from process_gallery.interpreters import find_pythons, probe
from process_gallery.model import Record
from process_gallery.recording.assemble import python_stack
from process_gallery.recording.job import Job
from process_gallery.recording.recorder import record, record_all
from process_gallery.recording.request import environment
from process_gallery.script import read_script

HANGS = 6.0
"""Seconds until a script that hangs is ended: time enough to start its processes on a busy machine."""
SLACK = 10.0
"""Seconds that a busy machine may take on top of what is promised (timeout + 2 s)."""

each_method = pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])


@pytest.fixture
def run(tmp_path):
    def run(source, *, python=sys.executable, **options):
        path = tmp_path / "example.py"
        path.write_bytes(source if isinstance(source, bytes) else source.encode())
        [(_, result)] = record_all([Job(read_script(path), python=python, **options)])
        if isinstance(result, RecorderError):
            raise result
        assert Record.from_json(result.to_json()) == result
        assert result.processes[0].how == "main"
        return result

    return run


def lines(result, cell=None):
    """Return (name of the process, line) of the record, or of one cell."""
    found = []
    for piece in result.cells[cell].output if cell is not None else result.pieces():
        found += [
            (None if piece.process is None else result.processes[piece.process].name, line)
            for line in piece.text.splitlines()
        ]
    return found


def named(result, name):
    [process] = [process for process in result.processes if process.name == name]
    return process


METHODS = '''"""Title
=====
"""

import multiprocessing, os, subprocess, sys

def work(number):
    print("print", number)
    sys.stderr.write(f"stderr {number}\\n")
    os.write(1, b"raw %d\\n" % number)
    subprocess.run(["sh", "-c", f"echo shell {number}"])
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
    print("last cell")
'''


@each_method
def test_each_line_is_in_its_cell_under_its_process(run, python, method):
    result = run(METHODS.replace("METHOD", method), python=python)
    assert result.outcome == "ok"
    prefix = {"fork": "Fork", "spawn": "Spawn", "forkserver": "ForkServer"}[method]
    assert lines(result, 0) == []
    assert lines(result, 1) == [("MainProcess", "first cell")]
    assert lines(result, 3) == [("MainProcess", "last cell")]
    printed = lines(result, 2)
    assert printed[-1] == ("MainProcess", "[3, 4]")
    for count, number in enumerate((3, 4), 1):
        child = named(result, f"{prefix}Process-{count}")
        assert [line for name, line in printed if name == child.name] == [
            f"print {number}",
            f"stderr {number}",
            f"raw {number}",
        ]
        shell = [process for process in result.processes if process.parent == child.id]
        assert [(process.name, process.how, process.exit_code) for process in shell] == [
            ("sh -c", "exec", 0)
        ] or [(process.name, process.how, process.exit_code) for process in shell] == [
            ("sh", "exec", 0)
        ]
        assert (shell[0].name, f"shell {number}") in printed
        assert (child.how, child.exit_code, child.signal, child.asked_by) == (
            method,
            number,
            None,
            0,
        )
        assert 0 < child.asked <= child.start < child.end <= result.duration
        parent = result.processes[child.parent]
        assert parent.name == ("forkserver" if method == "forkserver" else "MainProcess")
    assert sum(len(cell.output) for cell in result.cells) == len(list(result.pieces()))
    assert result.left_behind == []
    assert result.interpreter.version == probe(python).interpreter.version


@pytest.mark.skipif(sys.platform != "linux", reason="stops the supervisor")
def test_a_child_that_ended_before_the_script_did_so_in_the_record_however_late_it_is_seen(run):
    """On a busy machine the supervisor may get no turn until both have ended."""
    result = run(
        "import multiprocessing, os, signal, subprocess\n\ndef work():\n    pass\n\n"
        "if __name__ == '__main__':\n    supervisor = os.getppid()\n"
        "    wake = subprocess.Popen(['sh', '-c', f'read word; sleep 0.2; kill -CONT {supervisor}'], stdin=subprocess.PIPE)\n"
        "    os.kill(supervisor, signal.SIGSTOP)\n"
        "    child = multiprocessing.get_context('fork').Process(target=work)\n"
        "    child.start()\n    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)\n"
        "    wake.stdin.write(b'now\\n')\n    wake.stdin.flush()\n    os._exit(0)\n"
    )
    assert result.outcome == "ok"
    child = named(result, "ForkProcess-1")
    assert (child.exit_code, child.how) == (0, "fork")
    assert 0 < child.asked <= child.start <= child.end <= result.duration


@each_method
def test_pool_workers_have_their_names(run, python, method):
    result = run(
        "import multiprocessing, os\n\ndef work(number):\n    print('work', number)\n    return number\n\n"
        f"if __name__ == '__main__':\n    with multiprocessing.get_context('{method}').Pool(2) as pool:\n"
        "        print(pool.map(work, range(6), chunksize=1))\n        pool.close()\n        pool.join()\n",
        python=python,
    )
    assert result.outcome == "ok"
    prefix = {"fork": "Fork", "spawn": "Spawn", "forkserver": "ForkServer"}[method]
    workers = {f"{prefix}PoolWorker-1", f"{prefix}PoolWorker-2"}
    assert workers <= {process.name for process in result.processes}
    printed = lines(result)
    assert printed[-1] == ("MainProcess", "[0, 1, 2, 3, 4, 5]")
    assert sorted(line for name, line in printed if name in workers) == [
        f"work {number}" for number in range(6)
    ]


def test_os_fork(run, python):
    result = run(
        "import os, time\nprint('before')\npid = os.fork()\nif pid == 0:\n    print('child')\n    os._exit(7)\nos.waitpid(pid, 0)\nprint('after')\n",
        python=python,
    )
    assert lines(result) == [
        ("MainProcess", "before"),
        ("fork of MainProcess", "child"),
        ("MainProcess", "after"),
    ]
    assert len(result.processes) == 2, result.processes
    child = result.processes[1]
    assert (child.how, child.exit_code, child.parent) == ("fork", 7, 0)


def first_difference(result, program):
    return [pair for pair in zip(result, program, strict=False) if pair[0] != pair[1]]


LOOK = """import sys, os
main = sys.modules["__main__"]
for name in sorted(vars(main)):
    if name not in ("name", "main"):
        print(name, type(vars(main)[name]).__name__)
print(__name__, os.path.basename(__file__), __spec__, __doc__, __package__, __loader__.path == __file__)
print([os.path.basename(word) for word in sys.argv], sys.path[0] == os.path.dirname(os.path.abspath(__file__)))
print([os.path.basename(word) for word in sys.orig_argv])
import threading
print(threading.active_count(), threading.current_thread() is threading.main_thread())
print(sys.stdin.read(), sys.stdin.isatty(), sys.flags)
print([name for name in sorted(os.environ) if name.startswith("PYTHON") and name not in KNOWN])
print(sorted(fd for fd in map(int, os.listdir("/proc/self/fd")) if 2 < fd < 1000))
print(os.popen("ls /proc/self/fd").read().split()[3:])
print(sorted(set(sys.modules) - {"sitecustomize", "usercustomize", "apport_python_hook"}))
"""


def test_the_example_sees_what_a_reader_sees(run, python, tmp_path):
    """The same script, recorded and run plainly: same globals, argv, path, threads, descriptors and modules."""
    import subprocess

    source = '"doc"\n' + LOOK.replace("KNOWN", "('PYTHONPATH',)")
    result = run(source, python=python)
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    plain = subprocess.run(
        [python, tmp_path / "example.py"], stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdout=subprocess.PIPE, check=True, text=True, timeout=60,
        env=clean,
    ).stdout  # fmt: skip
    assert result.outcome == "ok", result.text()
    assert result.text().splitlines() == plain.splitlines()


def test_the_innocent_print_still_deadlocks(run, python):
    """A print beside a fork: the child inherits the locked buffer. What spoils buffering hides it."""
    result = run(
        "import os, threading, sys\n"
        "def chatter():\n    while True:\n        print('x' * 50)\n"
        "threading.Thread(target=chatter, daemon=True).start()\n"
        "for _ in range(300):\n    pid = os.fork()\n    if pid == 0:\n        print('child', flush=True)\n        os._exit(0)\n    os.waitpid(pid, 0)\n",
        python=python,
        timeout=HANGS,
    )
    assert result.outcome == "timeout"
    stuck = [process for process in result.processes[1:] if process.stuck]
    assert stuck
    assert "example.py" in stuck[-1].stack
    assert "line 9" in stuck[-1].stack


def test_stacks_of_all_who_hang(run, python):
    result = run(
        "import multiprocessing, time\n\ndef child_waits():\n    print('waiting')\n    time.sleep(600)\n\n"
        "# %%\n\nif __name__ == '__main__':\n    process = multiprocessing.get_context('spawn').Process(target=child_waits, name='Waiter')\n"
        "    process.start()\n    process.join()\n",
        python=python,
        timeout=HANGS,
    )
    assert result.outcome == "timeout"
    assert ("Waiter", "waiting") in lines(result, 1)
    assert result.cells[1].end is None
    waiter = named(result, "Waiter")
    assert waiter.stuck
    assert "line 5 in child_waits" in waiter.stack
    assert result.processes[0].stuck
    assert 'example.py", line 12 in <module>' in result.processes[0].stack
    for process in (waiter, result.processes[0]):
        for word in (
            "cell_runner",
            "sitecustomize",
            "Fatal Python error",
            "C stack",
            "Extension modules",
            str(Path.home()),
        ):
            assert word not in process.stack
    assert "Fatal" not in result.text()
    assert result.duration < HANGS + 2 + SLACK
    assert result.left_behind == []


@pytest.mark.parametrize(
    ("body", "outcome", "code", "says"),
    [
        ("pass", "ok", 0, ""),
        ("raise KeyError('lost')", "exception KeyError", 1, "KeyError: 'lost'\n"),
        ("raise SystemExit(3)", "exit 3", 3, ""),
        ("raise SystemExit('words')", "exit 1", 1, "words\n"),
        ("raise SystemExit(0)", "ok", 0, ""),
        ("import os; os._exit(5)", "exit 5", 5, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL", None, ""),
        ("raise KeyboardInterrupt", "signal SIGINT", None, "KeyboardInterrupt\n"),
        ("x = = 1", "exception SyntaxError", 1, "SyntaxError: invalid syntax\n"),
        ("import ctypes; ctypes.string_at(0)", "signal SIGSEGV", None, ""),
        (
            "class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd",
            "exception Odd",
            1,
            "Odd: <exception str() failed>\n",
        ),
    ],
    ids=[
        "ok",
        "exception",
        "exit",
        "text",
        "zero",
        "_exit",
        "signal",
        "interrupt",
        "syntax",
        "segfault",
        "odd",
    ],
)
def test_outcomes(run, python, body, outcome, code, says):
    result = run(f"print('before')\n# %%\n{body}\n# %%\nprint('after')\n", python=python)
    assert (result.outcome, result.exit_code) == (outcome, code)
    if "Syntax" not in outcome:
        assert lines(result, 0) == [("MainProcess", "before")]
    assert result.text().endswith(says or "\n")
    assert (
        ("MainProcess", "after") in lines(result, 2)
        if outcome == "ok" and body == "pass"
        else lines(result, 2) == []
    )
    assert "cell_runner" not in result.text()
    if "SEGV" in outcome:
        assert 'File "example.py", line 3 in <module>' in result.processes[0].stack
        assert "Fatal" not in result.text()


def test_traceback_is_a_readers(run, python, tmp_path):
    import subprocess

    result = run(
        "def f():\n    1 / 0\n\n# %%\n\ntry:\n    f()\nexcept ZeroDivisionError:\n    [][1]\n",
        python=python,
    )
    plain = subprocess.run(
        [python, tmp_path / "example.py"], capture_output=True, text=True, check=False, timeout=60
    ).stderr
    assert result.text() == plain.replace(f"{tmp_path}{os.sep}", "")
    assert result.error == "IndexError: list index out of range"


def test_forked_child_that_runs_on(run, python):
    """It goes through the following cells as well; only the main process marks their beginnings."""
    result = run(
        "import os\npid = os.fork()\n# %%\nprint('second', pid == 0)\n# %%\nif pid: os.waitpid(pid, 0)\nprint('third', pid == 0)\n",
        python=python,
    )
    assert result.outcome == "ok"
    assert sorted(lines(result)) == [
        ("MainProcess", "second False"), ("MainProcess", "third False"), ("fork of MainProcess", "second True"), ("fork of MainProcess", "third True"),
    ]  # fmt: skip
    assert ("MainProcess", "second False") in lines(result, 1)
    assert ("MainProcess", "third False") in lines(result, 2)


def test_forked_child_that_raises(run, python):
    result = run(
        "import os\npid = os.fork()\nif not pid:\n    raise ValueError('child')\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))\n",
        python=python,
    )
    assert (result.outcome, result.error) == ("ok", "")
    assert lines(result)[-1] == ("MainProcess", "1")
    assert ("fork of MainProcess", "ValueError: child") in lines(result)


def test_future_statements_hold_for_every_cell(run):
    result = run(
        '"""T"""\nfrom __future__ import annotations\n# %%\ndef f(x: no_such_name): ...\n# %%\nprint(f.__annotations__)\n'
    )
    assert result.text() == "{'x': 'no_such_name'}\n"


def test_docstring_is_the_modules(run):
    result = run('"""T"""\nx = 1\n# %%\n"""not the docstring"""\nprint(__doc__)\n')
    assert result.text() == "T\n"


def test_code_on_the_docstrings_line_runs(run):
    assert run('"""T"""; x = 1\n# %%\nprint(x)\n').text() == "1\n"
    assert run("'a'.upper(); print('no docstring')\n").text() == "no docstring\n"


def test_decorators_and_semicolons_belong_to_their_cell(run):
    result = run(
        "import functools\n# %%\n@functools.cache\n# a comment\ndef f(): print('f')\n\nf(); f()\n# %%\nf.cache_clear(); f()\n"
    )
    assert lines(result, 1) == lines(result, 2) == [("MainProcess", "f")]


def test_peak_memory(run):
    small = run("pass\n").peak_memory
    assert 5_000 < small < 60_000
    assert run("x = bytearray(200 << 20)\n").peak_memory > small + 190_000


def test_memory_limit_is_recorded(run):
    result = run("x = bytearray(2 << 30)\n", memory=700)
    assert (result.outcome, result.memory_limit) == ("exception MemoryError", 700)
    assert run("# sphinx_gallery_memory = 700\npass\n").memory_limit == 700


def test_huge_output_keeps_head_and_tail(run):
    result = run("for i in range(200_000):\n    print('line', i)\n")
    printed = sum(len(f"line {i}\n") for i in range(200_000))
    pieces = list(result.pieces())
    assert sum(len(piece.text) + piece.omitted for piece in pieces) == printed
    assert sum(1 for piece in pieces if piece.omitted) == 1
    assert result.text().startswith("line 0\nline 1\n")
    assert result.text().endswith("line 199998\nline 199999\n")
    assert len(result.text()) < 70_000


def test_figures(run):
    pytest.importorskip("matplotlib")
    result = run(
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\n# %%\nplt.plot([2, 1])\nplt.figure()\nplt.plot([3])\n"
        "import os\nif not os.fork():\n    os._exit(0)\nos.wait()\n# %%\nprint(plt.get_fignums(), plt.get_backend())\n",
        timeout=60,
    )
    assert result.outcome == "ok", result.text()
    assert [len(cell.figures) for cell in result.cells] == [1, 2, 0]
    assert all("<svg" in figure for cell in result.cells for figure in cell.figures)
    assert result.text() == "[] agg\n"


def test_a_figure_of_many_shapes_is_a_picture(run):
    pytest.importorskip("matplotlib")
    points = "[[n * n % 9973 / 7 for n in range(m, m + 10_000)] for m in (1, 2)]"
    result = run(
        f"import matplotlib.pyplot as plt\nplt.scatter(*{points})\nplt.xlabel('words')\n",
        timeout=60,
    )
    assert result.outcome == "ok", result.text()
    (figure,) = result.cells[0].figures
    assert "<image" in figure
    assert ">words</text>" in figure
    assert len(figure) < 400_000


def test_a_figure_too_large_to_keep_is_named(run):
    pytest.importorskip("matplotlib")
    noise = "numpy.random.default_rng(1).random((1200, 1200, 4))"  # beside the axes: what is in them becomes smaller
    result = run(
        f"import numpy\nimport matplotlib.pyplot as plt\nplt.figure().figimage({noise}, resize=True)\n",
        timeout=60,
    )
    assert result.outcome == "ok", result.text()
    (figure,) = result.cells[0].figures
    assert re.search(r">A figure of \d+\.\d MB is left out\.<", figure)


def test_figures_of_a_cell_may_be_deferred(run):
    pytest.importorskip("matplotlib")
    result = run(
        "import matplotlib.pyplot as plt\n# sphinx_gallery_defer_figures\nplt.plot([1, 2])\n# %%\nplt.title('later')\n# %%\nplt.plot([3])\n",
        timeout=60,
    )
    assert [len(cell.figures) for cell in result.cells] == [0, 1, 1]
    assert ">later</text>" in result.cells[1].figures[0]


def test_examples_run_at_once_and_alone(tmp_path):
    source = (
        "import time\nstart = time.monotonic()\ntime.sleep(0.5)\nprint(start, time.monotonic())\n"
    )
    jobs = []
    for index in range(5):
        path = tmp_path / f"e{index}.py"
        path.write_text(("# sphinx_gallery_parallel = False\n" if index in (0, 2) else "") + source)
        jobs.append(Job(read_script(path)))
    spans, order = {}, []
    for job, result in record_all(jobs, at_once=3):
        order.append(job.script.path.name)
        spans[job.script.path.name] = tuple(map(float, result.text().split()))
    assert set(order[-2:]) == {"e0.py", "e2.py"}

    def overlap(a, b):
        return spans[a][0] < spans[b][1] and spans[b][0] < spans[a][1]

    assert any(
        overlap(a, b) for a, b in (("e1.py", "e3.py"), ("e3.py", "e4.py"), ("e1.py", "e4.py"))
    )
    for alone in ("e0.py", "e2.py"):
        assert not any(overlap(alone, other) for other in spans if other != alone)


def test_stopping_early_ends_the_others(tmp_path):
    path = tmp_path / "long.py"
    path.write_text(
        f"import os, time\nopen({str(tmp_path)!r} + f'/{{os.getpid()}}.pid', 'w').close()\ntime.sleep(600)\n"
    )
    quick = tmp_path / "quick.py"
    quick.write_text(
        f"import os, time\nwhile len([n for n in os.listdir({str(tmp_path)!r}) if n.endswith('.pid')]) < 2: time.sleep(0.01)\n"
    )
    results = record_all(
        [Job(read_script(path)), Job(read_script(path)), Job(read_script(quick))], at_once=3
    )
    job, _ = next(results)
    assert job.script.path == quick
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 2
    results.close()
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_one_that_cannot_start_spoils_nothing(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("print('x')\n")
    fake = tmp_path / "python"
    fake.write_text("#!/bin/sh\nexit 3\n")
    fake.chmod(0o755)
    with pytest.raises(InterpreterError, match="does not answer as a Python does"):
        record(path, python=str(fake))
    assert record(path).text() == "x\n"
    assert children_of(os.getpid()) == []


def children_of(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_interpreter_that_vanishes(tmp_path):
    """It answered, and is gone when it is to run: the record says so."""
    path = tmp_path / "x.py"
    path.write_text("print('x')\n")
    link = tmp_path / "python"
    link.symlink_to(sys.executable)
    probe(str(link))
    link.unlink()
    result = record(path, python=str(link))
    assert result.outcome == "exit 127"
    assert "No such file" in result.text()


def test_a_script_that_starts_an_interpreter_is_seen_through(tmp_path):
    """As pyenv's shims are: what runs is the interpreter, without shells around it."""
    path = tmp_path / "x.py"
    path.write_text("print('x')\n")
    shim = tmp_path / "python"
    shim.write_text(f'#!/bin/sh\nsh -c true\nexec {sys.executable} "$@"\n')
    shim.chmod(0o755)
    assert probe(str(shim)).path == sys.executable
    assert [process.name for process in record(path, python=str(shim)).processes] == ["MainProcess"]


def test_the_recorder_starts_no_thread_here(tmp_path):
    path = tmp_path / "x.py"
    path.write_text("print('x')\n")
    before = threading.active_count()
    for _, _ in record_all([Job(read_script(path))] * 2, at_once=2):
        assert threading.active_count() == before
    assert threading.active_count() == before


def test_nothing_is_left_in_the_temporary_folder(tmp_path, monkeypatch):
    import tempfile

    folder = Path(tempfile.mkdtemp())
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    path = tmp_path / "x.py"
    path.write_text(
        "import os, tempfile\nos.makedirs(tempfile.mkdtemp() + '/a/b')\nopen('here', 'w').close()\nos.chmod('.', 0)\n"
    )
    assert record(path).outcome == "ok"
    folder.rmdir()  # fails if anything is in it


def test_own_paths_do_not_appear(run, tmp_path):
    result = run(
        "import os, sys, tempfile\nprint(os.getcwd(), tempfile.gettempdir(), __file__, os.__file__)\nprint(os.path.join(os.getcwd(), 'x'))\n"
    )
    assert str(tmp_path) not in result.to_json()
    assert "pg-" not in result.to_json()
    assert result.text().splitlines()[1] == "x"


def test_environment():
    made = environment(
        {
            "PYTHONUNBUFFERED": "1",
            "PYTHONHASHSEED": "0",
            "HOME": "/h",
            "DISPLAY": ":0",
            "FORCE_COLOR": "1",
        },
        Path("/f"),
    )
    assert made["HOME"] == "/h"
    assert not {"PYTHONUNBUFFERED", "PYTHONHASHSEED", "DISPLAY", "FORCE_COLOR"} & made.keys()


def test_the_environments_own_sitecustomize_is_loaded(tmp_path, run):
    """A virtual environment whose site-packages has a sitecustomize: recording hands on to it."""
    import subprocess

    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", tmp_path / "v"], check=True, timeout=60
    )
    [packages] = (tmp_path / "v").glob("lib/python3*/site-packages")
    (packages / "sitecustomize.py").write_text("import builtins\nbuiltins.theirs = 42\n")
    result = run(
        "print(theirs)\nimport sitecustomize\nprint('site-packages' in sitecustomize.__file__)\n",
        python=str(tmp_path / "v/bin/python"),
    )
    assert result.text() == "42\nTrue\n"


def test_python_stack_drops_what_is_not_python():
    text = (
        'Fatal Python error: Aborted\n\nCurrent thread 0x01 [python] (most recent call first):\n  File "a.py", line 3 in f\n\n'
        'Thread 0x02 (most recent call first):\n  File "b.py", line 4 in g\n\n'
        'Current thread\'s C stack trace (most recent call first):\n  Binary file "x", at y [0x1]\n\nExtension modules: a, b (total: 2)\n'
    )
    assert python_stack(text).splitlines() == [
        "Current thread 0x01 [python] (most recent call first):", '  File "a.py", line 3 in f', "",
        "Thread 0x02 (most recent call first):", '  File "b.py", line 4 in g',
    ]  # fmt: skip


def test_find_pythons(tmp_path, monkeypatch):
    broken = tmp_path / "python3.99"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    link = tmp_path / "python3.98"
    link.symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = [python.path for python in find_pythons() if python.probe]
    assert probe(sys.executable).version_info[:2] in {probe(p).version_info[:2] for p in found}
    assert str(broken) not in found
    assert str(link) not in found
    versions = [(probe(python).version_info, probe(python).interpreter.gil) for python in found]
    assert len(set(versions)) == len(versions)
    assert versions == sorted(versions, key=lambda item: item[0])


def test_find_pythons_takes_one_of_each_minor_version(tmp_path, monkeypatch):
    from process_gallery import interpreters
    from process_gallery.interpreters import Probe

    known = {
        "a": ("3.13.5", "CPython", True, ""),
        "b": ("3.13.15", "CPython", True, ""),
        "c": ("3.13.5", "CPython", False, ""),
        "d": ("3.11.17", "PyPy", True, ""),
        "e": ("3.14.2", "CPython", True, "Pyodide 314.0.7, Node.js 20.20.2"),
        "f": ("3.11.7", "CPython", True, ""),
    }

    def answer(path):
        version, name, gil, run_by = known[path]
        system = "emscripten" if run_by else "linux"
        described = (version, name, system, "", "fork", gil, run_by)
        return Probe(described, tuple(map(int, version.split("."))), (), path, "")

    monkeypatch.setattr(interpreters, "candidates", lambda *, others=False: list(known))
    monkeypatch.setattr(interpreters, "probe", answer)
    names = {
        (others, releases): "".join(
            python.path for python in find_pythons(others=others, releases=releases)
        )
        for others in (False, True)
        for releases in (False, True)
    }
    assert names == {
        (False, False): "fb",
        (False, True): "fab",
        (True, False): "fcbed",
        (True, True): "facbed",
    }


def test_probe_says_what_is_wrong(tmp_path):
    with pytest.raises(InterpreterError, match="no such interpreter"):
        probe(str(tmp_path / "nothing"))
    with pytest.raises(InterpreterError, match="does not answer"):
        probe("cat")
    windows = tmp_path / "python"
    windows.write_text(
        "#!/bin/sh\necho \"((3, 13, 0), '3.13.0', 'CPython', 'win32', 'AMD64', 'spawn', True, 'Wine 8.0', [], '', 'Z:/python.exe', [])\"\n"
    )
    windows.chmod(0o755)
    with pytest.raises(
        InterpreterError, match=r"run by Wine 8\.0.*python -m process_gallery record SCRIPT"
    ):
        probe(str(windows))


def test_dates_and_names(run):
    result = run("print(1)\n", name="section/example.py")
    assert result.script == "section/example.py"
    assert result.date == time.strftime("%Y-%m-%d", time.gmtime()) or result.date < time.strftime(
        "%Y-%m-%d", time.gmtime()
    )
    assert dataclasses.asdict(result)["schema"] == 1


def test_older_pythons_run_the_script_as_a_whole(run, pytestconfig):
    if pytestconfig.getoption("pythons") != "all":
        pytest.skip("starts every interpreter: --pythons=all")
    older = [
        python.path
        for python in find_pythons()
        if python.probe and (3,) <= python.probe.version_info < (3, 11)
    ]
    if not older:
        pytest.skip("needs a Python older than 3.11")
    for python in older:
        result = run("import multiprocessing\n\ndef f():\n    print('child')\n\n# %%\nif __name__ == '__main__':\n"
            "    p = multiprocessing.Process(target=f)\n    p.start()\n    p.join()\n    print('parent')\n    raise KeyError('x')\n", python=python)  # fmt: skip
        assert result.whole
        assert [line for _, line in lines(result)][:2] == ["child", "parent"]
        assert [name for name, _ in lines(result)][1] == "MainProcess"
        assert result.outcome == "exception KeyError"


def test_a_subinterpreter_in_a_child_leaves_it_its_name(run, python):
    if probe(python).version_info < (3, 14):
        pytest.skip("needs concurrent.interpreters")
    result = run(
        "import multiprocessing\n\ndef work():\n    from concurrent.interpreters import create\n    print('before')\n"
        "    create().exec('print(\"within\", flush=True)')\n    print('after')\n\nif __name__ == '__main__':\n"
        "    for method in ('fork', 'spawn', 'forkserver'):\n"
        "        child = multiprocessing.get_context(method).Process(target=work, name='by ' + method)\n"
        "        child.start()\n        child.join()\n",
        python=python,
        timeout=60,
    )
    assert lines(result) == [
        (f"by {method}", line)
        for method in ("fork", "spawn", "forkserver")
        for line in ("before", "within", "after")
    ]
    for method in ("fork", "spawn", "forkserver"):
        assert named(result, f"by {method}").how == method


def test_workers_that_end_before_they_can_say_their_name(run, python):
    """A pool without a guard: each worker imports the script, and ends by an error of that."""
    result = run(
        "import multiprocessing\n\ndef work(number):\n    return number\n\n"
        "pool = multiprocessing.get_context('forkserver').Pool(2)\nprint(pool.map(work, range(4)))\n",
        python=python,
        timeout=6,
    )
    others = [p for p in result.processes[1:] if p.name not in ("forkserver", "resource_tracker")]
    if probe(python).version_info < (3, 13, 8):  # later ones import the script in the server
        assert len(others) > 2
    for worker in others:
        assert re.fullmatch(r"ForkServerPoolWorker-\d+", worker.name), worker
        assert (worker.how, worker.asked_by) == ("forkserver", 0)
    assert len({worker.name for worker in others}) == len(others)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("import subprocess; subprocess.run('echo lost > /dev/stderr', shell=True)", "/dev/stderr"),
        (
            "import subprocess; subprocess.run('echo x | tee /dev/stderr', shell=True)",
            "/dev/stderr",
        ),
        ("try: open('/dev/stdout', 'w')\nexcept OSError as error: print(error)", "/dev/stdout"),
        ("open('/proc/self/fd/2', 'w')", "/proc/self/fd/2"),
    ],
)
def test_output_that_is_opened_by_its_name_is_noted(run, body, path):
    result = run(body + "\n")
    [note] = result.notes
    assert note.startswith(f"{path} could not be opened")
    assert note in terminal(result)
    if not result.as_expected:
        assert "expected_outcome" not in failure(result, "x.py")


def test_other_errors_are_not_noted(run):
    assert run("print('No such device or address')\nprint('/dev/stderr')\n").notes == []


HOOKS = {
    "raises": "def hook(*about):\n    print('hook', len(about), sys.exc_info(), flush=True)\n    raise ValueError('in the hook')\nsys.excepthook = hook\n",
    "none": "sys.excepthook = None\n",
    "missing": "del sys.excepthook\n",
    "exits": "def hook(*about):\n    raise SystemExit(7)\nsys.excepthook = hook\n",
    "prints": "import traceback\nsys.excepthook = lambda *about: print(traceback.format_exception(*about)[-1], sys.last_value, hasattr(sys, 'last_exc'))\n",
    "replaces the other, too": "def hook(*about):\n    raise ValueError\nsys.excepthook = sys.__excepthook__ = hook\n",
    "at exit": "import atexit\natexit.register(lambda: print(sys.last_value, sys.exc_info()))\n",
}


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_an_uncaught_exception_is_shown_as_python_shows_it(run, python, tmp_path, hook):
    result = run(f"import sys\n{hook}\n# %%\n\ndef f():\n    1 / 0\n\nf()\n", python=python)
    assert (result.text(), result.exit_code) == plainly(python, tmp_path / "example.py")
    assert result.cells[1].end is None


SOURCES = {
    "utf-16": "print('é')\n".encode("utf-16"),
    "latin-1": b"print(1)\nprint('\xe9')\n",
    "bom and another cookie": b"\xef\xbb\xbf# coding: latin-1\nprint(1)\n",
    "no such encoding": b"# coding: nonsense\nprint(1)\n",
    "nul": b"print(1)\nprint('a\0b')\n",
    "deep": b"x = " + b"(" * 300 + b")" * 300 + b"\n",
    "tabs": b"if 1:\n        a = 1\n\tb = 2\n",
    "unfinished": b"print(1)\nx = '''a\n",
    "return": b"print(1)\n# %%\nreturn\n",
    "utf-7": b"# coding: utf-7\nx = = 1\n",
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_what_is_no_python_is_refused_in_the_same_words(run, python, tmp_path, source):
    result = run(source, python=python)
    text, code = plainly(python, tmp_path / "example.py")
    assert (result.text(), result.exit_code) == (text, code)
    assert result.outcome == f"exception {text.splitlines()[-1].partition(':')[0]}"
    assert result.error == text.splitlines()[-1]


def plainly(python, script):
    """Return what a plain run prints, without its folder, and its exit code."""
    import subprocess

    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [python, script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=60, env=clean
    )  # fmt: skip
    text = done.stdout.decode(errors="backslashreplace").replace(f"{script.parent}{os.sep}", "")
    return text, done.returncode


def test_record_takes_what_a_job_takes(tmp_path):
    script = tmp_path / "reads.py"
    script.write_text("print(open('word.txt').read())\n")
    (tmp_path / "word.txt").write_text("beside it")
    result = record(str(script), cwd="script", memory=512, timeout=20)
    assert (result.text(), result.memory_limit, result.timeout) == ("beside it\n", 512, 20)
    assert record(script).outcome == "exception FileNotFoundError"
    with pytest.raises(ValueError, match="cwd is 'here'; it can be 'empty' or 'script'"):
        record(script, cwd="here")
