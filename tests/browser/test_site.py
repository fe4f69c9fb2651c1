"""The built site in a real browser: accessibility, what it fetches, weight, layout shift, policy, print, from a file.

The site is that of the environment variable SITE (a folder), else docs/_build/html; axe-core is that of AXE_PATH, else the one
that comes with axe-playwright-python. Without one of them, tests are skipped and say so.
"""

from __future__ import annotations

import gzip
import os
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from served import CHROMIUM, FIGURES, FLAGS, KINDS, PAGES, SHIFT, faults, serve

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("SITE") or ROOT / "docs/_build/html").absolute()
TEXT_LIMIT, FIGURE_LIMIT = 45_000, 90_000
INDEX, INDEX_LIMIT = "gallery/index", 52_000  # of 150 examples, each with a picture
"""Bytes that a first visit to a page may transfer, compressed, its own files included."""


@pytest.fixture(scope="module")
def site():
    """Serve the site; return its address."""
    if not (SITE / "index.html").exists():
        pytest.skip(f"no site in {SITE}: build it (make html), or name one in SITE")
    with serve(SITE) as address:
        yield address


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Start a browser."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("no Chromium: install the package chromium, or Google Chrome")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page, and what was fetched and said while it was opened."""

    def __init__(
        self, browser, address, *, width=1440, scheme="light", scripts=True, whole=False, **options
    ):
        self.context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            reduced_motion="reduce",
            **options,
        )
        self.page = self.context.new_page()
        self.errors, self.requests, self.sizes = [], [], []
        self.page.on(
            "console",
            lambda message: (
                self.errors.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on(
            "requestfinished",
            lambda request: self.sizes.append((request.sizes()["responseBodySize"], request.url)),
        )
        self.page.add_init_script(
            "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value })"
            ".observe({ type: 'layout-shift', buffered: true })"
        )
        if whole:
            self.page.route("**/*.html", self._when_parsed)
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")

    @staticmethod
    def _when_parsed(route):
        """Have the browser paint a page only when it has all of it: how a half of one looks depends on
        how busy the machine is.
        """
        response = route.fetch()
        wait = '<link rel="expect" href="#its-end" blocking="render">'
        body = response.text().replace("<head>", f"<head>{wait}", 1)
        route.fulfill(
            response=response, body=body.replace("</body>", '<div id="its-end"></div></body>')
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_fetches_little_and_nothing_from_elsewhere(site, chromium, name):
    with Visit(chromium, f"{site}/{name}.html") as visit:
        assert not visit.errors
        assert not [url for url in visit.requests if not url.startswith((f"{site}/", "data:"))]
        weight = sum(size for size, _ in visit.sizes)
        limit = {FIGURES: FIGURE_LIMIT, INDEX: INDEX_LIMIT}.get(name, TEXT_LIMIT)
        assert weight <= limit, "\n".join(
            f"{size:7} {url}" for size, url in sorted(visit.sizes, reverse=True)
        )


def test_no_page_is_heavy(site):
    """What every page and the files that it names weigh, pictures that are fetched later left out; the search has the index of the site."""
    sizes = {}
    heavy = []
    for path in sorted(set(SITE.rglob("*.html")) - {SITE / "search.html"}):
        text = path.read_text(encoding="utf-8")
        tags = re.findall(r"<(?:link|script|img)\b[^>]*>", text)
        eager = [
            tag
            for tag in tags
            if re.search(
                r'^<script|^<img(?!.*loading="lazy")|rel="(stylesheet|shortcut icon)"', tag
            )
        ]
        names = {
            match[1] for tag in eager if (match := re.search(r'(?:src|href)="([^":?#]+)', tag))
        }
        prefix = urlsplit(site).path
        files = {
            SITE / name.removeprefix(f"{prefix}/")
            if name.startswith("/")
            else (path.parent / name).resolve()
            for name in names
        }
        for file in files | {path}:
            if file not in sizes:
                sizes[file] = len(gzip.compress(file.read_bytes()))
        weight = sum(sizes[file] for file in files | {path})
        if weight > (FIGURE_LIMIT if "recorded-figure" in text else TEXT_LIMIT):
            heavy.append(f"{weight} {path.relative_to(SITE)}")
    assert sizes[SITE / "_static/styles/furo.css"] > 5000
    assert not heavy


def test_links_within_the_site_arrive(site):
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in SITE.rglob("*.html")
        if path.name != "404.html"
    }
    anchors = {
        path: {unescape(name) for name in re.findall(r'\s(?:id|name)="([^"]+)"', text)}
        for path, text in pages.items()
    }
    broken = set()
    for path, text in pages.items():
        for link in re.findall(r'<a\b[^>]*\shref="([^":]+)"', text):
            name, _, anchor = unquote(unescape(link)).partition("#")
            target = (path.parent / name.partition("?")[0]).resolve() if name else path
            if not target.exists() or (anchor and anchor not in anchors.get(target, ())):
                broken.add(f"{path.relative_to(SITE)}: {link}")
    assert not broken


# https://developer.chrome.com/docs/lighthouse/seo/link-text
SAY_NOTHING = {
    "click here",
    "click this",
    "go",
    "here",
    "information",
    "learn more",
    "more",
    "more info",
    "more information",
    "right here",
    "read more",
    "see more",
    "start",
    "this",
}


def test_links_say_where_they_lead(site):
    found = set()
    for path in SITE.rglob("*.html"):
        for link in re.findall(
            r"<a\b[^>]*\bhref=[^>]*>(.*?)</a>", path.read_text(encoding="utf-8"), re.DOTALL
        ):
            text = unescape(re.sub(r"<[^>]+>", "", link)).strip().lower()
            if text in SAY_NOTHING:
                found.add(f"{path.relative_to(SITE)}: {text}")
    assert not found


@pytest.mark.parametrize("width", [320, 390, 1440])  # 320: a window of 1280 at 400 %
@pytest.mark.parametrize("name", KINDS)
def test_layout_stays(site, chromium, name, width):
    with Visit(chromium, f"{site}/{name}.html", width=width, whole=True) as visit:
        assert visit.page.evaluate("!!document.getElementById('its-end')")
        assert visit.page.evaluate("window.shift") < SHIFT
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width, (
            "the page scrolls sideways"
        )


# Furo lets its column scroll sideways, which the page's own width does not tell.
TOO_WIDE = """() => ['html', '.content'].filter((one) => {
  const box = document.querySelector(one);
  return box && box.scrollWidth > Math.max(box.clientWidth, 1) + 1;
})"""


def test_no_page_pans_sideways_on_the_narrowest_phone(site, chromium):
    """Every page that there is, at 320 px: what is wide scrolls by itself."""
    with Visit(chromium, f"{site}/index.html", width=320) as visit:
        wide = []
        for path in sorted(SITE.rglob("*.html")):
            visit.page.goto(f"{site}/{path.relative_to(SITE).as_posix()}", wait_until="load")
            if found := visit.page.evaluate(TOO_WIDE):
                wide.append(f"{path.relative_to(SITE)}: {', '.join(found)}")
        assert not wide, "\n".join(wide)


SCROLLING = """() => [...document.querySelectorAll('article *')].filter((box) => {
  const { overflowX, overflowY } = getComputedStyle(box);
  const scrolls = (how, whole, shown) => /auto|scroll/.test(how) && whole > shown + 1 && shown > 0;
  return scrolls(overflowX, box.scrollWidth, box.clientWidth) || scrolls(overflowY, box.scrollHeight, box.clientHeight);
}).map((box) => [box.className, box.tabIndex, box.getAttribute('role'), box.getAttribute('aria-label'), getComputedStyle(box).maskImage])"""


@pytest.mark.parametrize(
    "name",
    [
        FIGURES,
        "concepts/folklore",
        "guides/debug_a_hang",
        "reference/what_is_inherited",
        "gallery/pools/progress_bar",
    ],
)
def test_what_scrolls_has_a_name_takes_the_focus_and_is_seen_to_go_on(site, chromium, name):
    with Visit(chromium, f"{site}/{name}.html", width=390) as visit:
        visit.page.wait_for_timeout(300)  # each is looked at when there is nothing better to do
        found = visit.page.evaluate(SCROLLING)
        assert found, "this page shows nothing here"
        for what, stop, role, label, mask in found:
            assert stop == 0, what
            assert role in ("region", "group"), what
            assert label, what
            assert mask != "none", what
        regions = [label for _, _, role, label, _ in found if role == "region"]
        assert len(regions) == len(set(regions))
        if name == FIGURES:
            size = visit.page.locator(".recorded-figure:visible").first.evaluate(
                "image => image.getBoundingClientRect().width / image.naturalWidth"
            )
            assert size * 10 / 0.75 >= 9, "the labels, of 10 pt, cannot be read"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(site, chromium, name, scheme, width):
    with Visit(chromium, f"{site}/{name}.html", width=width, scheme=scheme) as visit:
        assert not faults(visit.page)


# Of radio buttons with one name the tab key reaches one.
CONTROLS = """() => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')].filter((one) =>
  !one.disabled && one.type !== 'hidden' && one.tabIndex >= 0 && (one.type !== 'radio' || one.checked) &&
  one.getClientRects().length && one.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: true })
).map((one, number) => { one.dataset.control = number; return one.outerHTML.slice(0, 120); })"""


@pytest.mark.parametrize("width", [390, 720])  # the second is 1440 at a zoom of 200 %
@pytest.mark.parametrize("name", [*PAGES, "reference/fork_deadlocks_by_version"])
def test_the_tab_key_reaches_every_control_and_leads_to_nothing_off_the_screen(
    site, chromium, name, width
):
    with Visit(chromium, f"{site}/{name}.html", width=width) as visit:
        visit.page.wait_for_timeout(
            300
        )  # buttons to copy are made when there is nothing else to do
        controls = visit.page.evaluate(CONTROLS)
        reached, stops = set(), []
        for _ in range(len(controls) + 50):
            visit.page.keyboard.press("Tab")
            stop = visit.page.evaluate(
                """() => {
                  for (const moving of document.getAnimations()) moving.finish();
                  const element = document.activeElement;
                  if (!element || element === document.body) return null;
                  const box = element.getBoundingClientRect();
                  return [element.dataset.control, element.outerHTML.slice(0, 120), box.width > 0 && box.right > 0 && box.left < innerWidth
                    && box.bottom > 0 && box.top < innerHeight && element.checkVisibility({ visibilityProperty: true })];
                }"""
            )
            if stop is None:
                break
            reached.add(stop[0])
            stops.append(stop[1:])
        missed = [html for number, html in enumerate(controls) if str(number) not in reached]
        assert not missed, "\n".join(missed)
        off = [html for html, seen in stops if not seen]
        assert not off, "\n".join(off)
        assert len(stops) > 5
        assert any("nav-overlay-icon" in html for html, _ in stops)


@pytest.mark.parametrize(
    ("icon", "drawer"), [("nav-overlay-icon", "sidebar-drawer"), ("toc-header-icon", "toc-drawer")]
)
def test_a_drawer_opens_and_closes_by_keyboard(site, chromium, icon, drawer):
    with Visit(chromium, f"{site}/concepts/fork.html", width=390) as visit:
        page = visit.page
        button = page.locator(f".{icon}")
        assert button.get_attribute("aria-expanded") == "false"
        button.focus()
        page.keyboard.press("Enter")
        page.locator(f".{drawer} :focus").wait_for()
        assert button.get_attribute("aria-expanded") == "true"
        page.keyboard.press("Escape")
        page.locator(f".{icon}:focus").wait_for()
        assert button.get_attribute("aria-expanded") == "false"
        page.locator(f".{drawer}").wait_for(state="hidden")


@pytest.mark.parametrize("name", ["index", "gallery/index", FIGURES, "reference/errors"])
def test_works_from_a_file(chromium, site, name):
    with Visit(chromium, (SITE / f"{name}.html").as_uri()) as visit:
        assert not visit.errors
        assert not [url for url in visit.requests if not url.startswith(("file:", "data:"))]
        assert (
            visit.page.evaluate(
                "getComputedStyle(document.querySelector('.sidebar-drawer')).display"
            )
            != "none"
        )
        assert visit.page.evaluate("document.body.dataset.theme") == "auto"


def test_search_works_under_the_policy(site, chromium):
    with Visit(chromium, f"{site}/search.html?q=deadlock") as visit:
        visit.page.wait_for_selector("#search-results li a")
        assert not visit.errors


def test_words_that_were_searched_for_are_marked(site, chromium):
    with Visit(chromium, f"{site}/search.html?q=semaphore") as visit:
        visit.page.click("#search-results li a >> nth=0")
        visit.page.wait_for_selector("article .highlighted")
        visit.page.keyboard.press("Escape")
        assert visit.page.locator("article .highlighted").count() == 0
        visit.page.reload()
        assert visit.page.locator("article .highlighted").count() == 0, "marked once only"
        visit.page.keyboard.press("/")
        assert visit.page.evaluate("document.activeElement.name") == "q"
        visit.page.keyboard.type("a/b")
        assert visit.page.input_value(".sidebar-search") == "a/b"
        assert not visit.errors


def test_policy_allows_to_fetch_the_next_page_ahead(site, chromium):
    """As Firefox does by itself: there, what the policy forbids would be said on every page."""
    with Visit(chromium, f"{site}/index.html") as visit:
        address = visit.page.evaluate("document.querySelector('link[rel=next]').href")
        visit.page.evaluate(
            "href => new Promise((done) => { const link = document.createElement('link'); link.rel = 'prefetch'; link.href = href; "
            "link.onload = link.onerror = done; document.head.append(link) })",
            address,
        )
        assert address in visit.requests
        assert not visit.errors


def test_policy_forbids_what_it_should(site, chromium):
    with Visit(chromium, f"{site}/index.html") as visit:
        assert visit.page.evaluate(
            "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); return !window.ran }"
        )


def test_missing_page_helps_at_any_depth(site, chromium):
    with Visit(chromium, f"{site}/no/such/page.html") as visit:
        assert visit.page.inner_text("h1").startswith("This page does not exist")
        assert (
            visit.page.evaluate("getComputedStyle(document.querySelector('ul')).listStyleType")
            is not None
        )
        broken = [size for size, url in visit.sizes if not url.endswith("page.html") and not size]
        assert not broken
        visit.page.click("article a[href$='gallery/index.html']")
        assert visit.page.inner_text("h1").startswith("Gallery")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("prefix", ["", "/else/where"])
def test_missing_page_is_styled_wherever_the_site_is_put(site, chromium, prefix, scripts):
    with (
        serve(SITE, prefix) as address,
        Visit(chromium, f"{address}/no/such/page.html", scripts=scripts) as visit,
    ):
        page = visit.page
        assert 150 < page.locator(".sidebar-drawer").bounding_box()["width"] < 600
        assert page.locator("article").bounding_box()["width"] < 800
        assert page.locator("article h1").bounding_box()["height"] < 100
        refused = [text for text in visit.errors if "Content Security Policy" in text]
        assert not refused
        if scripts:
            page.locator(f"article a[href='{prefix}/gallery/index.html']").click()
            assert page.inner_text("h1").startswith("Gallery")


def test_filter_of_the_gallery(site, chromium):
    with Visit(chromium, f"{site}/gallery/index.html?method=m-spawn") as visit:
        shown = "[...document.querySelectorAll('.examples > li')].filter((item) => item.offsetParent).length"
        everything = visit.page.locator(".examples > li").count()
        spawn = visit.page.evaluate(shown)
        assert 0 < spawn < everything
        assert visit.page.inner_text(".list-filter output") == f"{spawn} of {everything} examples"
        visit.page.fill(".list-filter input", "zzz")
        assert visit.page.evaluate(shown) == 0
        assert not visit.page.locator(".toc-tree ul ul li:visible").count()
        assert "find=zzz" in visit.page.url
        visit.page.fill(".list-filter input", "")
        visit.page.select_option(".list-filter select[name=method]", "")
        assert visit.page.evaluate(shown) == everything
        assert not visit.errors


def test_filter_of_the_claims_on_a_phone(site, chromium):
    with Visit(chromium, f"{site}/concepts/folklore.html", width=390) as visit:
        rows = visit.page.locator("table.folklore tbody tr")
        everything = rows.count()
        assert everything > 40
        visit.page.select_option(".list-filter select", "false")
        visit.page.fill(".list-filter input", "pool")
        shown = visit.page.locator("table.folklore tbody tr:visible")
        assert 0 < shown.count() < everything
        assert all("false" in text and "ool" in text for text in shown.all_inner_texts())
        said = visit.page.inner_text(".list-filter output")
        assert said == f"{shown.count()} of {everything} claims"
        assert not visit.errors


def test_an_old_address_of_a_claim_leads_to_it(site, chromium):
    with Visit(chromium, f"{site}/concepts/folklore.html#folklore-ctrl-c") as visit:
        visit.page.wait_for_url("**/folklore/starting_and_stopping.html#folklore-ctrl-c")
        assert visit.page.locator("section#folklore-ctrl-c h2").is_visible()


def test_code_is_copied_without_prompts_and_names(site, chromium):
    with Visit(chromium, f"{site}/gallery/countdown/two_countdowns.html") as visit:
        visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
        # The command comes first, in the bar below the title; then the code, and its output.
        for number, start in enumerate(["import multiprocessing\n", ""], 1):
            button = visit.page.locator("article div.highlight > button.copy").nth(number)
            button.focus()
            button.press("Enter")
            visit.page.wait_for_function(
                "button => button.textContent === 'Copied'", arg=button.element_handle()
            )
            text = visit.page.evaluate("navigator.clipboard.readText()")
            assert text.startswith(start)
            assert "short" in text
            assert "Process-1" not in text


def test_of_a_session_what_is_typed_is_copied(site, chromium):
    with Visit(chromium, f"{site}/tutorial/results.html") as visit:
        visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
        block = visit.page.locator("div.highlight-pycon").first
        assert block.locator(".kn, .gp, .go").count() > 3  # words, prompts and outputs are coloured
        block.locator("button.copy").press("Enter")
        block.get_by_text("Copied").wait_for()
        text = visit.page.evaluate("navigator.clipboard.readText()")
        assert text.startswith("import multiprocessing\nanswers = ")
        assert ">>>" not in text
        assert "Empty" not in text
        prompt = "(element) => getComputedStyle(element).userSelect"
        assert block.locator(".gp").first.evaluate(prompt) == "none"


def test_names_in_code_lead_to_their_documentation(site, chromium):
    for name in ("tutorial/first_process", "gallery/countdown/two_countdowns"):
        with Visit(chromium, f"{site}/{name}.html") as visit:
            links = visit.page.locator("article div.highlight a")
            found = dict(
                zip(
                    links.all_inner_texts(),
                    links.evaluate_all("all => all.map((one) => one.href)"),
                    strict=True,
                )
            )
            assert (
                found["multiprocessing.Process"]
                == "https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Process"
            )


COVERED = """() => {
  const found = [];
  for (const button of document.querySelectorAll('button.copy')) {
    const pre = button.parentElement.querySelector('pre');
    pre.scrollLeft = pre.scrollWidth;
    const { left, bottom, top, height } = button.getBoundingClientRect();
    if (!height) continue; // in a tab that is not chosen
    const texts = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    while (texts.nextNode()) {
      if (!texts.currentNode.data.trim()) continue;
      range.selectNodeContents(texts.currentNode);
      const boxes = [...range.getClientRects()];
      if (boxes.some((box) => box.right > left + 1 && box.top < bottom - 1 && box.bottom > top + 1)) found.push(pre.textContent);
    }
  }
  return found;
}"""


@pytest.mark.parametrize("name", PAGES)
def test_copy_buttons_cover_nothing_on_a_phone(site, chromium, name):
    """They are always there, as nothing hovers; text is beside them, or can be scrolled there."""
    with Visit(chromium, f"{site}/{name}.html", width=390, is_mobile=True, has_touch=True) as visit:
        blocks = visit.page.locator("div.highlight > pre").count()
        visit.page.wait_for_function(
            "count => document.querySelectorAll('button.copy').length === count", arg=blocks
        )
        assert not visit.page.evaluate(COVERED)


def test_tabs_and_focus_are_seen_in_forced_colors(site, chromium):
    with Visit(
        chromium, f"{site}/reference/what_is_inherited.html", forced_colors="active"
    ) as visit:
        edge = "(element) => getComputedStyle(element).borderBottomColor"
        chosen, other = (
            visit.page.locator(f".pg-versions > input{state} + label").first
            for state in (":checked", ":not(:checked)")
        )
        assert chosen.evaluate(edge) != other.evaluate(edge)
        visit.page.focus(".sidebar-search")
        assert (
            visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        )


def test_files_for_machines(site):
    assert "sitemap.xml" in (SITE / "robots.txt").read_text(encoding="utf-8")
    overview = (SITE / "llms.txt").read_text(encoding="utf-8")
    assert overview.startswith("# Multiprocessing by Example\n\n> ")
    pages = re.findall(r"^- \[.+\]\(https://[^)]*?/latest/(.+?\.md)\)", overview, re.MULTILINE)
    assert len(pages) > 100
    assert not [page for page in pages if not (SITE / page).is_file()]
    example = (SITE / "gallery/countdown/two_countdowns.md").read_text(encoding="utf-8")
    assert re.search(r"^Process-1 +\| short 5$", example, re.MULTILINE)
    assert (SITE / "sitemap.xml").read_text(encoding="utf-8").count("<loc>") > 100


def test_gallery_is_one_part_of_the_navigation(site, chromium):
    with Visit(chromium, f"{site}/gallery/index.html") as visit:
        assert visit.page.locator("article h1").count() == 1
        top = visit.page.locator(".sidebar-tree > ul > li > a").all_inner_texts()
        assert len(top) <= 6, top


def test_pages_without_scripts_show_everything(site, chromium):
    with Visit(chromium, f"{site}/gallery/index.html", scripts=False) as visit:
        assert (
            visit.page.locator(".examples > li:visible").count()
            == visit.page.locator(".examples > li").count()
        )
        assert not visit.page.locator(".list-filter").is_visible()


def test_prints_without_the_navigation(site, chromium):
    with Visit(chromium, f"{site}/{FIGURES}.html") as visit:
        visit.page.emulate_media(media="print", color_scheme="dark")
        assert not visit.page.locator(".sidebar-drawer").is_visible()
        assert not visit.page.locator(".toc-drawer").is_visible()
        ink = visit.page.evaluate("getComputedStyle(document.querySelector('article h1')).color")
        assert ink in ("rgb(0, 0, 0)", "rgb(10, 10, 10)")
        assert not visit.page.locator(".skip-to-content").is_visible()
        assert visit.page.pdf(format="A4").startswith(b"%PDF")


def test_prints_code_whole_and_as_it_is(site, chromium):
    """Lines that are too long are broken, blocks go on on the next page, and no address stands in them."""
    with Visit(chromium, f"{site}/gallery/fork_safety/lock_at_fork.html", width=600) as visit:
        code = visit.page.locator("article div.highlight-Python div.highlight > pre")
        assert code.first.evaluate("pre => pre.scrollWidth > pre.clientWidth"), (
            "this page shows nothing here"
        )
        visit.page.emulate_media(media="print")
        assert not [
            pre for pre in code.all() if pre.evaluate("pre => pre.scrollWidth > pre.clientWidth")
        ]
        assert (
            code.first.evaluate(
                "pre => [getComputedStyle(pre).breakInside, getComputedStyle(pre).overflow].join()"
            )
            == "auto,visible"
        )
        after = "link => getComputedStyle(link, '::after').content"
        assert {link.evaluate(after) for link in code.locator("a[href^='https:']").all()} == {
            "none"
        }
        links = visit.page.locator("article p > a.external:not(:has(code))")
        assert links.count(), "this page shows nothing here"
        assert all("https://" in link.evaluate(after) for link in links.all())
