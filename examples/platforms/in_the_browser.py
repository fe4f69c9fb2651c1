"""
In the browser
==============

In a browser Python runs on WebAssembly, which has no processes. :mod:`multiprocessing`
can be imported there, names a start method, and fails as soon as something starts.

So a check at import finds nothing. This ran on Pyodide, which JupyterLite, PyScript and
marimo's playground have inside.
"""

# sphinx_gallery_needs = ["pyodide"]
# sphinx_gallery_timeout = 120
# sphinx_gallery_tags = ["WebAssembly", "Pyodide", "ModuleNotFoundError"]

import multiprocessing
import os
import sys
import threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

# sphinx_gallery_start_ignore
if sys.platform != "emscripten":
    print("This example needs Pyodide, which runs in a browser.")
    raise SystemExit
# sphinx_gallery_end_ignore


def attempt(name, action):
    try:
        print(f"{name}: {action()}")
    except Exception as error:
        print(f"{name}: {type(error).__name__}: {str(error).splitlines()[0]}")


if __name__ == "__main__":
    attempt("the start method", multiprocessing.get_start_method)
    attempt("cpu_count()", multiprocessing.cpu_count)
    attempt("Process.start()", multiprocessing.Process(target=print).start)
    attempt("Pool(1)", lambda: multiprocessing.Pool(1))
    attempt(
        "ProcessPoolExecutor", lambda: ProcessPoolExecutor(1).submit(abs, -1).result()
    )
    attempt("Queue()", multiprocessing.Queue)
    attempt("Lock()", multiprocessing.Lock)
    attempt("os.fork()", lambda: os.fork())
    attempt("Thread.start()", threading.Thread(target=print).start)
    attempt(
        "ThreadPoolExecutor", lambda: ThreadPoolExecutor(1).submit(abs, -1).result()
    )
