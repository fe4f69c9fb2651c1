"""
Whose child is it
=================

With fork and spawn, the program that calls ``start()`` is the parent of the new
process. With forkserver the parent is the server. That matters to whoever looks for a
process with ``ps``, sends a signal to all children, or waits for them with
:func:`os.wait`.

The tree is read from ``/proc`` while the children run. The start method is the program's
argument.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "Linux"]
# sphinx_gallery_start_methods = ["fork", "spawn", "forkserver"]

import multiprocessing
import os
import sys
from pathlib import Path


def processes():
    """Yield the pid, the parent's pid and the command line of every process."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text()
            command = (folder / "cmdline").read_text()
        except OSError:  # it has just ended
            continue
        yield int(folder.name), int(status.rpartition(")")[2].split()[1]), command


def show_tree(names):
    rows = sorted(processes())

    def show(parent, depth):
        for pid, ppid, command in rows:
            if ppid == parent:
                helper = "resource_tracker" if "tracker import" in command else ""
                helper = helper or ("forkserver" if "forkserver" in command else "?")
                print("   " * depth + "+-", names.get(pid, helper))
                show(pid, depth + 1)

    print("this program")
    show(os.getpid(), 0)


def wait(ready, done):
    me, parent = multiprocessing.current_process(), multiprocessing.parent_process()
    is_same = "is" if os.getppid() == parent.pid else "is not"
    print(f"{me.name}: started by {parent.name}, which {is_same} my parent")
    ready.release()
    done.wait()


if __name__ == "__main__":
    if sys.platform != "linux":
        print("this script reads /proc, which needs Linux")
        sys.exit()
    context = multiprocessing.get_context(*sys.argv[1:])
    ready, done = context.Semaphore(0), context.Event()
    children = [
        context.Process(target=wait, args=(ready, done), name=f"child {n}")
        for n in (1, 2)
    ]
    for child in children:
        child.start()
    for _ in children:
        ready.acquire()
    show_tree({child.pid: child.name for child in children})
    try:
        print("os.waitpid:", os.waitpid(children[0].pid, os.WNOHANG))
    except ChildProcessError as error:
        print("os.waitpid: ChildProcessError:", error)
    done.set()
    for child in children:
        child.join()

# %%
# What to look at
# ---------------
# With fork, two copies of the program, and nothing else. With spawn, two new
# interpreters, and a ``resource_tracker``. It removes shared memory and semaphores that
# are left over when the program dies, so it must not be one of the processes that use
# them. It stays until the program ends.
#
# With forkserver, the two children hang below the server.
# :func:`multiprocessing.parent_process` still says who asked for the process;
# :func:`os.getppid` says who the parent is. Only with forkserver are the two not the
# same.
#
# ``join()``, ``exitcode`` and :func:`multiprocessing.active_children` work all the
# same: the server watches its children and tells. What does not work is anything that
# relies on the operating system's idea of a parent, such as :func:`os.waitpid`. A pair
# of zeros from it means that the child still runs.
#
# The server leaves when the last process that knows it has ended. If a program kills
# its children by walking down this tree, it also kills the server and the tracker.
