"""The site's own search: what readers paste or type, and the page that must be among the first three results.

The built site is in the folder that SITE names, or in docs/_build/html. Without it, or without a browser, these tests are skipped.
"""

from __future__ import annotations

import functools
import http.server
import os
import re
import threading
import urllib.parse
from pathlib import Path

import pytest
from served import CHROMIUM, FLAGS

ROOT = Path(__file__).parents[1]
SITE = Path(os.environ.get("SITE", ROOT / "docs/_build/html"))

ERRORS = "reference/errors.html"
# As readers paste them: with their own names, paths and numbers. The second column is the anchor of the section that must be found.
MESSAGES = [
    ("An attempt has been made to start a new process before the current process has finished its bootstrapping phase.", "guard"),
    ("RuntimeError: context has already been set", "context-set"),
    ("ValueError: cannot find context for 'forkserver'", "cannot-find-context"),
    ("DeprecationWarning: This process (pid=20817) is multi-threaded, use of fork() may lead to deadlocks in the child.", "fork-warning"),
    ("AssertionError: daemonic processes are not allowed to have children", "bound-daemon"),
    ("cannot start a process twice", "process-twice"),
    ("AssertionError: can only join a started process", "process-twice"),
    ("AssertionError: can only test a child process", "only-child"),
    ("AttributeError: 'Worker' object has no attribute '_closed'", "process-twice"),
    ("ChildProcessError: [Errno 10] No child processes", "no-child-processes"),
    ("TypeError: 'int' object is not iterable", "not-iterable"),
    ("_pickle.PicklingError: Can't pickle <function <lambda> at 0x7f12a0b1c2d0>: attribute lookup <lambda> on __main__ failed", "pickle-lambda"),
    ("PicklingError: Can't pickle <function <lambda> at 0x103>: it's not found as __main__.<lambda>", "pickle-lambda"),
    ("AttributeError: Can't pickle local object 'train.<locals>.collate'", "pickle-local"),
    ("AttributeError: Can't get local object 'run.<locals>.worker'", "pickle-local"),
    ("Can't pickle <function task at 0x7f>: it's not the same object as mymodule.task", "not-same-object"),
    ("TypeError: cannot pickle '_thread.lock' object", "cannot-pickle"),
    ("TypeError: can't pickle _thread.lock objects", "cannot-pickle"),
    ("TypeError: cannot pickle '_io.TextIOWrapper' object", "cannot-pickle"),
    ("TypeError: cannot pickle 'generator' object", "cannot-pickle"),
    ("AttributeError: Can't get attribute 'f' on <module '__main__' (built-in)>", "cannot-get-attribute"),
    ("AttributeError: module '__main__' has no attribute 'square'", "cannot-get-attribute"),
    ("AttributeError: Can't get attribute 'f' on <module '__mp_main__' from '/home/me/run.py'>", "cannot-get-attribute"),
    ("AttributeError: module '__mp_main__' has no attribute 'square'", "cannot-get-attribute"),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/home/me/<stdin>'", "stdin"),
    ("self._semlock = _multiprocessing.SemLock._rebuild(*state) FileNotFoundError: [Errno 2] No such file or directory", "semlock-rebuild"),
    ("A SemLock created in a fork context is being shared with a process in a spawn context. This is not supported.", "semlock-context"),
    ("RuntimeError: Queue objects should only be shared between processes through inheritance", "inheritance"),
    ("Synchronized objects should only be shared between processes through inheritance", "inheritance"),
    ("AttributeError: 'NoneType' object has no attribute 'put'", "nonetype-put"),
    ("concurrent.futures.process.BrokenProcessPool: A process in the process pool was terminated abruptly while the future was running or pending.", "broken-process-pool"),
    ("A child process terminated abruptly, the process pool is not usable anymore", "broken-process-pool"),
    ("multiprocessing.pool.MaybeEncodingError: Error sending result: '<generator object f at 0x7f>'. Reason: 'TypeError(...)'", "maybe-encoding-error"),
    ("TypeError: __init__() missing 1 required positional argument: 'reason'", "missing-argument-exception"),
    ("Cannot have cache with result_hander not alive", "missing-argument-exception"),
    ("NotImplementedError: pool objects cannot be passed between processes or pickled", "pool-pickled"),
    ("ValueError: Pool not running", "pool-not-running"),
    ("RuntimeError: cannot schedule new futures after shutdown", "pool-not-running"),
    ("RuntimeError: cannot schedule new futures after interpreter shutdown", "pool-not-running"),
    ("OSError: AF_UNIX path too long", "address-in-use"),
    ("max_tasks_per_child is incompatible with the 'fork' multiprocessing start method", "max-tasks-per-child"),
    ("multiprocessing.pool.RemoteTraceback", "remote-traceback"),
    ("BrokenPipeError: [Errno 32] Broken pipe", "broken-pipe"),
    ("OSError: [Errno 98] Address already in use", "address-in-use"),
    ("ConnectionRefusedError: [Errno 111] Connection refused", "connection-refused"),
    ("multiprocessing.context.AuthenticationError: digest sent was rejected", "authentication-error"),
    ("ValueError: semaphore or lock released too many times", "released-too-often"),
    ("threading.BrokenBarrierError", "broken-barrier"),
    ("sqlite3.OperationalError: disk I/O error", "sqlite-io-error"),
    ("/usr/lib/python3.11/multiprocessing/resource_tracker.py:224: UserWarning: resource_tracker: There appear to be 3 leaked shared_memory objects to clean up at shutdown", "leaked-shared-memory"),
    ("FileNotFoundError: [Errno 2] No such file or directory: '/psm_21467_46075'", "psm-not-found"),
    ("BufferError: cannot close exported pointers exist", "exported-pointers"),
    ("OSError: [Errno 24] Too many open files", "too-many-files"),
    ("Process finished with exit code -9", "exit-code-9"),
]  # fmt: skip
WORDS = [
    ("choose a start method", "guides/choose_start_method.html"),
    ("python 3.14 forkserver upgrade", "guides/move_to_forkserver.html"),
    ("share large numpy array between processes", "guides/share_a_large_array.html"),
    ("progress bar pool", "guides/see_progress.html"),
    ("stop workers cleanly", "guides/stop_cleanly.html"),
    ("log from several processes", "guides/log_from_workers.html"),
    ("my program hangs debug", "guides/debug_a_hang.html"),
    ("multiprocessing jupyter notebook", "guides/notebooks.html"),
    ("gunicorn preload", "guides/web_servers.html"),
    ("pytest multiprocessing", "guides/pytest.html"),
    ("pyinstaller frozen executable", "guides/frozen_programs.html"),
    ("test every start method", "guides/test_every_start_method.html"),
    ("fork safe library", "guides/fork_safe_library.html"),
    ("several machines dask ray", "guides/leave_one_machine.html"),
    ("GIL threads processes", "concepts/gil.html"),
    ("copy on write memory", "concepts/memory.html"),
    ("async-signal-safe", "concepts/fork.html"),
    ("folklore", "concepts/folklore.html"),
    ("Ctrl-C hangs a Pool", "concepts/folklore.html"),
    ("fork is faster than spawn", "guides/choose_start_method.html"),
    ("forkserver and spawn are slower than fork", "concepts/folklore.html"),
    ("glossary zombie orphan", "reference/glossary.html"),
    ("version history", "reference/history.html"),
    ("first process tutorial", "tutorial/first_process.html"),
    ("killed worker", "gallery/pools/killed_worker.html"),
    ("pool map hangs after a worker was killed", "concepts/folklore.html"),
    ("random numbers same in every worker", "gallery/fork_safety/same_random_numbers.html"),
    ("multiprocessing.Barrier", "reference/examples_by_name.html"),
    ("multiprocessing.Pool", "reference/examples_by_name.html"),
    ("multiprocessing.pool.Pool.imap_unordered", "reference/examples_by_name.html"),
    ("concurrent.futures.as_completed", "reference/examples_by_name.html"),
    ("os.register_at_fork", "reference/examples_by_name.html"),
    ("faulthandler.dump_traceback_later", "reference/examples_by_name.html"),
]

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def found():
    """Return a function that types a query into the search, and returns the first three links."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium in PATH")
    if not (SITE / "search.html").exists():
        pytest.skip(f"there is no built site in {SITE}: make html, or name one in SITE")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(SITE))
    ) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        with playwright.sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()

            def search(query):
                page.goto(
                    f"http://127.0.0.1:{server.server_port}/search.html?q={urllib.parse.quote(query)}"
                )
                page.locator(
                    ".search-summary", has_text=re.compile(r"Search finished|did not match")
                ).wait_for()
                links = page.locator("ul.search li > a:first-child").evaluate_all(
                    "links => links.map(a => a.getAttribute('href'))"
                )
                return [link.split("?")[0] for link in links[:3]]

            yield search
            browser.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("query", "anchor"), MESSAGES)
def test_a_pasted_message_finds_its_section(found, query, anchor):
    links = found(query)
    wanted = ids_of(anchor)
    print(links)
    assert any(link.partition("#")[0] == ERRORS for link in links)
    assert any(link.partition("#")[2] in wanted for link in links if link.startswith(ERRORS)), (
        f"none of {links} leads to #error-{anchor}"
    )


@pytest.mark.parametrize(("query", "page"), WORDS)
def test_words_of_a_reader_find_the_page(found, query, page):
    links = found(query)
    print(links)
    assert page in [link.partition("#")[0] for link in links]


@functools.cache
def sections():
    """Return the sections of the page of messages: anchor, and its HTML."""
    html = (SITE / ERRORS).read_text(encoding="utf-8")
    return dict(re.findall(r'<section id="error-([\w-]+)"(.*?)(?=<section|\Z)', html, re.DOTALL))


def ids_of(anchor):
    """Return the anchors that lead into a section."""
    return {f"error-{anchor}", *re.findall(r'\bid="([^"]+)"', sections()[anchor])}
