"""The control for a reader's own Python, in the built site: what follows it, that it is kept, keys, no JavaScript, contrast, weight."""

from __future__ import annotations

import gzip
import re

import pytest
import test_site
from served import PAGES, faults
from test_site import SITE, Visit

pytestmark = pytest.mark.browser

chromium, site = test_site.chromium, test_site.site  # fixtures

BY_VERSION = "reference/start_methods_by_version"
ROWS = "(rows) => rows.map((row) => [...row.cells].map((cell) => cell.innerText.replaceAll(/\\s+/g, ' ').trim()).join(' | '))"


def choose(visit, label):
    """Choose a Python in the control, and wait until the page follows."""
    visit.page.select_option("#my-python", label=label)
    visit.page.locator(".my-python [role=status] b").wait_for(state="attached")


def rows(visit, selector):
    return visit.page.locator(selector).evaluate_all(ROWS)


def test_every_python_that_was_recorded_can_be_chosen(site, chromium):
    with Visit(chromium, f"{site}/index.html") as visit:
        names = visit.page.locator("#my-python optgroup").evaluate_all("all => all.map((one) => one.label)")  # fmt: skip
        assert names[0] == "CPython on Linux"
        keys = visit.page.locator("#my-python option").evaluate_all("all => all.map((one) => one.value)")  # fmt: skip
        records = (SITE.parents[1] / "records/matrix").glob("*/*.json")
        stems = {re.sub(r"^(\w+-\d+\.\d+)[^-t]*", r"\1", path.stem) for path in records}
        assert stems <= set(keys)  # and what is documented of others
        choose(visit, "3.12")
        said = visit.page.locator(".my-python [role=status]")
        assert said.inner_text().startswith(
            "3.12 on Linux: fork by default (forkserver from 3.14 on"
        )
        said.locator("summary").click()
        assert "warns when a program with threads forks" in said.inner_text()
        choose(visit, "3.14")
        visit.page.get_by_text("fork up to 3.13").first.wait_for()
        assert not visit.errors


def test_tables_follow(site, chromium):
    with Visit(chromium, f"{site}/{BY_VERSION}.html") as visit:
        choose(visit, "3.12")
        table = "#the-default table.pg-table"
        mine = visit.page.locator(f"{table} td.my:not(:first-child)")
        assert mine.all_inner_texts() == ["fork"]
        assert visit.page.locator(f"{table} th.my").all_inner_texts() == ["Linux"]
        (versions,) = visit.page.locator(f"{table} td.my:first-child").all_inner_texts()
        assert re.match(r"[\d., to]+3\.13\s3\.12", versions)  # the range, and what is meant of it
        # What sys.exit() means has changed; where each version says the same, nothing stands out.
        (line,) = (line for line in rows(visit, "#exit-codes tr.my") if line.endswith("3.12 | 0"))
        assert line.strip().startswith("| 3.9 to ")
        assert not [line for line in rows(visit, "#exit-codes tr.my") if "return 3" in line]
        assert [line for line in rows(visit, "#exit-codes tr.not-my") if line.startswith("sys.exit() | 2.7")]  # fmt: skip
        visit.page.select_option("#my-python", label="all")
        visit.page.wait_for_function("!document.querySelector('.my')")
        assert not visit.page.locator(".not-my, .my-mark, .my-note").count()


def test_grids_follow(site, chromium):
    with Visit(chromium, f"{site}/reference/fork_deadlocks_by_version.html") as visit:
        choose(visit, "3.6")
        grid = visit.page.locator("table.pg-grid, table.pg-heat").first
        head = grid.locator("thead th.my").all_inner_texts()
        assert len(head) == 1
        assert "3.6" in head[0]
        count = grid.locator("tbody tr").count()
        assert grid.locator("tbody td.my").count() == count
        assert grid.locator("tbody td.not-my").count() >= count
    with Visit(chromium, f"{site}/reference/what_is_inherited.html") as visit:
        choose(visit, "2.7")
        first = visit.page.locator("table.pg-table").first
        assert {text.split()[0] for text in first.locator("thead th.my").all_inner_texts()} == {
            "fork"
        }  # there is no other method
        assert first.locator("thead th.not-my").all_inner_texts() == ["forkserver", "spawn"]


