# What does Python say to functions that a child does not find, to what comes at the end of a program, and to other rarer mistakes?
from __future__ import print_function

import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile

FROM_THE_PROMPT = """
import multiprocessing, sys
def hello(): print("hello")
if __name__ == "__main__":
    process = multiprocessing.get_context("spawn").Process(target=hello)
    process.start()
    process.join()
"""
UNDER_THE_GUARD = """
import multiprocessing
if __name__ == "__main__":
    def hello(): print("hello")
    process = multiprocessing.get_context("spawn").Process(target=hello)
    process.start()
    process.join()
"""
AFTER_THE_POOL = """
import multiprocessing
if __name__ == "__main__":
    pool = multiprocessing.get_context("METHOD").Pool(1)
    def hello(): print("hello")
    try: pool.apply_async(hello).get(PATIENCE)
    except multiprocessing.TimeoutError: pool.terminate()
"""
WITHOUT_INIT = """
import multiprocessing
class Countdown(multiprocessing.Process):
    def __init__(self, count): self.count = count
Countdown(3).start()
"""
SUBMIT_AT_EXIT = """
import atexit, concurrent.futures
if __name__ == "__main__":
    executor = concurrent.futures.ProcessPoolExecutor(1)
    atexit.register(executor.submit, abs, -1)
"""
FORK_AT_EXIT = """
import atexit, multiprocessing
atexit.register(multiprocessing.get_context("fork").Process(target=abs, args=(1,)).start)
"""
MANAGER = """
import multiprocessing
if __name__ == "__main__":
    try: multiprocessing.get_context("fork").Manager().shutdown()
    except EOFError: pass
"""
LEAK = """
from multiprocessing import shared_memory
block = shared_memory.SharedMemory(create=True, size=1)
"""


METHODS = getattr(multiprocessing, "get_all_start_methods", lambda: ["fork"])()
METHOD = "fork" if "fork" in METHODS else "spawn"
AFTER_THE_POOL = AFTER_THE_POOL.replace("METHOD", METHOD).replace(
    "PATIENCE",
    "0.5" if METHOD == "fork" else "15",  # a spawned worker starts slowly
)


class Picky(Exception):
    """An exception that pickle cannot make again: it needs two arguments."""

    def __init__(self, one, two):
        Exception.__init__(self, "needs two arguments")


def raise_picky():
    raise Picky(1, 2)


def last_words(*command, **environment):
    done = subprocess.Popen(
        [sys.executable] + list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True,
        env=dict(os.environ, **environment),
    )  # fmt: skip
    lines = [line.strip() for line in done.communicate()[0].splitlines()]
    said = [line for line in lines if "Error: " in line or "Warning: " in line]
    text = said[-1] if said else "no error"
    return text[text.index("UserWarning") :] if "UserWarning" in text else text


def of_file(program, **environment):
    folder = tempfile.mkdtemp()
    try:
        path = os.path.join(folder, "program.py")
        with open(path, "w") as file:
            file.write(program)
        said = last_words(path, **environment).replace(folder + os.sep, "")
        return said.replace((folder + os.sep).replace("\\", "\\\\"), "")
    finally:
        shutil.rmtree(folder)


def with_a_long_folder(program):
    folder = tempfile.mkdtemp("_of_a_long_name" * 6)
    try:
        return of_file(program, TMPDIR=folder)
    finally:
        shutil.rmtree(folder)


def dead_result_thread():
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)  # the traceback of the thread
    pool = multiprocessing.get_context(METHOD).Pool(1)
    try:
        pool.apply_async(raise_picky).get(1 if METHOD == "fork" else 15)
    except multiprocessing.TimeoutError:
        pass
    try:
        pool.terminate()
        return "no error"
    except AssertionError as error:
        return "AssertionError: %s" % error


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_context"):
        print("a function from the prompt: %s" % last_words("-c", FROM_THE_PROMPT))
        print("a function under the guard, spawn: %s" % of_file(UNDER_THE_GUARD))
        print(
            "a function made after the Pool, %s: %s" % (METHOD, of_file(AFTER_THE_POOL))
        )
        print(
            "a subclass of Process without super().__init__(): %s"
            % of_file(WITHOUT_INIT)
        )
        print("submit() by an exit handler: %s" % of_file(SUBMIT_AT_EXIT))
        if METHOD == "fork":
            print("start() by an exit handler, fork: %s" % of_file(FORK_AT_EXIT))
            print(
                "a Manager, temporary folder with a long name: %s"
                % with_a_long_folder(MANAGER)
            )
        leak = (
            last_words("-c", LEAK)
            if sys.version_info >= (3, 8)
            else "there is no shared memory here"
        )
        print("a shared memory block is not unlinked: %s" % leak)
        print(
            "terminate() after the thread of results has died: %s"
            % dead_result_thread()
        )
        sys.stdout.flush()
        os._exit(0)  # the broken pool would wait
    else:
        print("a function from the prompt: there is no spawn here")
