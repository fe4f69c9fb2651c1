"""Run Lighthouse (mobile) on the built site: `make lighthouse`. Writes a report for each page, and prints a table.

Usage: python tests/browser/lighthouse.py [--runs 3] [--only accessibility,seo] SITE REPORTS [PAGE ...]

Each page is looked at as often as --runs says, and its scores are the medians. What it says of performance counts on an idle
machine only: the load is printed below the table.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from served import CHROMIUM, FLAGS, PAGES, serve

VERSION = "12.8.2"
CATEGORIES = ["performance", "accessibility", "best-practices", "seo"]
HEAVIEST = [
    "concepts/folklore",
    "reference/fork_deadlocks_by_version",
    "reference/examples_by_name",
]


def run(npx: str, address: str, report: Path, categories: list[str], folder: str) -> dict:
    """Return Lighthouse's report on a page."""
    command = [
        npx,
        "--yes",
        f"lighthouse@{VERSION}",
        address,
        "--quiet",
        "--output=json",
        f"--output-path={report.absolute()}",
        f"--only-categories={','.join(categories)}",
        f"--chrome-flags={' '.join(FLAGS)}",
    ]
    # In a folder of its own, so that nothing is installed into this one.
    subprocess.run(command, cwd=folder, env=os.environ | {"CHROME_PATH": CHROMIUM}, check=True)
    return json.loads(report.read_text(encoding="utf-8"))


def main(site: Path, reports: Path, pages: list[str], categories: list[str], runs: int) -> int:
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
    print(
        f"| page | {' | '.join(categories)} | KiB | requests |\n|---|{'---:|' * (len(categories) + 2)}"
    )
    with serve(site) as address, tempfile.TemporaryDirectory() as folder:
        for page in pages:
            report = reports / f"{page.replace('/', '_')}.json"
            results = [
                run(npx, f"{address}/{page}.html", report, categories, folder) for _ in range(runs)
            ]
            scores = {
                name: round(
                    100
                    * statistics.median(one["categories"][name]["score"] or 0 for one in results)
                )
                for name in categories
            }
            result = results[-1]
            audit = result["audits"].get("network-requests", {"details": {"items": []}})
            items = audit["details"]["items"]
            size = sum(item.get("transferSize", 0) for item in items) / 1024
            print(
                f"| {page} | {' | '.join(map(str, scores.values()))} | {size:.0f} | {len(items)} |",
                flush=True,
            )
            for name, score in scores.items():
                short |= score < 100
                for audit in result["categories"][name]["auditRefs"] if score < 100 else []:
                    found = result["audits"][audit["id"]]
                    if audit["weight"] and found["score"] is not None and found["score"] < 1:
                        print(
                            f"  {name}: {found['title']} {found.get('displayValue', '')}",
                            file=sys.stderr,
                        )
    print(f"\nMedian of {runs}; load of the machine at the end: {os.getloadavg()[0]:.1f}")
    return int(short)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--only", type=lambda text: text.split(","), default=CATEGORIES)
    parser.add_argument("site", type=Path)
    parser.add_argument("reports", type=Path)
    parser.add_argument("pages", nargs="*", default=[*PAGES, *HEAVIEST])
    given = parser.parse_args()
    sys.exit(main(given.site, given.reports, given.pages, given.only, given.runs))
