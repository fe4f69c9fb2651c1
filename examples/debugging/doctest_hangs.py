"""
Doctests that hang
==================

A doctest has no time limit. It waits for ever for an answer that no child sends; a
limit of its own turns that into a failure.

The child below divides by zero before it has put its answer into the queue. The
docstring waits for it. So that this script ends, the docstring tells the program to
show its stack after a second, and to exit.
"""

# sphinx_gallery_timeout = 60
# sphinx_gallery_tags = ["doctest", "spawn", "AttributeError", "timeout"]
# sphinx_gallery_files = {"MODULE": "module.py"}

import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

MODULE = '''\
import doctest
import faulthandler
import multiprocessing

def half(number, answers):
    answers.put(10 / number)

def answer_of_a_child():
    """
    >>> context = multiprocessing.get_context("spawn")
    >>> answers = context.Queue()
    >>> child = context.Process(target=half, args=(0, answers))
    >>> child.start()
    >>> child.join()
    >>> faulthandler.dump_traceback_later(1, exit=True)
    >>> answers.get()
    5.0
    """

if __name__ == "__main__":
    print(doctest.testmod().failed, "failed")
'''
SHOWN = re.compile(
    r"\w+Error: .*|_queue\.Empty|BrokenProcessPool|\[?1,? 4.*|\d failed|Timeout.*"
    r"|File .*<doctest.*|File .*line \d+ in get$"
)


def run(text, *arguments, typed=None):
    """Run Python beside module.py, print what matters, and end it at its second error."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "module.py").write_text(text)
        with subprocess.Popen(
            [sys.executable, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as program:
            program.stdin.write(typed or "")
            program.stdin.flush()
            errors = 0
            for line in program.stdout:
                if shown := SHOWN.search(line):
                    print(shown[0].replace(str(Path(os.__file__).parent), "..."))
                errors += "Error: " in line
                if errors == 2:
                    print("two workers have failed; still waiting; ended")
                    if hasattr(os, "killpg"):
                        os.killpg(program.pid, signal.SIGKILL)
                    else:
                        program.kill()
    print("exit code:", program.returncode)


if __name__ == "__main__":
    run(MODULE, "module.py")

# %%
# The child's error is the first line. The stack is that of the parent: it stands in
# ``get``, called from a docstring. doctest leaves the error output alone, so both can
# be seen.
#
# With a limit
# ------------
# ``get(timeout=...)`` raises :exc:`queue.Empty`. The docstring fails, and the next one
# is tested:

if __name__ == "__main__":
    run(MODULE.replace("get()", "get(timeout=1)").replace("(1, ", "(60, "), "module.py")

# %%
# At the prompt
# -------------
# What is typed at the prompt belongs to ``__main__``, which has it. So it can be sent,
# and with fork all is well. The ``__main__`` of a spawned child is another one, without
# the function. The worker fails when it looks for it, the pool replaces it by one that
# fails, too, and ``map`` waits. An executor does not wait: it raises an error.

TYPED = """\
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
def square(n):
    return n * n

context = multiprocessing.get_context("METHOD")
with context.Pool(1) as pool: print(pool.map(square, [1, 2, 3]))

exit()
"""
EXECUTOR = TYPED.replace("context.Pool(1)", "ProcessPoolExecutor(1, context)")
EXECUTOR = EXECUTOR.replace("pool.map(", "*pool.map(")

if __name__ == "__main__":
    for method, typed in (("fork", TYPED), ("spawn", TYPED), ("spawn", EXECUTOR)):
        print(f"--- {method}, {'executor' if typed is EXECUTOR else 'pool'}")
        run(MODULE, "-i", "-q", typed=typed.replace("METHOD", method))

# %%
# What to do
# ----------
# * Give each wait a limit: ``get(timeout=...)``, ``join(timeout=...)`` followed by a
#   look at the exit code, ``result(timeout=...)``.
# * Better, use :class:`concurrent.futures.ProcessPoolExecutor`. If a worker ends, it
#   raises an error instead of waiting.
# * Where the wait is in code that you test, arm :mod:`faulthandler` as above.
