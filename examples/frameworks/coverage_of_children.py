# /// script
# requires-python = ">=3.11"
# dependencies = ["coverage>=7.10"]
# ///
"""
Coverage of code in children
============================

coverage.py measures the process that it was started in. What children run counts as
never run, until the configuration says otherwise. One line covers every start method: ``patch = subprocess, _exit``.
"""

# sphinx_gallery_needs = ["coverage", "linux"]
# sphinx_gallery_tags = ["coverage", "fork", "spawn", "forkserver", "Pool"]
# sphinx_gallery_timeout = 300

import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if importlib.util.find_spec("coverage") is None:
    print("This example needs coverage.py: pip install coverage")
    raise SystemExit
# sphinx_gallery_end_ignore

# Each way runs a function of its own in a child. Was its line measured?
WORK = """\
import multiprocessing
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

def in_process(n):
    return n * n

def in_executor(n):
    return n * n

def in_joined_pool(n):
    return n * n

def in_left_pool(n):
    return n * n

def before_exit(n):
    os._exit(0)

def before_terminate(n):
    n.set()
    time.sleep(60)

def in_program(n):
    return n * n

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    for function in in_process, before_exit:
        child = context.Process(target=function, args=(3,))
        child.start()
        child.join()
    ready = context.Event()
    child = context.Process(target=before_terminate, args=(ready,))
    child.start()
    ready.wait()
    child.terminate()
    child.join()
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        list(executor.map(in_executor, range(4)))
    with context.Pool(1) as pool:
        pool.map(in_joined_pool, range(4))
        pool.close()
        pool.join()
    with context.Pool(1) as pool:
        pool.map(in_left_pool, range(4))
    command = "import work; work.in_program(3)"
    subprocess.run([sys.executable, "-c", command])
"""

WAYS = {
    "Process": "in_process",
    "executor": "in_executor",
    "Pool, close and join": "in_joined_pool",
    "Pool, only left": "in_left_pool",
    "os._exit in it": "before_exit",
    "terminate": "before_terminate",
    "subprocess": "in_program",
}
METHODS = "fork", "forkserver", "spawn"
MESSAGE = r"CoverageWarning: [^;\n]*|No data to combine|\w+Error\b.*"
said = set()


def measured(settings, method):
    """Run the program under coverage; which of its lines were seen."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "work.py").write_text(WORK)
        Path(folder, ".coveragerc").write_text("[run]\n" + settings)
        for command in ["run", "work.py", method], ["combine", "-q"]:
            result = subprocess.run(
                [sys.executable, "-m", "coverage", *command],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            output = re.sub(r"'/\S+'", "'...'", result.stdout)
            said.update(re.findall(MESSAGE, output))
        data = coverage.CoverageData(str(Path(folder, ".coverage")))
        data.read()
        return data.lines(str(Path(folder, "work.py").resolve()))


def table(settings, *ways):
    lines = WORK.splitlines()
    seen = [measured(settings, method) for method in METHODS]
    print(", ".join(settings.split("\n")).rstrip(", ") or "no setting")
    print(" " * 22, *(f"{method:10}" for method in METHODS))
    for way in ways or WAYS:
        inside = lines.index(f"def {WAYS[way]}(n):") + 2
        answers = (f"{'yes' if inside in each else 'no':10}" for each in seen)
        print(f"  {way:20}", *answers)
    for message in sorted(said):
        print("  said:", message)
    said.clear()


if __name__ == "__main__":
    import coverage

    table("")
    table("patch = subprocess, _exit\n")

# %%
# ``subprocess`` starts coverage in every Python that is started, and ``_exit`` saves
# what was measured before :func:`os._exit`, with which every forked child of
# :mod:`multiprocessing` ends. With only one of the two, some are missing:

if __name__ == "__main__":
    table("patch = subprocess\n", "Process", "executor", "subprocess")

# %%
# The older way
# -------------
# ``concurrency = multiprocessing`` knows of :mod:`multiprocessing` alone.
# ``sigterm = true`` saves what was measured when a process is terminated.

if __name__ == "__main__":
    table("concurrency = multiprocessing\nparallel = true\nsigterm = true\n")

# %%
# What to look at
# ---------------
# ``Pool, only left`` is a ``with`` block without ``close`` and ``join``. Leaving it
# terminates the workers, and what they measured is lost if they do not come to save it:
# that is a race. ``terminate`` needs ``sigterm = true``, which can be combined with
# ``patch``; in a ``Pool`` that is terminated it is `known to be unreliable
# <https://github.com/nedbat/coveragepy/issues/1910>`__.
#
# ``coverage combine`` puts together what each process has written. In the first table it
# says that there is nothing to put together. A warning of one process that it has
# collected nothing is nothing to worry about: it ran no line of this program.
# :doc:`/guides/coverage` has the configuration.
