"""
No main guard, on Windows
=========================

Without ``if __name__ == "__main__":`` a program on Windows fails once with a
``Process``, breaks an executor, and never ends with a ``Pool``.

A child on Windows is always spawned: it imports your main module, and reaches the line
that starts a child. The programs below are written to a file and run; of the tracebacks
only the last lines are kept.
"""

# sphinx_gallery_needs = ["windows"]
# sphinx_gallery_timeout = 180
# sphinx_gallery_tags = ["spawn", "Windows", "RuntimeError", "BrokenProcessPool"]

import subprocess
import sys
import tempfile
import time
from pathlib import Path

# sphinx_gallery_start_ignore
if sys.platform != "win32":
    print("This example needs Windows, where every child is spawned.")
    raise SystemExit
# sphinx_gallery_end_ignore
WITH_PROCESS = """\
import multiprocessing

process = multiprocessing.Process(target=print, args=("the child works",))
process.start()
process.join()
print("exit code of the child:", process.exitcode)
"""
WITH_EXECUTOR = """\
from concurrent.futures import ProcessPoolExecutor

with ProcessPoolExecutor(1) as executor:
    print(executor.submit(abs, -1).result())
"""
WITH_POOL = """\
import multiprocessing

with multiprocessing.Pool(1) as pool:
    print(pool.map(abs, [-1]))
"""


def run(program, seconds=60):
    """Run a program; return the lines that are no frames, and whether it has ended by itself."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "program.py").write_text(program)
        with open(Path(folder, "output"), "w+") as output:
            started = subprocess.Popen(
                [sys.executable, "program.py"], cwd=folder, stdout=output, stderr=output
            )
            ended = True
            try:
                started.wait(seconds)
            except subprocess.TimeoutExpired:
                ended = False
                started.kill()
                started.wait()
                time.sleep(3)  # its last worker ends by itself
            output.seek(0)
            lines = output.read().splitlines()
    return [
        line for line in lines if line and not line.startswith((" ", "Traceback"))
    ], ended


if __name__ == "__main__":
    print(WITH_PROCESS)
    lines, ended = run(WITH_PROCESS)
    print(*lines, f"the program ended by itself: {ended}", sep="\n")

# %%
# The error is the child's. The parent learns no more than an exit code, and goes on.
# With an executor the parent gets an exception, which says nothing of a guard:

if __name__ == "__main__":
    print(WITH_EXECUTOR)
    lines, ended = run(WITH_EXECUTOR)
    print(*lines[-2:], f"the program ended by itself: {ended}", sep="\n")

# %%
# A pool replaces a worker that has died. Each new one dies of the same error:

if __name__ == "__main__":
    print(WITH_POOL)
    lines, ended = run(WITH_POOL, 10)
    errors = sum(line.startswith("RuntimeError") for line in lines)
    print("more than one RuntimeError:", errors > 1)
    print(f"the program ended by itself: {ended}")

# %%
# What to look at
# ---------------
# All three say the same :exc:`RuntimeError`, if you look above the last lines. The mend is
# the same, too: what starts processes goes under ``if __name__ == "__main__":``. A call of
# :func:`multiprocessing.freeze_support` alone does not help.
#
# What each start method makes of it elsewhere: :doc:`/gallery/start_methods/main_guard`.