def test_tabs_follow_and_one_chosen_by_hand_is_a_look(site, chromium):
    with Visit(chromium, f"{site}/reference/fork_deadlocks_by_version.html") as visit:
        choose(visit, "3.7")
        chosen = visit.page.locator(".pg-versions input:checked")
        assert all("cpython-3.7-linux" in one.get_attribute("data-pythons") for one in chosen.all())
        other = visit.page.locator(".pg-versions input:not(:checked)").last
        other.evaluate("(input) => input.click()")
        assert visit.page.evaluate("document.documentElement.dataset.python") == "cpython-3.7-linux"
        visit.page.reload()
        visit.page.locator(".pg-versions .my-mark").first.wait_for()
        assert all("cpython-3.7-linux" in one.get_attribute("data-pythons") for one in chosen.all())


def test_the_history_follows(site, chromium):
    with Visit(chromium, f"{site}/reference/history.html") as visit:
        choose(visit, "3.13")
        history = "table.pg-history tr"
        mine = rows(visit, f"{history}.my")
        assert mine
        assert all(line.split(" | ")[0].find("3.13") >= 0 for line in mine)
        partly = next(line for line in mine if line.startswith("3.13.8, 3.14.1"))
        assert "3.13 from 3.13.8" in partly
        later = [line.split(" | ")[0] for line in rows(visit, f"{history}.not-my")]
        assert later
        assert all(re.fullmatch(r"3\.1[45][\d., ]*", line) for line in later)
        by_hand = visit.page.locator("#the-default-start-method td.my:not(:first-child)")
        assert by_hand.all_inner_texts() == ["fork"]


@pytest.mark.parametrize(
    ("page", "label", "words", "said"),
    [
        ("concepts/fork", "3.12", "Since 3.12", "includes 3.12"),
        ("concepts/fork", "3.11", "Since 3.12", "not 3.11"),
        ("concepts/fork", "3.12", "until 3.13", "includes 3.12"),
        ("concepts/fork", "3.14", "until 3.13", "not 3.14"),
        ("concepts/start_methods", "3.13", "Since 3.13.8 and 3.14.1", "3.13: from 3.13.8"),
        ("concepts/start_methods", "3.15", "Since 3.13.8 and 3.14.1", "includes 3.15"),
        (BY_VERSION, "3.14", "until 3.13.7 and 3.14.0", "3.14: up to 3.14.0"),
    ],
)
def test_versions_in_text_follow(site, chromium, page, label, words, said):
    with Visit(chromium, f"{site}/{page}.html") as visit:
        choose(visit, label)
        place = visit.page.locator(".pg-since", has_text=re.compile(f"^{re.escape(words)}")).first
        assert place.inner_text() == f"{words} {said}"


def test_sessions_at_the_prompt_follow(site, chromium):
    with Visit(chromium, f"{site}/{BY_VERSION}.html") as visit:
        choose(visit, "3.12")
        captions = visit.page.locator("#the-default .literal-block-wrapper")
        assert {one.get_attribute("class").split()[-1]: one.locator(".caption-text").inner_text() for one in captions.all()} == {
            "not-my": "Linux, Python 3.14 and newer not 3.12",
            "my": "Linux, Python 3.11 to 3.13 includes 3.12",
        }  # fmt: skip


def test_where_nothing_was_run_on_it_nothing_fades(site, chromium):
    with Visit(chromium, f"{site}/{BY_VERSION}.html") as visit:
        choose(visit, "3.12 on macOS")
        section = visit.page.locator("#exit-codes")
        assert section.locator(".my-note").inner_text() == "Not run: 3.12 on macOS."
        assert not section.locator(".not-my").count()
        documented = visit.page.locator("#the-default td.my:not(:first-child)")
        assert documented.all_inner_texts() == ["spawn (documented, not run)"]


def test_the_choice_is_kept_on_the_device(site, chromium):
    with Visit(chromium, f"{site}/index.html") as visit:
        assert not [url for url in visit.requests if "follow" in url or "pythons.js" in url]
        choose(visit, "3.11")
        visit.page.goto(f"{site}/concepts/fork.html")
        visit.page.locator(".pg-since .my-mark").first.wait_for()
        assert visit.page.input_value("#my-python") == "cpython-3.11-linux"
        choose(visit, "3.12")
        visit.page.go_back()
        visit.page.wait_for_function("document.documentElement.dataset.python === 'cpython-3.12-linux'")  # fmt: skip
        assert visit.page.input_value("#my-python") == "cpython-3.12-linux"
        assert not visit.errors
    with Visit(chromium, f"{site}/index.html") as visit:  # of another reader
        assert visit.page.input_value("#my-python") == ""


