# What does a reader see who makes a mistake: the whole output, as it would be pasted into a search?
from __future__ import print_function

import os
import shutil
import subprocess
import sys
import tempfile
import threading

START = """
import multiprocessing, os, threading, time
def context(method):
    get = getattr(multiprocessing, "get_context", None)
    return get(method) if get else multiprocessing
def double(number): return 2 * number
"""
EXECUTOR = "from concurrent.futures import ProcessPoolExecutor\n"
MAIN = '\nif __name__ == "__main__":\n'
# By the names of the entries that the page of errors has for them.
MISTAKES = [
    ("guard", """
process = multiprocessing.get_context("spawn").Process(target=double, args=(1,))
process.start()
process.join()
"""),
    ("pickle-lambda", MAIN + """
    multiprocessing.Pool(1).map(lambda number: number, [1])
"""),
    ("pickle-local", """
def outer():
    def inner(number): return number
    return inner
""" + MAIN + """
    context("spawn").Pool(1).map(outer(), [1])
"""),
    ("cannot-pickle", """
class Job(object):
    def __init__(self): self.lock = threading.Lock()
    def work(self, number): return number
""" + MAIN + """
    multiprocessing.get_context("spawn").Process(target=Job().work, args=(1,)).start()
"""),
    ("cannot-get-attribute", MAIN + """
    def late(number): return number
    process = multiprocessing.get_context("spawn").Process(target=late, args=(1,))
    process.start()
    process.join()
"""),
    ("inheritance", MAIN + """
    context("fork").Pool(1).map(double, [multiprocessing.Queue()])
"""),
    ("bound-daemon", """
def nested(number): return multiprocessing.Pool(1).map(double, [number])
""" + MAIN + """
    context("fork").Pool(1).map(nested, [1])
"""),
    ("process-twice", MAIN + """
    process = context("fork").Process(target=double, args=(1,))
    process.start()
    process.join()
    process.start()
"""),
    ("not-iterable", MAIN + """
    context("fork").Process(target=double, args=(1)).start()
"""),
    ("starmap", """
def power(base, exponent): return base ** exponent
""" + MAIN + """
    context("fork").Pool(1).map(power, [(2, 3)])
"""),
    ("pool-pickled", """
class Runner(object):
    def __init__(self): self.pool = context("fork").Pool(1)
    def work(self, number): return number
    def run(self): return self.pool.map(self.work, [1])
""" + MAIN + """
    Runner().run()
"""),
    ("maybe-encoding-error", """
def lock(number): return threading.Lock()
""" + MAIN + """
    context("fork").Pool(1).map(lock, [1])
"""),
    ("pool-not-running", MAIN + """
    pool = context("fork").Pool(1)
    pool.close()
    pool.map(double, [1])
"""),
    ("remote-traceback", """
def price(name): return {}[name]
""" + MAIN + """
    context("fork").Pool(1).map(price, ["tea"])
"""),
    ("broken-process-pool", EXECUTOR + """
def crash(number): os._exit(3)
""" + MAIN + """
    with ProcessPoolExecutor(1) as executor: print(list(executor.map(crash, [1])))
"""),
    ("missing-argument-exception", EXECUTOR + """
class ApiError(Exception):
    def __init__(self, status, body):
        Exception.__init__(self, status)
def fail(number): raise ApiError(500, "no")
""" + MAIN + """
    with ProcessPoolExecutor(1) as executor: print(list(executor.map(fail, [1])))
"""),
    ("semlock-rebuild", """
def use(lock): pass
""" + MAIN + """
    spawn = multiprocessing.get_context("spawn")
    process = spawn.Process(target=use, args=(spawn.Lock(),))
    process.start()
    process._args = ()
    process.join()
"""),
    ("nonetype-put", """
results = None
def work(number): results.put(number)
""" + MAIN + """
    spawn = multiprocessing.get_context("spawn")
    results = spawn.Queue()
    process = spawn.Process(target=work, args=(1,))
    process.start()
    process.join()
"""),
    ("connection-refused", """
from multiprocessing.connection import Client
""" + MAIN + """
    Client(("localhost", 9))
"""),
    ("released-too-often", MAIN + """
    multiprocessing.Lock().release()
"""),
]  # fmt: skip
NOT_IN_2 = ["pickle-local", "pool-pickled", "pool-not-running", "remote-traceback"]


def start(program, folder):
    with open(os.path.join(folder, "program.py"), "w") as file:
        file.write(START + program)
    return subprocess.Popen(
        [sys.executable, "program.py"], cwd=folder, universal_newlines=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def output(process, folder):
    # On some versions a mistake has no end.
    timer = threading.Timer(10, process.kill)
    timer.start()
    said = process.communicate()[0]
    timer.cancel()
    return "" if process.returncode == -9 else said.replace(folder + os.sep, "").strip()


if __name__ == "__main__":
    running = []
    for name, program in MISTAKES:
        # What 2.7 does not have, or says in words that would fit several entries.
        unknown = "get_context" in program or EXECUTOR in program or name in NOT_IN_2
        if sys.version_info[0] == 2 and unknown:
            continue
        # Before 3.7 an executor waits for ever for an exception that cannot be read.
        if sys.version_info < (3, 7) and name == "missing-argument-exception":
            continue
        folder = tempfile.mkdtemp()
        running.append((name, start(program, folder), folder))
    for name, process, folder in running:
        said = output(process, folder)
        shutil.rmtree(folder)
        if said:
            print("== " + name)
            print(said)
