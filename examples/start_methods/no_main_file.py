"""
No main file: -c, stdin, the prompt and notebooks
=================================================

A child that is not forked imports the main module from its file, so a function that was
typed at a prompt, or in a notebook, or given to ``python -c``, cannot be found by it.
Only functions in an importable module can.

Here the same program is given to Python in five ways.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "REPL", "AttributeError"]

import multiprocessing
import re
import subprocess
import sys
import tempfile
from pathlib import Path

FUNCTION = """\
def hello():
    print("hello from the child")

"""
START = """\
import multiprocessing
context = multiprocessing.get_context("METHOD")
process = context.Process(target=hello)
process.start()
process.join()
"""
GUARDED = 'if __name__ == "__main__":\n' + re.sub("^", "    ", START, flags=re.M)


def run(method, what, *arguments, text="", files=None):
    """Run Python in an empty folder, and print what matters of its output."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (files or {}).items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_text(content.replace("METHOD", method))
        result = subprocess.run(
            [sys.executable, *(part.replace("METHOD", method) for part in arguments)],
            cwd=folder,
            input=text.replace("METHOD", method),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=20,
        )
    # Not the frames of the traceback, nor the prompt.
    output = result.stdout.replace(folder, "FOLDER").replace(">>> ", "")
    keep = re.findall(r"hello from.*|\w+Error:.*", output)
    print(f"{what}:", "\n    ".join(keep))


if __name__ == "__main__":
    methods = multiprocessing.get_all_start_methods()
    for method in [name for name in ("fork", "spawn") if name in methods]:
        print(f"--- {method}")
        run(
            method,
            "python hello.py",
            "hello.py",
            files={"hello.py": FUNCTION + GUARDED},
        )
        run(method, "python -c ...", "-c", FUNCTION + START)
        run(method, "python < hello.py", text=FUNCTION + START)
        run(method, "at the prompt", "-i", text=FUNCTION + START)
        package = {"hello/__main__.py": FUNCTION + GUARDED}
        run(method, "python -m hello", "-m", "hello", files=package)

# %%
# Under fork all five work: nothing is imported. Otherwise only the first does. From the
# standard input the child looks for a file with the name ``<stdin>``. A package's
# ``__main__.py`` is a file, but children never import it: it usually has no guard, and
# would run the program again. With forkserver it is the same:

if __name__ == "__main__" and "forkserver" in methods:
    run("forkserver", "python -c ...", "-c", FUNCTION + START)
    run("forkserver", "python < hello.py", text=FUNCTION + START)

# %%
# (If there is a second line of errors, as in 3.14, the server died of the first.)
#
# The cure
# --------
# Put the function in a module. Then it has a name that the child can import, and
# everything else may stay where it is.

if __name__ == "__main__":
    method = "spawn"
    imported = "from greetings import hello\n" + START
    module = {"greetings.py": FUNCTION}
    run(method, "python -c ...", "-c", imported, files=module)
    run(method, "at the prompt", "-i", text=imported, files=module)
    package = {"hello/__main__.py": "from .greetings import hello\n\n" + GUARDED}
    package |= {"hello/greetings.py": FUNCTION}
    run(method, "python -m hello", "-m", "hello", files=package)

# %%
# What to do
# ----------
# * In a notebook, write the function to a file beside it and import it. A notebook's
#   cells are a ``__main__`` without a file, like the prompt.
# * In a package with a ``__main__.py``, let that file import and call, and define
#   nothing that a child shall run.
# * For a program on the standard input only a file helps: the child fails before it
#   looks for the function.
#
# The rule stands in CPython's
# :ref:`programming guidelines <python:multiprocessing-programming-spawn>`.
