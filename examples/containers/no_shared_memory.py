"""
There is no /dev/shm
====================

On AWS Lambda there is no ``/dev/shm``, and so no lock, no queue, no pool and no
executor. A ``Process`` and a ``Pipe`` need none, and are enough for a ``map``.

The script takes ``/dev/shm`` away from itself, in a mount namespace of its own.
"""

# sphinx_gallery_by_hand = "it takes /dev/shm away from itself, as root, in a mount namespace, and has a second Python with an older C library"
# sphinx_gallery_needs = ["linux", "python>=3.12"]
# sphinx_gallery_tags = ["Lock", "Queue", "Pool", "Pipe", "Manager", "Linux", "container"]

import multiprocessing
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import connection
from pathlib import Path

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not (hasattr(os, "unshare") and os.geteuid() == 0):
    print("This example needs Linux, root and Python 3.12 or newer.")
    sys.exit()
# sphinx_gallery_end_ignore


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def take_shm_away(folder):
    """Leave three devices in /dev, and no memory file system anywhere."""
    os.unshare(os.CLONE_NEWNS)  # mounts from here on are this program's own
    mount("--make-rprivate", "/")
    for name in ("null", "zero", "urandom"):
        Path(folder, name).touch()
        mount("--bind", f"/dev/{name}", f"{folder}/{name}")
    mount("--rbind", folder, "/dev")
    lines = Path("/proc/mounts").read_text().splitlines()
    places = [place for _, place, kind, *_ in map(str.split, lines) if kind == "tmpfs"]
    for place in sorted(places, reverse=True):
        subprocess.run(["umount", "--lazy", place], capture_output=True)


TRY = """
import multiprocessing, platform
from multiprocessing import shared_memory
from concurrent.futures import ProcessPoolExecutor

print("Python", platform.python_version(), "with", *platform.libc_ver())
for what in ("Lock", "Queue", "Pool", "Value"):
    try:
        getattr(multiprocessing, what)(*["i"] * (what == "Value"))
        print(what, "works")
    except OSError as error:
        print(f"{what}: {type(error).__name__}: {error}")
"""

if __name__ == "__main__":
    folder = tempfile.TemporaryDirectory()
    take_shm_away(folder.name)
    print("/dev has", sorted(os.listdir("/dev")))
    pythons = [[sys.executable]]
    if "OLDER_PYTHON" in os.environ:  # its command, with the C library of Debian 11
        pythons.append(os.environ["OLDER_PYTHON"].split())
    for python in pythons:
        done = subprocess.run([*python, "-c", TRY], capture_output=True, text=True)
        print(done.stdout)

# %%
# Which error it is depends on the C library. A newer glibc asks for a file in
# ``/dev/shm``, which is not there. An older one looks for a memory file system first and,
# if there is none, says that the function is not implemented. Both lack the same.
#
# What still works
# ----------------
# A process, a pipe, and whatever is built on sockets:


def square(number):
    return number * number


def die(code):
    os._exit(code)


def call(function, item, sender):
    try:
        sender.send((True, function(item)))
    except Exception as error:
        sender.send((False, error))


def process_map(function, items, at_once):
    """Return the function's results, each from a process of its own."""
    waiting, running, results = list(enumerate(items)), {}, {}
    while waiting or running:
        while waiting and len(running) < at_once:
            index, item = waiting.pop(0)
            receiver, sender = multiprocessing.Pipe(duplex=False)
            arguments = (function, item, sender)
            process = multiprocessing.Process(target=call, args=arguments)
            process.start()
            sender.close()  # the child has the only one: its end is seen here
            running[receiver] = index, process
        for receiver in connection.wait(running):
            index, process = running.pop(receiver)
            try:
                good, results[index] = receiver.recv()
            except EOFError:
                process.join()
                message = f"a process ended with exit code {process.exitcode}"
                good, results[index] = False, RuntimeError(message)
            process.join()
            if not good:
                for _, other in running.values():
                    other.terminate()
                raise results[index]
    return [results[index] for index in range(len(results))]


if __name__ == "__main__":
    print("processes and pipes:", process_map(square, range(6), at_once=2))
    try:
        process_map(die, [3], at_once=1)
    except RuntimeError as error:
        print("one that dies:", error)
    with ThreadPoolExecutor(2) as executor:
        print("threads:", list(executor.map(square, range(6))))
    with multiprocessing.Manager() as manager:
        queue, lock = manager.Queue(), manager.Lock()
        with lock:
            queue.put("a manager's queue and lock")
        print(queue.get())
    # sphinx_gallery_start_ignore
    subprocess.run(["umount", "--recursive", "--lazy", "/dev"], check=True)
    subprocess.run(["umount", "--lazy", *Path(folder.name).iterdir()], check=True)
    folder.cleanup()
    # sphinx_gallery_end_ignore

# %%
# What to look at
# ---------------
# ``process_map`` starts a process for each item, at most two at once. The parent reads
# a result before it joins, so a large one cannot block it, and closes its copy of the
# sender, so that a child that dies is an ``EOFError`` and not a wait for ever.
#
# A manager's lock and queue are objects of another process, reached by a socket. They
# cost a message each time, and work where the real ones cannot be made.
