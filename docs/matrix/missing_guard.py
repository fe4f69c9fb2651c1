# A program starts a child and has no main guard. What does it print, and how does it end?
from __future__ import print_function

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile

PROGRAM = """import multiprocessing
def task(): pass
context = multiprocessing.get_context("%s")
process = context.Process(target=task)
process.start()
process.join()
print("exit code of the child:", process.exitcode)
"""


def run(method):
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "program.py")
    with open(path, "w") as file:
        file.write(PROGRAM % method)
    done = subprocess.Popen(
        [sys.executable, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        universal_newlines=True,
    )
    text = done.communicate()[0]
    shutil.rmtree(folder)
    lines = text.splitlines()
    errors = [
        line.rstrip(": ")
        for line in lines
        if "Error" in line and not line.startswith(" ")
    ]
    codes = [
        line.rpartition(" ")[2]
        for line in lines
        if line.startswith("exit code of the child")
    ]
    print("%s, errors: %s" % (method, "; ".join(sorted(set(errors))) or "none"))
    print(
        "%s, exit code of the child: %s"
        % (method, codes[0] if codes else "the parent did not get that far")
    )
    print("%s, exit code of the program: %s" % (method, done.returncode))
    # The message has several lines, all indented but the first.
    message = []
    for line in text[max(text.find("An attempt has been made"), 0) :].splitlines():
        if message and not line.startswith(" ") and line:
            break
        message.append(line.strip())
    if method == "spawn":
        print("the message: %s" % " ".join(" ".join(message).split()))


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        for start_method in sorted(multiprocessing.get_all_start_methods()):
            run(start_method)
    else:
        print("fork, errors: there is no choice here")
