# A program starts a child without "if __name__ == '__main__':". What does it print at last, and how does it end?
from __future__ import print_function

import multiprocessing
import os
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
    path = os.path.join(tempfile.mkdtemp(), "program.py")
    with open(path, "w") as file:
        file.write(PROGRAM % method)
    done = subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True)
    text = done.communicate()[0]
    lines = text.splitlines()
    errors = [line for line in lines if "Error" in line and not line.startswith(" ")]
    codes = [line.rpartition(" ")[2] for line in lines if line.startswith("exit code of the child")]
    print("%s, the errors: %s" % (method, "; ".join(sorted(set(errors))) or "none"))
    print("%s, exit code of the child: %s" % (method, codes[0] if codes else "the parent did not get that far"))
    print("%s, exit code of the program: %s" % (method, done.returncode))
    start = text.find("An attempt has been made")
    return text[start : text.find("\nTraceback", start)].rstrip() if start >= 0 else ""


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        texts = [run(method) for method in sorted(multiprocessing.get_all_start_methods())]
        print()
        print(max(texts, key=len))
    else:
        print("fork, the errors: there is no choice here")
