"""
Frozen programs and freeze_support
==================================

A frozen program, made by PyInstaller or a similar tool, has no Python to start children
with: it starts itself again. Without :func:`multiprocessing.freeze_support` the second
copy does not know that it is a child, and starts a third.

No tool is needed to see it. A frozen program is recognised by ``sys.frozen``, so this
one sets that, and a small shell script plays the executable. After three copies the
program stops by itself.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["spawn", "freeze_support", "Linux"]

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """\
import multiprocessing, os, sys

def work():
    print("the child works")

if __name__ == "__main__":
    print("started, first argument:", *sys.argv[1:2])
    sys.frozen = True
    multiprocessing.set_executable(os.environ["APP"])
    FREEZE_SUPPORT

    copy = int(os.environ["COPY"]) + 1
    os.environ["COPY"] = str(copy)
    print("copy", copy, "of the program runs its main part")
    if copy == 3:
        sys.exit("stopped: there would be no end")
    process = multiprocessing.get_context("spawn").Process(target=work)
    process.start()
    process.join()
    print("exit code of the child of copy", copy, "is", process.exitcode)
"""

# Starts the program, as a frozen executable does. What multiprocessing's resource
# tracker needs, the freezing tools provide too.
APP = """\
#!/bin/sh
case "$*" in
    *resource_tracker*) exec "$PYTHON" "$@" ;;
    *) exec "$PYTHON" "${0%/*}/program.py" "$@" ;;
esac
"""


def run(line):
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder, "app")
        app.write_text(APP)
        app.chmod(0o755)
        Path(folder, "program.py").write_text(PROGRAM.replace("FREEZE_SUPPORT", line))
        environment = os.environ | {
            "APP": str(app), "PYTHON": sys.executable, "COPY": "0"
        }  # fmt: skip
        subprocess.run([app], env=environment, timeout=20)


if __name__ == "__main__":
    if sys.platform != "linux":
        print("this script uses a shell script as its executable: Linux only")
        sys.exit()
    run("pass")

# %%
# Every copy ran the main part, and no child ever did its work.

if __name__ == "__main__":
    run("multiprocessing.freeze_support()")

# %%
# What to look at
# ---------------
# With ``freeze_support()`` the second copy sees ``--multiprocessing-fork`` as its first
# argument, does the child's work, and exits before it reaches the main part. So it has
# to be the first statement under the guard: what stands above it, here a line that
# prints, runs in every child.
#
# Up to Python 3.13.3 it did so on Windows only. Since 3.13.4 it works on every platform
# (https://github.com/python/cpython/issues/80334), and where ``fork`` is the default, as
# in 3.13, at first only if ``set_start_method("spawn")`` stands above it. Where the
# second output looks like the first, the program still starts itself without end. The
# same with that line above it:

if __name__ == "__main__":
    run("multiprocessing.set_start_method('spawn'); multiprocessing.freeze_support()")

# %%
# If the child works only here, the order matters on this Python; if it works in neither,
# ``freeze_support()`` is no help on it. Freezing tools may bring their own
# mend for older versions, and for forkserver; their manuals say so.
#
# In a program that is not frozen
# -------------------------------
# There it should do nothing. In some versions it fixes the start method, so that
# :func:`multiprocessing.set_start_method` comes too late behind it
# (https://github.com/python/cpython/issues/140814). Does it on this Python?

if __name__ == "__main__":
    code = """
import multiprocessing
multiprocessing.freeze_support()
try:
    multiprocessing.set_start_method("spawn")
    print("freeze_support(), then set_start_method(): no error")
except RuntimeError as error:
    print("freeze_support(), then set_start_method(): RuntimeError:", error)
"""
    subprocess.run([sys.executable, "-c", code], timeout=20)

# %%
# It raises on 3.13.4 to 3.13.12 and 3.14.0 to 3.14.3. A program that must run on these
# and is never frozen leaves ``freeze_support()`` out; one that is frozen says
# ``set_start_method("spawn")`` first, and ``freeze_support()`` in the next line.
#
# Said about this, and tested: :ref:`folklore-freeze-support`.
