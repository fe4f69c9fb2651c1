"""The site's own search: what readers paste or type, and the page that must be among the first three results.

The built site is in the folder that SITE names, or in docs/_build/html. Without it, or without a browser, these tests are skipped.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from served import CHROMIUM, FLAGS, serve

ROOT = Path(__file__).parents[1]
SITE = Path(os.environ.get("SITE", ROOT / "docs/_build/html"))

ERRORS = "reference/errors.html"
SAID = re.compile(r"Search finished|did not match")
WEIGHT, REQUESTS = 60_000, 10
"""What the page of the search may transfer, compressed, with all that it needs; and in how many requests."""
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
    ("doctest multiprocessing", "guides/doctests.html"),
    ("pyinstaller frozen executable", "guides/frozen_programs.html"),
    ("test every start method", "guides/test_every_start_method.html"),
    ("fork safe library", "guides/fork_safe_library.html"),
    ("several machines dask ray", "guides/leave_one_machine.html"),
    ("GIL threads processes", "concepts/gil.html"),
    ("copy on write memory", "concepts/memory.html"),
    ("async-signal-safe", "concepts/fork.html"),
    ("folklore", "concepts/folklore.html"),
    ("Ctrl-C hangs a Pool", "concepts/folklore/starting_and_stopping.html"),
    ("fork is faster than spawn", "guides/choose_start_method.html"),
    ("forkserver and spawn are slower than fork", "concepts/folklore.html"),
    ("glossary zombie orphan", "reference/glossary.html"),
    ("version history", "reference/history.html"),
    ("first process tutorial", "tutorial/first_process.html"),
    ("killed worker", "gallery/pools/killed_worker.html"),
    ("pool map hangs after a worker was killed", "concepts/folklore/pools.html"),
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
def page():
    """Return a page of the browser, and the address of the site; what was requested is in `page.asked`."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium in PATH")
    if not (SITE / "search.html").exists():
        pytest.skip(f"there is no built site in {SITE}: make html, or name one in SITE")
    with serve(SITE) as address, playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.site, page.asked = address, []
        page.on("requestfinished", lambda request: page.asked.append(request))  # noqa: PLW0108 -- Playwright takes functions only
        yield page
        browser.close()


def ask(page, text):
    """Put a text into the search; return the links that it gives."""
    if not page.url.endswith("/search.html"):
        page.goto(f"{page.site}/search.html")
    page.locator("#ask").fill("")
    page.locator(".search-summary:empty").wait_for(state="attached")
    page.locator("#ask").fill(text)
    page.locator(".search-summary", has_text=SAID).wait_for()
    return page.locator("ul.search li > a:first-child").evaluate_all(
        "links => links.map(a => a.getAttribute('href'))"
    )


@pytest.fixture
def found(page):
    """Return a function that gives the first three links for a query."""
    return lambda query: ask(page, query)[:3]


@pytest.mark.parametrize(("query", "anchor"), MESSAGES)
def test_a_pasted_message_finds_its_section(found, query, anchor):
    links = found(query)
    assert rank(links, entry(anchor)), f"none of {links} leads to #error-{anchor}"


@pytest.mark.parametrize(("query", "wanted"), WORDS)
def test_words_of_a_reader_find_the_page(found, query, wanted):
    links = found(query)
    print(links)
    assert wanted in [link.partition("#")[0] for link in links]


@functools.cache
def entry(name):
    """Return the address of an error's entry, below the site."""
    for path in (ROOT / "docs/reference/errors").glob("*.md"):
        if f"(error-{name})=" in path.read_text(encoding="utf-8"):
            return f"reference/errors/{path.stem}.html#error-{name}"
    raise ValueError(f"there is no entry error-{name}")


@functools.cache
def ids(name, anchor):
    """Return the anchors that lead into a section of a page, those of sections below it included."""
    html = (SITE / name).read_text(encoding="utf-8")
    depth, start = 0, html.index(f'<section id="{anchor}"')
    for tag in re.finditer(r"<(/?)section\b", html[start:]):
        depth += -1 if tag[1] else 1
        if not depth:
            return {anchor, *re.findall(r'\bid="([^"]+)"', html[start : start + tag.end()])}
    raise ValueError(f"{name}: the section {anchor} has no end")


