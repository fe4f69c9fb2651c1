"""The fork server, or the child of one, hangs while it imports this file."""
# sphinx_gallery_timeout = 2.5
# sphinx_gallery_expected_outcome = "timeout"
import multiprocessing
import sys
import time


def hangs():
    time.sleep(600)


if "forkserver" in " ".join(sys.orig_argv):
    hangs()

if __name__ == "__main__":
    print("line 1")
    child = multiprocessing.get_context("forkserver").Process(target=print, args=("never",), name="Child")
    child.start()
    child.join()
