# /// script
# requires-python = ">=3.11"
# dependencies = ["celery"]
# ///
"""
Processes inside a Celery task
==============================

A task that starts a process fails in Celery's usual worker. That worker runs its tasks
in *prefork* processes, these are daemonic, and daemonic processes are not allowed to
have children. In a worker of another kind the same task works.

No broker is needed to see it: here the messages are files in a folder.
"""

# sphinx_gallery_needs = ["celery", "linux"]
# sphinx_gallery_tags = ["Celery", "Pool", "ProcessPoolExecutor", "fork", "signals"]
# sphinx_gallery_timeout = 60

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

# sphinx_gallery_start_ignore
if importlib.util.find_spec("celery") is None:
    print("This example needs Celery, which is not installed.")
    raise SystemExit
# sphinx_gallery_end_ignore

TASKS = """\
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor

import billiard
import celery

app = celery.Celery("tasks", broker="filesystem://", backend="file://results")
app.conf.broker_transport_options = {
    "data_folder_in": "messages",
    "data_folder_out": "messages",
    "control_folder": "control",
    "polling_interval": 0.05,
}
app.conf.worker_lost_wait = 1

def square(n):
    return n * n

@app.task
def with_pool():
    with multiprocessing.Pool(2) as pool:
        return pool.map(square, range(4))

@app.task
def with_executor():
    with ProcessPoolExecutor(2) as executor:
        return list(executor.map(square, range(4)))

@app.task
def with_billiard():
    with billiard.Pool(2) as pool:
        return pool.map(square, range(4))

@app.task
def who():
    process = multiprocessing.current_process()
    return f"{process.name}, daemonic: {process.daemon}"

@app.task
def square_task(n):
    return square(n)

@app.task
def killed():
    os.kill(os.getpid(), signal.SIGKILL)
"""


@contextlib.contextmanager
def worker(pool, concurrency):
    """A Celery worker with a pool of that kind; its tasks as a module."""
    home = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in "messages", "results", "control":
            os.mkdir(name)
        Path("tasks.py").write_text(TASKS)
        specification = importlib.util.spec_from_file_location("tasks", "tasks.py")
        tasks = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(tasks)
        command = [sys.executable, "-m", "celery", "-A", "tasks", "worker"]
        command += ["--pool", pool, "--concurrency", str(concurrency)]
        command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with open("log", "w") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            yield tasks
        finally:
            process.terminate()
            process.wait()
            os.chdir(home)


def ask(task):
    """Run it in the worker; print what it returned, or how it failed."""
    try:
        answer = task.delay().get(timeout=20, interval=0.02)
    except Exception as error:
        answer = traceback.format_exception_only(error)[-1].strip()
    print(f"  {task.name.removeprefix('tasks.'):14} {answer}")


def print_errors():
    """What the worker wrote into its log about failures, without the tracebacks."""
    for line in Path("log").read_text().splitlines():
        if "ERROR/" in line:
            print(" ", line.partition("ERROR/")[2])


if __name__ == "__main__":
    with worker("prefork", 1) as tasks:
        print("--pool prefork, which is the default")
        ask(tasks.who)
        ask(tasks.with_pool)
        ask(tasks.with_executor)
        ask(tasks.with_billiard)
        print("in its log")
        print_errors()

# %%
# Both pools of the standard library refuse. Celery starts its processes with billiard,
# its own copy of :mod:`multiprocessing`, and billiard writes into the standard library,
# too, which process this is and that it is daemonic. Its own ``Pool`` does not ask.
#
# Other kinds of worker
# ---------------------
# ``threads`` and ``solo`` run a task in the worker's main process.

if __name__ == "__main__":
    for kind in "threads", "solo":
        with worker(kind, 1) as tasks:
            print("--pool", kind)
            ask(tasks.who)
            ask(tasks.with_pool)

# %%
# More tasks instead
# ------------------
# What Celery is made for: a task for each piece, in as many processes as the worker was
# told to have. And if such a process is killed, as the kernel does when memory is
# short, Celery fails its task, and goes on.

if __name__ == "__main__":
    with worker("prefork", 2) as tasks:
        import celery

        pieces = celery.group(tasks.square_task.s(n) for n in range(4))
        print("a group:", pieces.delay().get(timeout=20, interval=0.02))
        ask(tasks.killed)
        ask(tasks.who)

# %%
# What to look at
# ---------------
# The first line of each table: the process that runs the task is daemonic, or it is
# not. The rest follows from that.
#
# With ``threads`` several tasks run at once in one process. There ``fork`` would copy a
# program that has threads; since Python 3.14 no pool forks unless it is asked to.
#
# Celery waits ten seconds before it calls a process lost (``worker_lost_wait``; here it
# is one second). A ``Pool`` would :doc:`never notice </gallery/pools/killed_worker>`.
#
# What to do
# ----------
# :doc:`/guides/celery` says which way is for whom.
