"""What helps with hangs: the heat map, the steps of a fork, the four questions. By mouse and keys, with and without scripts."""

from __future__ import annotations

import pytest
import test_site
from served import faults

pytestmark = pytest.mark.browser

chromium, site, Visit = test_site.chromium, test_site.site, test_site.Visit
SITE = test_site.SITE
HEAT, STEPS, QUESTIONS = (
    "reference/fork_deadlocks_by_version",
    "concepts/fork",
    "guides/why_does_it_hang",
)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("name", [HEAT, STEPS, QUESTIONS])
def test_is_accessible_and_fits(site, chromium, name, width, scheme):
    with Visit(chromium, f"{site}/{name}.html", width=width, scheme=scheme) as visit:
        assert not visit.errors
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        assert not faults(visit.page)


# -- The heat map


def cells(page):
    return page.locator("table.pg-heat td a").evaluate_all(
        "all => all.map(a => [a.hash.slice(1), a.textContent])"
    )


@pytest.mark.parametrize("start", ["server", "file"])
@pytest.mark.parametrize("scripts", [True, False])
def test_each_count_leads_to_the_output_that_says_it(site, chromium, scripts, start):
    address = f"{site if start == 'server' else SITE.as_uri()}/{HEAT}.html"
    with Visit(chromium, address, scripts=scripts) as visit:
        page = visit.page
        found = cells(page)
        assert len(found) > 100
        assert len({place for place, _ in found}) == len(found)  # each has an address of its own
        for place, _ in found:
            assert page.locator(f"[id='{place}']").count() == 1, place
        for place, text in found[:: len(found) // 7]:
            page.locator(f"td a[href='#{place}']").click()
            panel = page.locator(f".pg-panel:has([id='{place}'])")
            panel.wait_for()
            words = " ".join(panel.inner_text().split())
            assert f"{text} children hang" in words, (place, text)
        # The address alone does it, too.
        page.goto("about:blank")
        page.goto(f"{address}#{found[-1][0]}")
        panel = page.locator(f".pg-panel:has([id='{found[-1][0]}'])")
        panel.wait_for()
        if scripts:
            assert page.locator(".pg-heat a[aria-current]").count() == 1


def test_the_heat_map_is_one_stop_and_arrow_keys_go_through_it(site, chromium):
    with Visit(chromium, f"{site}/{HEAT}.html") as visit:
        page = visit.page
        assert page.locator("table.pg-heat a:not([tabindex='-1'])").count() == 1
        page.locator("table.pg-heat a:not([tabindex='-1'])").focus()
        where = "document.activeElement.hash"
        last = page.locator("table.pg-heat tbody tr:nth-child(2) a").last.get_attribute("href")[1:]
        above = last.replace("rlock", "lock")
        steps = [
            ("ArrowRight", "threading-lock-3.6"), ("ArrowDown", "threading-rlock-3.6"), ("End", last),
            ("ArrowRight", last), ("ArrowUp", above), ("Home", "threading-lock-2.7"),
        ]  # fmt: skip
        for key, place in steps:
            page.keyboard.press(key)
            assert page.evaluate(where) == f"#{place}", key
        # Down the first column, over the cells that have no count
        for _ in range(20):
            page.keyboard.press("ArrowDown")
        assert page.evaluate(where) == "#datetime-strptime-2.7"
        page.keyboard.press("Tab")
        assert not page.evaluate("!!document.activeElement.closest('table.pg-heat')")
        page.keyboard.press("Shift+Tab")
        assert page.evaluate(where) == "#datetime-strptime-2.7"
        page.keyboard.press("Enter")
        page.locator(".pg-panel:has([id='datetime-strptime-2.7'])").wait_for()


def test_the_heat_map_is_read_as_a_table(site, chromium):
    with Visit(chromium, f"{site}/{HEAT}.html") as visit:
        table = visit.page.locator("table.pg-heat")
        assert table.get_by_role("columnheader", name="3.12").count() == 1
        row = table.get_by_role("row", name="threading.Lock").first
        assert row.get_by_role("rowheader").count() == 1
        assert row.get_by_role("link", name="10 of 10").count() > 5


# -- The steps


def shown(page):
    return [
        number
        for number, one in enumerate(page.locator("ol.fork-steps > li").all(), 1)
        if one.is_visible()
    ]


def test_steps_go_by_buttons_and_arrow_keys(site, chromium):
    with Visit(chromium, f"{site}/{STEPS}.html") as visit:
        page = visit.page
        assert shown(page) == [1]
        count = page.locator("ol.fork-steps > li").count()
        following = page.get_by_role("button", name="Next")
        following.click()
        assert shown(page) == [2]
        said = page.locator(".fork-told").inner_text()
        assert said.startswith(f"Step 2 of {count}. ")
        assert page.locator("#fork-step-2 p").inner_text() in said
        top = page.locator("#fork-step-2 svg:visible").bounding_box()
        page.keyboard.press("ArrowRight")
        assert shown(page) == [3]
        assert page.locator("#fork-step-3 svg:visible").bounding_box() == top  # nothing moves
        page.keyboard.press("End")
        assert shown(page) == [count]
        assert following.get_attribute("aria-disabled") == "true"
        page.keyboard.press("ArrowRight")
        assert shown(page) == [count]
        page.keyboard.press("Home")
        page.keyboard.press("ArrowLeft")
        assert shown(page) == [1]
        page.get_by_role("button", name="Show all").click()
        assert len(shown(page)) == count
        page.goto("about:blank")
        page.goto(f"{site}/{STEPS}.html#fork-step-4")
        assert shown(page) == [4]
        page.emulate_media(media="print")
        assert len(shown(page)) == count


def test_all_steps_are_there_without_scripts(site, chromium):
    with Visit(chromium, f"{site}/{STEPS}.html", scripts=False, width=390) as visit:
        assert len(shown(visit.page)) == visit.page.locator("ol.fork-steps > li").count() > 4
        box = visit.page.locator("#fork-step-4 svg:visible").bounding_box()
        assert box["height"] > box["width"]  # the processes stand below each other


# -- The questions


def left(page):
    return page.locator("section.hang:visible > h3").evaluate_all(
        "all => all.map(one => one.firstChild.textContent)"
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_answers_leave_the_causes_that_fit(site, chromium, scripts):
    with Visit(chromium, f"{site}/{QUESTIONS}.html", scripts=scripts) as visit:
        page = visit.page
        everything = left(page)
        assert len(everything) > 12
        # By keys: the first question's first answer, then the last question's
        page.locator("#hang-who-any").focus()
        page.keyboard.press("ArrowDown")
        assert page.locator("#hang-who-child").is_checked()
        page.locator("#hang-killed-any").focus()
        page.keyboard.press("ArrowDown")
        assert page.locator("#hang-killed-yes").is_checked()
        assert left(page) == ["A process was killed that had a lock"]
        page.locator("#hang-who-parent").check()
        assert left(page) == [
            "A worker was killed in its task",
            "A worker was killed while it was idle",
        ]
        if scripts:
            said = page.locator(".hang-count").inner_text()
            assert said.startswith(f"2 of {len(everything)} causes fit.")
            assert not page.locator("#a-child-waits").is_visible()
            # An address that is hidden is shown when someone goes there.
            page.evaluate("location.hash = 'joined-before-get'")
            page.locator("#joined-before-get").wait_for()
            assert left(page) == everything


def test_each_cause_shows_the_stack_of_a_run(site, chromium):
    with Visit(chromium, f"{site}/{QUESTIONS}.html") as visit:
        without = [
            one.locator("h3").inner_text()
            for one in visit.page.locator("section.hang").all()
            if "most recent call first" not in (one.text_content() or "")
        ]
        # How the start hangs depends on the version: it is told, and shown by version elsewhere.
        assert [name.rstrip("¶#") for name in without] == ["The start does not come back"]
