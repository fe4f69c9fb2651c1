"""The built site as a server would hand it out, and the pages that are looked at; for the tests and for Lighthouse."""

from __future__ import annotations

import contextlib
import functools
import gzip
import http.server
import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
FIGURES = "gallery/countdown/gil_countdown"  # an example with a plot
PAGES = [
    "index",
    "tutorial/first_process",
    "guides/debug_a_hang",
    "concepts/fork",
    "reference/errors",
    "gallery/index",
    "gallery/countdown/two_countdowns",
    "gallery/fork_safety/lock_at_fork",
    FIGURES,
]
KINDS = [
    *PAGES,
    "tutorial/index",
    "concepts/folklore",
    "reference/history",
    "reference/fork_deadlocks_by_version",
    "reference/examples_by_name",
    "search",
    "404",
]
"""Pages of each kind that there is."""
SHIFT = 0.001
"""Layout shift below which nothing has moved: a busy browser reports 2.5e-6 for half a pixel; what a reader may notice is 0.1
(https://web.dev/articles/cls)."""
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


def faults(page: Page, part: str = "document") -> str:
    """Return what axe-core finds on a page, or in a part of it (a selector in quotes), one a line.

    axe-core is the file that AXE_PATH names, else that of axe-playwright-python; without either the test is skipped.
    """
    page.evaluate(_axe())  # not as a script element, which the page's policy would not allow
    result = page.evaluate(f"axe.run({part}, {{ resultTypes: ['violations'] }})")
    return "\n".join(
        f"{rule['id']}: {rule['help']}: {node['target']} {node['html'][:160]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    )


@functools.cache
def _axe() -> str:
    package = importlib.util.find_spec("axe_playwright_python")
    path = Path(
        os.environ.get("AXE_PATH")
        or (Path(package.origin).with_name("axe.min.js") if package else "")
    )
    if not path.is_file():
        pytest.skip("no axe-core: install axe-playwright-python, or name axe.min.js in AXE_PATH")
    return path.read_text(encoding="utf-8")


@contextlib.contextmanager
def serve(site: Path, prefix: str | None = None) -> Iterator[str]:
    """Serve the site compressed, below the path that its 404 page expects, or another one; give its address."""
    canonical = re.search(
        r'rel="canonical" href="([^"]+)', (site / "index.html").read_text(encoding="utf-8")
    )[1]
    if prefix is None:
        prefix = urlsplit(canonical).path.rpartition("/")[0]

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            name = urlsplit(self.path).path
            path = (
                site / name.removeprefix(f"{prefix}/")
                if name != "/robots.txt"
                else site / "robots.txt"
            )
            found = path.is_file()
            path = path if found else site / "404.html"
            content = path.read_bytes()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
            if path.suffix in TYPES:  # what any server compresses
                content = gzip.compress(content)
                self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):  # the browser has turned to another page
                self.wfile.write(content)

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{prefix}"
        finally:
            server.shutdown()
            thread.join()
