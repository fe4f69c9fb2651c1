"""Take the README's picture of the built site, in a light and a dark variant. For `make picture`; needs Chromium.

It is of what a run looks like on its page: the output, and the timeline below it.
"""

from __future__ import annotations

import io
import shutil
import sys
from pathlib import Path

from PIL import Image  # matplotlib brings it
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
PAGE = "gallery/countdown/two_countdowns.html"
PICTURES = ROOT / ".github/pictures"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH = 760  # CSS pixels: as wide as a README is shown
SCALE = 2  # for screens with many pixels
MARGIN = 12
COLOURS = 128  # more than the page has, but for the edges of letters
AREA = """() => {
  const figures = [...document.querySelectorAll("figure.pg-out, figure.pg-time")];
  const boxes = figures.map((figure) => figure.getBoundingClientRect());
  const top = Math.min(...boxes.map((box) => box.top + scrollY));
  return {
    found: figures.length, left: boxes[0]?.left, top, width: boxes[0]?.width,
    height: Math.max(...boxes.map((box) => box.bottom + scrollY)) - top,
  };
}"""


def main(site: Path) -> int:
    """Write both pictures; return 1 if the page or the browser is missing."""
    page_file = site / PAGE
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not page_file.is_file():
        sys.exit(f"{page_file}: there is no site here; build it with  make html")
    if not browser:
        sys.exit(f"none of {', '.join(BROWSERS)} is in PATH: install Chromium")
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for scheme in ("light", "dark"):
            page = chromium.new_page(
                viewport={"width": WIDTH, "height": 1200},
                device_scale_factor=SCALE,
                color_scheme=scheme,
            )
            page.goto(page_file.as_uri())
            page.evaluate("document.fonts.ready")
            area = page.evaluate(AREA)
            if area["found"] != 2:
                sys.exit(
                    f"{page_file}: it shows {area['found']} figures; expected are an output and a timeline"
                )
            taken = page.screenshot(
                full_page=True,
                clip={
                    "x": area["left"] - MARGIN,
                    "y": area["top"] - MARGIN,
                    "width": area["width"] + 2 * MARGIN,
                    "height": area["height"] + 2 * MARGIN,
                },
            )
            path = PICTURES / f"countdowns-{scheme}.png"
            picture = Image.open(io.BytesIO(taken)).convert("RGB")
            picture.quantize(COLOURS).save(path, optimize=True)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB, {picture.size}")
        chromium.close()
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: readme_picture.py SITE")
    sys.exit(main(Path(sys.argv[1]).resolve()))