# -- Questions as they are asked: how many are answered by the first link, and by the first three


def questions():
    for line in (ROOT / "tests/questions.tsv").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")[1:]


def rank(links, wanted):
    """Return the place of the first link that leads to one of the pages or sections, or None."""
    for place, link in enumerate(links, 1):
        name, _, anchor = link.partition("#")
        for one in wanted.split():
            page_of_it, _, section = one.partition("#")
            if name == page_of_it and (not section or anchor in ids(page_of_it, section)):
                return place
    return None


def test_questions_find_their_answers(page):
    places, misses = defaultdict(list), []
    for kind, text, wanted in questions():
        links = ask(page, text)
        place = rank(links, wanted) if wanted != "NONE" else None if links else 1
        places["unknown" if wanted == "NONE" else kind].append(place or 99)
        if place != 1:
            misses.append(f"{place} {text} {links[:3]}")
    print(*misses, sep="\n")

    def part(kind, most):
        return sum(place <= most for place in places[kind]) / len(places[kind])

    assert len(places["question"]) >= 70
    assert part("question", 1) >= 0.8
    assert part("question", 3) >= 0.92
    assert part("error", 1) >= 0.95
    assert part("unknown", 1) >= 0.9


# -- Words of readers, which stand with the sections that answer them


def phrases():
    sys.path.append(str(ROOT / "docs/_extensions"))
    from search_index import readers_words  # noqa: PLC0415 -- only where Sphinx is installed

    places = readers_words((ROOT / "docs/readers_words.txt").read_text(encoding="utf-8"))[1]
    return [(place, phrase) for place, its in places.items() for phrase in its]


def test_the_words_of_readers_lead_to_their_section(page):
    misses = []
    for place, phrase in phrases():
        name, _, anchor = place.partition("#")
        links = ask(page, phrase)[:3]
        if not rank(links, f"{name}.html{anchor and '#'}{anchor}"):
            misses.append(f"{place}: {phrase}: {links}")
    assert not misses


def test_python_and_the_browser_shorten_words_alike(page):
    sys.path.append(str(ROOT / "docs/_extensions"))
    from search_index import words  # noqa: PLC0415 -- only where Sphinx is installed

    texts = [phrase for _, phrase in phrases()] + [text for _, text, _ in questions()]
    ask(page, "pool")
    got = page.evaluate("texts => texts.map((text) => siteSearch.words(text))", texts)
    assert got == [words(text) for text in texts]


# -- Privacy, weight, and without a server

PASTE = """Process ForkPoolWorker-1:
Traceback (most recent call last):
  File "/home/secret/shop.py", line 9, in <module>
    print(pool.map(Job().run, [1, 2]))
  File "/usr/lib/python3.13/multiprocessing/pool.py", line 367, in map
    return self._map_async(func, iterable, mapstar, chunksize).get()
           ~~~~~~~~~~~~~~~~^^^^^^^^^^^^^^^^
TypeError: cannot pickle '_thread.RLock' object
when serializing dict item 'secret'
when serializing shop.Job state
"""


def test_a_paste_goes_no_further_than_the_page(page):
    page.goto(f"{page.site}/index.html")
    del page.asked[:]
    page.locator(".sidebar-search").evaluate(
        """(box, text) => { box.focus(); const data = new DataTransfer(); data.setData("text", text);
        box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data })); box.value = text; }""",
        PASTE,
    )
    page.wait_for_timeout(50)
    page.keyboard.press("Enter")
    page.locator(".search-summary", has_text=SAID).wait_for()
    assert page.input_value("#ask") == PASTE, "with its ends of lines"
    assert page.url == f"{page.site}/search.html"
    assert "secret" not in " ".join(request.url for request in page.asked)
    assert not [request for request in page.asked if request.post_data]
    assert (
        page.locator(".ask-notes").inner_text().startswith("Looked for: TypeError: cannot pickle")
    )
    links = page.locator("ul.search li > a:first-child")
    assert links.first.get_attribute("href") == entry("cannot-pickle")
    links.first.click()
    page.wait_for_load_state()
    assert "secret" not in page.url
    assert page.locator(".highlighted").count() == 0
    page.go_back()
    page.locator(".search-summary", has_text=SAID).wait_for()
    assert page.input_value("#ask") == PASTE


