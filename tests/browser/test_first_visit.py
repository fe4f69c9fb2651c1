"""What someone wants who comes for the first time: each in two clicks from the first page at most, and from there it goes on."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import test_site
from served import serve
from warm_sphinx import sphinx

pytestmark = pytest.mark.browser

chromium, site, Visit = test_site.chromium, test_site.site, test_site.Visit

# What is wanted; the links that are clicked, by their text; and what the page then says, in its order.
TASKS = {
    "a worker was killed": (
        ["Fix", "A killed worker"],
        [r"killed", r"BrokenProcessPool|SIGKILL"],
    ),
    "my default on 3.14, and why it broke": (
        ["Fix", "Move to forkserver"],
        [r"3\.14", r"forkserver", r"fork"],
    ),
    "my default on 3.14, in a table": (
        ["Look up", "Start methods by version and platform"],
        [r"3\.14", r"forkserver"],
    ),
    "download a script and run it": (
        ["Two countdowns at once"],
        [r"Download two_countdowns\.py", r"python two_countdowns\.py"],
    ),
    "the error of 3.12 where the guard is missing": (
        ["Look up", "Wordings of error messages, by version"],
        [r"missing_guard|guard", r"RuntimeError", r"3\.12|3\.6 to 3\.1"],
    ),
    "fork and spawn side by side": (
        ["why it is so", "What fork, spawn and forkserver do"],
        [r"fork", r"spawn", r"forkserver"],
    ),
}


def click(page, text):
    """Click a link of the page's text by its words."""
    page.locator("article").get_by_role("link", name=text, exact=True).first.click()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("task", TASKS)
def test_two_clicks_lead_there(site, chromium, task, width):
    links, says = TASKS[task]
    assert len(links) <= 2
    with Visit(chromium, f"{site}/index.html", width=width) as visit:
        for text in links:
            click(visit.page, text)
        article = visit.page.locator("article")
        assert article.locator("h1").count() == 1
        text, place = article.inner_text(), 0
        for pattern in says:
            found = re.search(pattern, text[place:])
            assert found, f"{visit.page.url} does not say {pattern!r}"
            place += found.start()
        # No dead end: what comes up leads on, within the site.
        onward = article.locator("a.internal[href*='.html']").count()
        assert onward or visit.page.locator(".related-pages a").count()
        assert not visit.errors


def test_what_is_downloaded_runs_in_an_empty_folder(site, chromium, tmp_path):
    """By the command of the page, with what the page hands out, for a script that needs another one, too."""
    for place in ("countdown/two_countdowns", "tutorial/break_it"):
        folder = tmp_path / place.partition("/")[2]
        folder.mkdir()
        with Visit(chromium, f"{site}/gallery/{place}.html", accept_downloads=True) as visit:
            for link in visit.page.locator(".example-bar a[download]").all():
                with visit.page.expect_download() as download:
                    link.click()
                name = download.value.suggested_filename
                download.value.save_as(folder / name)
            command = visit.page.locator(".example-bar pre").inner_text().strip()
        program, name = command.removeprefix("$ ").split()
        assert program == "python"
        done = subprocess.run(
            [sys.executable, name], cwd=folder, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout


REPOSITORY = "https://example.org/someone/repository"


def test_how_to_contribute_is_one_click_away(chromium, tmp_path):
    """Where a repository is named: a small site with this site's templates and CONTRIBUTING.md."""
    pytest.importorskip("furo", reason="the pages' dependencies are not installed")
    root = test_site.ROOT
    docs = tmp_path / "docs"
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    files = {
        "docs/conf.py": f"import sys\nsys.path.append({str(root / 'docs/_extensions')!r})\n"
        "project, extensions = 'small', ['myst_parser', 'source_links']\nhtml_theme = 'furo'\nmyst_heading_anchors = 3\n"
        "html_baseurl = 'https://example.org/en/latest/'\n"
        f"templates_path = [{str(root / 'docs/_templates')!r}]\nsource_repository = {REPOSITORY!r}\n",
        "docs/index.md": "# Small\n\n```{toctree}\ndeep/page\n```\n",
        "docs/deep/page.md": "# Page\n\nText.\n",
        "docs/contribute.md": (root / "docs/contribute.md").read_text("utf-8"),
        "CONTRIBUTING.md": text,
    }
    # The pages that it links to, with their headings
    for name in set(re.findall(r"\]\((docs/[\w/]+\.md)", text)):
        linked = (root / name).read_text("utf-8")
        headings = "\n\n".join(re.findall(r"^#+ .+", linked, re.MULTILINE))
        files[name] = f"---\norphan: true\n---\n\n{headings}\n"
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    done = sphinx(["-q", "-W", docs, tmp_path / "html"], cwd=docs)
    assert done.returncode == 0, done.stderr
    with serve(tmp_path / "html") as address:
        for start in ("index", "deep/page"):
            with Visit(chromium, f"{address}/{start}.html", width=390) as visit:
                page = visit.page
                report = page.get_by_role("link", name="Report a problem with this page")
                url = f"https%3A%2F%2Fexample.org%2Fen%2Flatest%2F{start.replace('/', '%2F')}.html"
                assert report.get_attribute("href") == (
                    f"{REPOSITORY}/issues/new?template=page-is-wrong.yml&page={url}"
                )
                source = page.locator("footer").get_by_role("link", name="Source of this page")
                assert source.get_attribute("href") == f"{REPOSITORY}/blob/HEAD/docs/{start}.md"
                page.get_by_role("link", name="Contribute").click()
                page.wait_for_load_state("networkidle")
                assert page.inner_text("h1").startswith("Contributing")
                assert page.locator("article").get_by_role("link", name=REPOSITORY).count() == 1
                assert page.get_by_text("make try EXAMPLE=").count()
