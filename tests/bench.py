"""What recording costs, measured side by side in one run; `make bench` prints the figures. Not a test: machines differ."""

from __future__ import annotations

import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from process_gallery.model import Record
from process_gallery.recording.job import Job
from process_gallery.recording.recorder import record_all
from process_gallery.script import read_script

ROOT = Path(__file__).parent.parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
ONE_LINE = '"""\nOne line\n========\n\nText.\n"""\n\nprint("one line")\n'
GIGABYTE = '"""\nGigabyte\n========\n\nText.\n"""\n\nimport os\n\nprint("first line")\nfor _ in range(1024):\n    os.write(1, b"x" * 1023 * 1024 + b"\\n" * 1024)\nprint("last line")\n'


def seconds(command: list[str], **arguments: object) -> float:
    began = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, **arguments)
    return time.perf_counter() - began


def cost(script: Path, runs: int = 20) -> None:
    """Compare recording a script with running it, turn by turn."""
    plain, recorded = [], []
    began = time.perf_counter()
    for _, result in record_all([Job(read_script(script))] * runs):
        recorded.append(time.perf_counter() - began)
        assert isinstance(result, Record)
        plain.append(seconds([sys.executable, str(script)], env=ENVIRONMENT, cwd=script.parent))
        began = time.perf_counter()
    a, b = statistics.median(plain) * 1000, statistics.median(recorded) * 1000
    print(
        f"{script.name:24} plain {a:7.1f} ms   recorded {b:7.1f} ms   difference {b - a:5.1f} ms   (median of {runs})"
    )


def gigabyte(folder: Path) -> None:
    """Record a script that prints 1 GB; see what the recording process itself needs for it."""
    script = folder / "gigabyte.py"
    script.write_text(GIGABYTE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (result,) = (result for _, result in record_all([Job(read_script(script), timeout=120)]))
    assert isinstance(result, Record)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    omitted = sum(piece.omitted for piece in result.pieces())
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"1 GB of output           {result.duration:.1f} s, {omitted:,} bytes left out; the build grew by {grown:.1f} MB; "
          f"largest child (supervisor or example) {children:.0f} MB")  # fmt: skip


def site(folder: Path) -> None:
    """Build the whole site from nothing, again with nothing changed, and with one example changed."""
    copy = folder / "site"
    shutil.copytree(
        ROOT,
        copy,
        ignore=shutil.ignore_patterns(
            ".git", ".venv", "_build", "gallery", "__pycache__", ".*_cache"
        ),
    )
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-b",
        "html",
        "-d",
        "docs/_build/doctrees",
        "docs",
        "docs/_build/html",
    ]

    def build(*options: str) -> tuple[float, list[str], str]:
        began = time.perf_counter()
        done = subprocess.run(
            [*command, *options],
            cwd=copy,
            capture_output=True,
            text=True,
            check=True,
            env=ENVIRONMENT,
        )
        text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
        ran = re.findall(r"^  \[\d+/\d+\] (\S+)", text, re.MULTILINE)
        return (
            time.perf_counter() - began,
            [name for name in ran if (copy / "examples" / name).exists()],
            text,
        )

    first, ran, text = build()
    match = re.search(r"recorded \d+ examples in ([0-9.]+) s", text)
    assert match
    recording = float(match[1])
    plain = alone = 0.0
    for name in ran:
        script = read_script(copy / "examples" / name)
        took = seconds(
            [sys.executable, str(script.path)],
            env=ENVIRONMENT,
            cwd=folder,
            stderr=subprocess.DEVNULL,
        )
        plain += took
        alone += took if script.declared.alone else 0
    again, ran_again, _ = build()
    bare, _, _ = build("-D", "plot_gallery=0")
    path = copy / "examples" / "countdown" / "two_countdowns.py"
    path.write_text(path.read_text().replace("both have ended", "both ended"))
    _, ran_changed, _ = build()
    side_by_side = recording - alone
    print(
        f"clean build              {first:.1f} s, of which recording {len(ran)} examples {recording:.1f} s"
    )
    print(f"  plain running times    {plain:.1f} s in all, {alone:.1f} s of them must run alone; the others: recorded in {side_by_side:.1f} s, "
          f"{side_by_side / (plain - alone):.2f} x their sum")  # fmt: skip
    print(
        f"nothing changed          {again:.1f} s, {len(ran_again)} examples run; without process_gallery's records {bare:.1f} s"
    )
    print(f"one example changed      {len(ran_changed)} run: {', '.join(ran_changed)}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        script = Path(name) / "one_line.py"
        script.write_text(ONE_LINE)
        cost(script)
        cost(ROOT / "examples" / "countdown" / "two_countdowns.py")
        gigabyte(Path(name))
        site(Path(name))
