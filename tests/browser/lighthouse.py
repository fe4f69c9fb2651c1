"""Run Lighthouse (mobile) on the built site: `make lighthouse`. Writes a report for each page, and prints a table.

Usage: python tests/browser/lighthouse.py SITE REPORTS [PAGE ...]
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from served import CHROMIUM, FLAGS, PAGES, serve

VERSION = "12.8.2"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]


def main(site: Path, reports: Path, pages: list[str]) -> int:
    """Return 1 if a page has less than 100 in a category, 2 if something is missing."""
    npx = shutil.which("npx")
    if not npx or not CHROMIUM:
        print("lighthouse: needs npm (with npx) and Chromium", file=sys.stderr)
        return 2
    if not (site / "index.html").exists():
        print(f"lighthouse: no site in {site}; build it first: make html", file=sys.stderr)
        return 2
    reports.mkdir(parents=True, exist_ok=True)
    short = False
    print(f"| page | {' | '.join(CATEGORIES)} | KiB | requests |\n|---|{'---:|' * 6}")
    with serve(site) as address, tempfile.TemporaryDirectory() as folder:
        for page in pages:
            report = reports / f"{page.replace('/', '_')}.json"
            command = [
                npx,
                "--yes",
                f"lighthouse@{VERSION}",
                f"{address}/{page}.html",
                "--quiet",
                "--output=json",
                f"--output-path={report.absolute()}",
            ]
            command += [
                f"--only-categories={','.join(CATEGORIES)}",
                f"--chrome-flags={' '.join(FLAGS)}",
            ]
            # In a folder of its own, so that nothing is installed into this one.
            subprocess.run(
                command, cwd=folder, env=os.environ | {"CHROME_PATH": CHROMIUM}, check=True
            )
            result = json.loads(report.read_text(encoding="utf-8"))
            scores = [
                round(100 * (result["categories"][name]["score"] or 0)) for name in CATEGORIES
            ]
            items = result["audits"]["network-requests"]["details"]["items"]
            size = sum(item.get("transferSize", 0) for item in items) / 1024
            print(
                f"| {page} | {' | '.join(map(str, scores))} | {size:.0f} | {len(items)} |",
                flush=True,
            )
            for name, score in zip(CATEGORIES, scores, strict=True):
                short |= score < 100
                for audit in result["categories"][name]["auditRefs"] if score < 100 else []:
                    found = result["audits"][audit["id"]]
                    if audit["weight"] and found["score"] is not None and found["score"] < 1:
                        print(
                            f"  {name}: {found['title']} {found.get('displayValue', '')}",
                            file=sys.stderr,
                        )
    return int(short)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:] or PAGES))
