"""The boxes to paste into: above the list of errors, and on the page about hangs."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from served import CHROMIUM, FLAGS, faults, serve

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("SITE") or ROOT / "docs/_build/html").absolute()
PASTE = """Traceback (most recent call last):
  File "/home/secret/shop.py", line 9, in <module>
    print(pool.map(Job().run, [1, 2]))
  File "/usr/lib/python3.13/multiprocessing/pool.py", line 540, in _handle_tasks
    put(task)
    ~~~^^^^^^
TypeError: cannot pickle '_thread.RLock' object
when serializing dict item 'secret'
"""
LIST = "article .error-list li"
# Examples that print stacks, and where the row of the table leads that fits them.
STACKS = [
    ("fork_safety/lock_at_fork", "concepts/fork.html"),
    ("fork_safety/strptime_at_fork", "fork_safety/strptime_at_fork.html"),
    ("fork_safety/half_finished_import", "fork_safety/half_finished_import.html"),
    ("communication/queue_not_joined", "communication/queue_not_joined.html"),
    ("debugging/where_is_it_stuck", "debugging/where_is_it_stuck.html"),
]


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium, or Google Chrome")
    if not (SITE / "index.html").exists():
        pytest.skip(f"no site in {SITE}: build it (make html), or name one in SITE")
    with serve(SITE) as address, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        browser.site = address
        yield browser
        browser.close()


@pytest.fixture(params=["server", "file"])
def errors(request, browser):
    """The page of errors, from a server and from a file."""
    start = browser.site if request.param == "server" else SITE.as_uri()
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.asked, page.failed = [], []
    page.on("request", lambda request: page.asked.append(request.url))  # noqa: PLW0108 -- Playwright takes functions only
    page.on("pageerror", lambda error: page.failed.append(str(error)))
    page.goto(f"{start}/reference/errors.html")
    yield page
    assert not page.failed
    page.close()


def put(page, text):
    """Put a text into the box, and wait until it has been looked up."""
    page.locator("#ask").fill("")
    page.locator(".search-summary:empty").wait_for(state="attached")
    page.locator("#ask").fill(text)
    page.locator(".search-summary:not(:empty)").wait_for()
    return page.locator(".search-summary").inner_text()


def listed(page):
    return page.locator(f"{LIST}:visible").count()


def test_a_pasted_traceback_puts_its_entry_first(errors):
    everything = listed(errors)
    said = put(errors, PASTE)
    assert said == "1 entry fits."
    assert errors.input_value("#ask") == PASTE
    first = errors.locator(".ask-results > li").first
    assert (
        first.locator("a")
        .get_attribute("href")
        .endswith("/errors/pickling.html#error-cannot-pickle")
    )
    assert "Your paste says TypeError: cannot pickle '_thread.RLock' object" in first.inner_text()
    assert errors.locator(".ask-notes").inner_text().startswith("Looked for: TypeError")
    assert "secret" not in " ".join([errors.url, *errors.asked])
    errors.locator("#ask").fill("")
    errors.locator(".search-summary:empty").wait_for(state="attached")
    assert listed(errors) == everything


def test_words_narrow_the_list_down(errors):
    everything = listed(errors)
    said = put(errors, "pickle local")
    assert 0 < listed(errors) < everything / 4
    assert said == f"{listed(errors)} of {everything} messages."
    # Also words that the list does not show: those of other versions
    put(errors, "serialize")
    ids = errors.locator(f"{LIST}:visible").evaluate_all("all => all.map((one) => one.id)")
    assert ids == ["error-cannot-pickle"]


def test_an_old_address_leads_to_its_entry(errors):
    """Entries stood on this page once."""
    errors.goto(f"{errors.url}#error-starmap")
    errors.reload()
    errors.wait_for_url("**/errors/pools.html#error-starmap")
    assert errors.locator("section#error-starmap h2").is_visible()


def test_a_message_without_an_entry_is_said_to_have_none(errors):
    everything = listed(errors)
    assert put(errors, "KeyError: 'price'") == "This message is not known here."
    assert errors.locator(".ask-results > li").count() == 0
    assert listed(errors) == everything


def test_the_list_is_there_without_scripts(browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{browser.site}/reference/errors.html")
    assert listed(page) > 25
    page.goto(f"{browser.site}/reference/errors.html#error-starmap")
    page.locator(f"{LIST}:target a").click()
    assert page.url.endswith("/errors/pools.html#error-starmap")
    assert not page.locator("#ask").is_visible()
    context.close()


@pytest.mark.parametrize(("example", "leads"), STACKS)
def test_stacks_lead_to_their_row(browser, example, leads):
    page = browser.new_page()
    page.goto(f"{browser.site}/gallery/{example}.html")
    outputs = page.locator(".pg-out pre").evaluate_all("all => all.map(one => one.textContent)")
    stacks = next(text for text in outputs if "most recent call first" in text)
    page.goto(f"{browser.site}/guides/debug_a_hang.html")
    said = put(page, stacks)
    assert re.match(r"Stacks of \d+ process(es)?: \d rows? of the table fits?\.", said)
    links = page.locator(".ask-results a").evaluate_all("all => all.map(a => a.href)")
    assert any(link.endswith(leads) for link in links), links
    assert page.locator("tr.ask-fits").count() == page.locator(".ask-results > li").count()
    page.close()


def test_what_has_no_stacks_is_said_to_have_none(browser):
    page = browser.new_page()
    page.goto(f"{browser.site}/guides/debug_a_hang.html")
    assert put(page, "it hangs").startswith("There are no stacks in this")
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("reference/errors", PASTE),
        ("search", PASTE),
        ("search", "pool hangs"),
        ("search", "KeyError: 'price'"),
        ("guides/debug_a_hang", 'Thread 0x7f (most recent call first):\n  File "queues.py", line 1 in _feed\n'),
    ],
    ids=["errors", "paste", "words", "unknown", "stacks"],
)  # fmt: skip
def test_results_are_accessible_and_fit_a_phone(browser, name, text, scheme):
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{browser.site}/{name}.html")
    put(page, text)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not faults(page, "'article'")
    context.close()