def test_the_default_and_why_it_broke_are_two_clicks_from_the_first_page(site, chromium):
    with Visit(chromium, f"{site}/index.html") as visit:
        choose(visit, "3.14")  # one
        visit.page.click("article .my-python-says >> text=what the change breaks")  # two
        visit.page.wait_for_url("**/guides/move_to_forkserver.html")
    with Visit(chromium, f"{site}/index.html", scripts=False) as visit:
        assert visit.page.locator("article .my-python-says").inner_text().count("by default")
        visit.page.click("article .my-python-says a")
        assert visit.page.url.endswith("/guides/move_to_forkserver.html")


def test_without_scripts_everything_is_there(site, chromium):
    with Visit(chromium, f"{site}/{BY_VERSION}.html", scripts=False) as visit:
        assert not visit.page.locator(".my-python").is_visible()
        assert not visit.page.locator(".my, .not-my, .my-mark").count()
        each = visit.page.locator("details", has_text="Each Python in a sentence")
        each.locator("summary").click()
        assert each.locator("tbody tr").first.is_visible()
        assert "forkserver by default" in each.locator("tbody").inner_text()


@pytest.mark.parametrize("width", [390, 720, 1440])  # 720 is 1440 at a zoom of 200 %
def test_it_is_reached_and_used_by_keyboard(site, chromium, width):
    with Visit(chromium, f"{site}/concepts/fork.html", width=width) as visit:
        page = visit.page
        if width < 1000:
            page.locator(".nav-overlay-icon").focus()
            page.keyboard.press("Enter")
            page.locator(".sidebar-drawer :focus").wait_for()
        for _ in range(12):
            if page.evaluate("document.activeElement.id") == "my-python":
                break
            page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "my-python"
        box = page.locator("#my-python").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] >= 24
        page.keyboard.type("3.12")
        page.keyboard.press("Enter")
        page.wait_for_function("document.documentElement.dataset.python === 'cpython-3.12-linux'")
        page.locator(".pg-since .my-mark").first.wait_for(state="attached")
        page.keyboard.press("Tab")
        assert page.evaluate(
            "!!document.activeElement.closest('.my-python')"
        )  # a link of its sentence


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "index",
        "concepts/fork",
        BY_VERSION,
        "reference/history",
        "reference/fork_deadlocks_by_version",
        "reference/what_is_inherited",
        "reference/error_wordings",
    ],
)
def test_axe_finds_nothing_where_a_page_follows(site, chromium, name, scheme, width):
    with Visit(chromium, f"{site}/{name}.html", width=width, scheme=scheme) as visit:
        if width < 1000:
            visit.page.click(".nav-overlay-icon")
        choose(visit, "3.12")
        visit.page.wait_for_load_state("networkidle")
        visit.page.evaluate("for (const moving of document.getAnimations()) moving.finish()")
        assert not faults(visit.page)


def test_what_stands_out_is_seen_in_forced_colors(site, chromium):
    with Visit(chromium, f"{site}/{BY_VERSION}.html", forced_colors="active") as visit:
        choose(visit, "3.12")
        outline = "(element) => getComputedStyle(element).outlineStyle"
        cells = (visit.page.locator(f"#the-default td.{kind}").first for kind in ("my", "not-my"))
        assert [cell.evaluate(outline) for cell in cells] == ["solid", "none"]


@pytest.mark.parametrize("name", [*PAGES, BY_VERSION, "reference/fork_deadlocks_by_version"])
def test_own_style_sheets_and_scripts_are_small(site, chromium, name):
    """Those of the theme are not its own."""
    with Visit(chromium, f"{site}/{name}.html") as visit:
        choose(visit, "3.12")
        visit.page.wait_for_load_state("networkidle")
        files = {url.partition("?")[0].removeprefix(f"{site}/") for url in visit.requests}
        own = {
            file: len(gzip.compress((SITE / file).read_bytes()))
            for file in files
            if re.fullmatch(r"_static/[\w-]+\.(css|js)", file) and "pygments" not in file
        }
        assert "_static/follow.js" in own
        assert sum(own.values()) <= 20 * 1024, own


def test_links_of_the_words_arrive_from_any_address(site, chromium):
    with Visit(chromium, f"{site}/no/such/page.html") as visit:
        choose(visit, "3.14")
        visit.page.click(".my-python [role=status] a")
        visit.page.wait_for_url(f"{site}/guides/move_to_forkserver.html")
        assert visit.page.locator("h1").count()
