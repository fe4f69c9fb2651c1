# Who runs the body of the main file under forkserver, and what if the body serves, waits or fails?
# sphinx_gallery_every_release = True
# sphinx_gallery_timeout = 180
from __future__ import print_function

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

QUIET = (
    3  # seconds: a program hangs if none of its processes has used a CPU for so long
)
PATIENCE = 60  # seconds, in any case

# What each program begins and ends with. The body that is tried stands before or after the main part.
HEAD = """
import multiprocessing, os, socket, sys, time
name = multiprocessing.current_process().name
parent = getattr(multiprocessing, "parent_process", lambda: "(new in 3.8)")()
def task(): pass
"""
MAIN = """
if __name__ == "__main__":
    multiprocessing.set_start_method("forkserver")
    multiprocessing.set_forkserver_preload(PRELOAD)
    for _ in range(2):
        process = multiprocessing.Process(target=task)
        process.start()
        print("start() returned", flush=True)
        process.join()
        print("exit code", process.exitcode, flush=True)
"""
SAY = 'print("body run by", name, "with parent_process()", parent, flush=True)'
LISTEN = 'listener = socket.socket(); listener.bind(("127.0.0.1", %d))'
COUNT = "times the body is run, for a program and two children"
WAIT = "time.sleep(60)"
IMPORTED = 'if __name__ != "__main__": '
MAIN_PROCESS = 'if name == "MainProcess": '
BOTH = 'if __name__ != "__main__" and name == "MainProcess": '


def run(before="", after="", preload=("__main__",), module=""):
    """Run a program; return its lines, and whether it ended by itself."""
    folder = tempfile.mkdtemp()
    try:
        main = MAIN.replace("PRELOAD", repr(list(preload)))
        for name, text in (
            ("program.py", HEAD + before + main + after + "\n"),
            ("preloaded.py", module),
        ):
            with open(os.path.join(folder, name), "w") as file:
                file.write(text)
        with open(os.path.join(folder, "said"), "w+") as said:
            program = subprocess.Popen(
                [sys.executable, "program.py"],
                cwd=folder,
                stdout=said,
                stderr=said,
                start_new_session=True,  # to be ended with all that it started
            )
            ended = not hangs(program)
            try:
                os.killpg(program.pid, signal.SIGKILL)
            except OSError:  # nobody is left
                pass
            program.wait()
            said.seek(0)
            return said.read().splitlines(), ended
    finally:
        shutil.rmtree(folder)


def used(session):
    """Return how much CPU the processes of a session have used, as far as this system tells."""
    total = 0
    for pid in filter(
        str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else ()
    ):
        try:
            with open("/proc/%s/stat" % pid) as file:
                fields = file.read().rpartition(")")[2].split()
        except (IOError, OSError):  # it has ended
            continue
        if int(fields[3]) == session:
            total += sum(map(int, fields[11:15]))
    return total


def hangs(program):
    """Wait until a program ends, or does no more."""
    began = moved = time.time()
    before = 0
    while program.poll() is None:
        now = used(program.pid)
        if now != before:
            before, moved = now, time.time()
        if time.time() - moved > QUIET or time.time() - began > PATIENCE:
            return True
        time.sleep(0.05)
    return False


def end_of(*args, **options):
    """Return how a program goes on from the start of its first child."""
    lines, ended = run(*args, **options)
    codes = [line.split()[-1] for line in lines if line.startswith("exit code")]
    errors = [line for line in lines if line[:1].isupper() and "Error" in line]
    started = "start() returned" in lines
    if not ended:
        return "%s does not return" % ("join()" if started else "start()")
    if len(codes) < 2:
        return "start() raises %s" % (errors or lines)[-1]
    shown = "; shown: " + errors[0] if errors else "; no error is shown"
    return "the children end with %s%s" % (" and ".join(codes), shown)


def say(key, value):
    print("%s: %s" % (key, value))
    sys.stdout.flush()


if __name__ == "__main__":
    if "forkserver" not in getattr(multiprocessing, "get_all_start_methods", list)():
        say(COUNT, "there is no forkserver here")
        sys.exit()
    bodies = [line for line in run(SAY)[0] if line.startswith("body")]
    say(COUNT, len(bodies))
    say("it is run by", ", ".join(line[12:] for line in bodies[1:]))
    bodies = [line for line in run(MAIN_PROCESS + SAY)[0] if line.startswith("body")]
    say("times it is run under a guard by the name MainProcess", len(bodies))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    say("the body opens a port under that guard", end_of(MAIN_PROCESS + LISTEN % port))
    say("the body ends with a wait, under that guard", end_of("", BOTH + WAIT))
    say("the body ends with a wait, when imported", end_of("", IMPORTED + WAIT))
    say(
        "the body raises ValueError, when imported",
        end_of(IMPORTED + "raise ValueError"),
    )
    say("the body calls sys.exit(1), when imported", end_of(IMPORTED + "sys.exit(1)"))
    for error in ("ImportError", "ValueError"):
        say(
            "a preloaded module raises %s" % error,
            end_of(preload=["__main__", "preloaded"], module="raise %s" % error),
        )
