"""The menu of versions that a build on Read the Docs has: a small site with this site's templates, and data as Read the Docs gives them.

https://docs.readthedocs.com/platform/stable/addons.html#event-data-reference
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import test_site
from served import SHIFT, faults, serve

pytestmark = pytest.mark.browser

chromium, Visit = test_site.chromium, test_site.Visit  # a fixture, and what opens a page

ROOT = Path(__file__).parents[2]
HOST = "https://small.readthedocs.io/en/"
CONF = f"""
import os, sys
sys.path.insert(0, {str(ROOT / "docs/_extensions")!r})
project = html_title = "small"
extensions = ["navigation", "lean_pages", "content_policy"]
html_theme, html_copy_source = "furo", False
html_baseurl = "{HOST}stable/"
templates_path = [{str(ROOT / "docs/_templates")!r}]
html_static_path = [{str(ROOT / "docs/_static")!r}, {str(ROOT / "src/process_gallery/drawing/static")!r}]
html_css_files, html_js_files = ["site.css"], [("site.js", {{"loading_method": "defer"}})]
html_favicon = html_logo = {str(ROOT / "docs/_static/mark.svg")!r}
html_context = {{"READTHEDOCS": os.environ.get("READTHEDOCS") == "True"}}
"""


def build(folder, **variables):
    files = {
        "conf.py": CONF,
        "index.rst": "Small\n=====\n\n.. toctree::\n\n   deep/page\n",
        "deep/page.rst": "Page\n====\n\nText.\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("READTHEDOCS", "SITE_POLICY")
    }
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", ".", "html"],
        cwd=folder,
        env=environment | variables,
        check=True,
        timeout=120,
    )
    return folder / "html"


@pytest.fixture(scope="module")
def hosted(tmp_path_factory):
    """Serve a site that was built on Read the Docs; return its address."""
    pytest.importorskip("furo", reason="the pages' dependencies are not installed")
    with serve(build(tmp_path_factory.mktemp("hosted"), READTHEDOCS="True")) as address:
        yield address


def test_build_elsewhere_has_nothing_of_it(tmp_path):
    pytest.importorskip("furo", reason="the pages' dependencies are not installed")
    page = (build(tmp_path) / "deep/page.html").read_text(encoding="utf-8")
    assert "site-versions" not in page
    assert "readthedocs-" not in page
    assert "Content-Security-Policy" in page


def data(address, *, current="stable", downloads=("epub", "htmlzip")):
    def version(slug):
        urls = {"documentation": f"{address.rpartition('/')[0]}/{slug}/"}
        files = {name: f"{HOST}../_/downloads/en/{slug}/{name}/" for name in downloads}
        return {
            "slug": slug,
            "verbose_name": slug,
            "active": True,
            "hidden": False,
            "built": True,
            "urls": urls,
            "downloads": files,
        }

    return {
        "api_version": "1",
        "projects": {
            "current": {
                "slug": "small",
                "urls": {"home": "https://app.readthedocs.org/projects/small/"},
            },
            "translations": [],
        },
        "versions": {
            "active": [version(slug) for slug in ("latest", "stable", "<b>1.0</b>")],
            "current": version(current),
        },
    }


def tell(visit, content):
    """Do what Read the Docs' script does once it has the data: https://github.com/readthedocs/addons/blob/main/src/readthedocs-config.js"""
    visit.page.evaluate(
        """content => {
          if (!document.querySelector("head > meta[name=readthedocs-addons-api-version][content='1']")) throw "nobody asked for them";
          document.body.append(document.createElement("readthedocs-flyout"));
          window.ReadTheDocsEventData = { data: () => content };
          document.dispatchEvent(new CustomEvent("readthedocs-addons-data-ready", { detail: window.ReadTheDocsEventData }));
        }""",
        content,
    )


def listed(visit):
    return [
        (link.text_content(), link.get_attribute("href"))
        for link in visit.page.locator(".site-versions li a").all()
    ]


def test_menu_is_hidden_until_there_are_data(hosted, chromium):
    with Visit(chromium, f"{hosted}/deep/page.html") as visit:
        assert not visit.page.locator(".site-versions").is_visible()
        visit.page.evaluate("document.body.append(document.createElement('readthedocs-flyout'))")
        assert (
            visit.page.evaluate(
                "getComputedStyle(document.querySelector('readthedocs-flyout')).display"
            )
            != "none"
        )
        tell(visit, data(hosted))
        assert visit.page.locator(".site-versions").is_visible()
        assert visit.page.inner_text(".site-versions summary") == "Version: stable"
        assert (
            visit.page.evaluate(
                "getComputedStyle(document.querySelector('readthedocs-flyout')).display"
            )
            == "none"
        )
        assert visit.page.evaluate("window.shift") < SHIFT
        assert not visit.errors


def test_menu_leads_to_the_same_page_or_to_the_start(hosted, chromium):
    with Visit(chromium, f"{hosted}/deep/page.html?q=1#page") as visit:
        versions = hosted.rpartition("/")[0]
        asked = []

        def answer(route):
            asked.append((route.request.method, route.request.url))
            route.fulfill(status=200 if "/latest/" in route.request.url else 404, body="there")

        visit.context.route(lambda url: "/latest/" in url or "1.0" in url, answer)
        tell(visit, data(hosted))
        tell(visit, data(hosted))  # after a change of the address they are told again
        assert [text for text, _ in listed(visit)] == [
            "latest",
            "stable",
            "<b>1.0</b>",
            "EPUB",
            "HTML (zip)",
        ]
        assert not asked
        visit.page.focus(".site-versions summary")
        visit.page.keyboard.press("Enter")
        visit.page.locator(f".site-versions a[href='{versions}/<b>1.0</b>/']").wait_for()
        assert sorted(asked) == [
            ("HEAD", f"{versions}/%3Cb%3E1.0%3C/b%3E/deep/page.html"),
            ("HEAD", f"{versions}/latest/deep/page.html"),
        ]
        assert dict(listed(visit))["latest"] == f"{versions}/latest/deep/page.html"
        assert dict(listed(visit))["EPUB"] == f"{HOST}../_/downloads/en/stable/epub/"
        assert visit.page.locator(".site-versions [aria-current=true]").inner_text() == "stable"
        visit.page.keyboard.press("Tab")
        visit.page.keyboard.press("Enter")
        visit.page.wait_for_url(f"{versions}/latest/deep/page.html")


def test_menu_that_comes_after_the_data(hosted, chromium):
    with Visit(chromium, f"{hosted}/index.html") as visit:
        content = json.dumps(data(hosted, current="latest", downloads=()))
        visit.page.add_init_script(f"window.ReadTheDocsEventData = {{ data: () => ({content}) }}")
        visit.page.reload()
        assert visit.page.inner_text(".site-versions summary") == "Version: latest"
        visit.page.click(".site-versions summary")
        assert [text for text, _ in listed(visit)] == ["latest", "stable", "<b>1.0</b>"]
        assert not visit.page.get_by_text("Downloads").is_visible()


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_menu(hosted, chromium, scheme, width):
    with Visit(chromium, f"{hosted}/index.html", width=width, scheme=scheme) as visit:
        tell(visit, data(hosted))
        if width < 1000:
            visit.page.click(".nav-overlay-icon")
        visit.page.click(".site-versions summary")
        visit.page.locator(".site-versions a").first.wait_for(state="visible")
        assert not faults(visit.page)