@pytest.mark.parametrize("query", ["my pool hangs", "kubernetes operator hangs", PASTE])
def test_the_search_fetches_little(page, query):
    context = page.context.browser.new_context()
    fresh, sizes = context.new_page(), {}
    fresh.on("requestfinished", lambda done: sizes.update({done.url: done.sizes()}))
    fresh.goto(f"{page.site}/search.html")
    fresh.locator("#ask").fill(query)
    fresh.locator(".search-summary", has_text=SAID).wait_for()
    fresh.wait_for_timeout(500)
    assert fresh.locator("ul.search > li").count() <= 30
    assert len(sizes) <= REQUESTS
    rare = "search_words.js"  # for words that are in running text only, or nowhere
    assert any(url.endswith(rare) for url in sizes) == ("kubernetes" in query)
    weight = sum(its["responseBodySize"] for url, its in sizes.items() if not url.endswith(rare))
    assert weight <= WEIGHT, sizes
    context.close()


def test_an_unknown_message_is_said_to_be_unknown(page):
    assert ask(page, "OSError: [Errno 71] Protocol error") == []
    assert "not known here" in page.locator(".search-summary").inner_text()
    links = page.locator(".ask-notes > p > a").evaluate_all("links => links.map(a => a.href)")
    assert links == [f"{page.site}/{ERRORS}", f"{page.site}/guides/debug_a_hang.html"]


def test_the_search_works_from_a_file(page):
    context = page.context.browser.new_context()
    fresh, errors = context.new_page(), []
    fresh.on("pageerror", lambda error: errors.append(str(error)))
    fresh.goto((SITE / "guides/index.html").absolute().as_uri())
    fresh.locator(".sidebar-search").fill("pool hangs")
    fresh.keyboard.press("Enter")
    fresh.locator(".search-summary", has_text="Search finished").wait_for()
    fresh.locator("ul.search li > a").first.click()
    fresh.wait_for_load_state()
    assert fresh.url.startswith("file:")
    assert "search.html" not in fresh.url
    assert not errors
    context.close()


# -- Whole tracebacks, as every version prints them: docs/matrix/whole_tracebacks.py provoked them

TRACEBACKS = sorted((ROOT / "docs/records/matrix/whole_tracebacks").glob("*.json"))


def tracebacks(path):
    """Return what each mistake printed: the name of its entry, and the text."""
    record = json.loads(path.read_text(encoding="utf-8"))
    text = "".join(piece["text"] for cell in record["cells"] for piece in cell["output"])
    return re.findall(r"^== (\S+)\n(.*?)(?=^== |\Z)", text, re.DOTALL | re.MULTILINE)


def test_there_are_tracebacks_of_every_version():
    versions = {tuple(map(int, path.name.split("-")[1].split("."))) for path in TRACEBACKS}
    assert versions >= {(2, 7), *((3, minor) for minor in range(6, 16))}


@pytest.mark.parametrize("path", TRACEBACKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("flat", [False, True], ids=["lines", "one line"])
def test_a_whole_traceback_finds_its_entry_first(page, path, flat):
    """With its ends of lines; and without, as a box of one line leaves it."""
    misses, pasted = [], tracebacks(path)
    for name, text in pasted:
        links = ask(page, " ".join(text.split("\n")) if flat else text)
        if not rank(links[:1], entry(name)):
            misses.append(f"{name}: {links[:2]}")
    assert len(pasted) >= 8
    # On some versions and with some start methods another error comes first, which has an entry, too.
    assert len(misses) <= len(pasted) // 20, misses
