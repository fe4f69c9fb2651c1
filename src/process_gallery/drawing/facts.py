"""What a run ran on, how it went, and how to run it alone."""

from __future__ import annotations

from html import escape
from pathlib import PurePosixPath

from process_gallery.model import PLATFORMS, Record

from .view import attribute, duration


def facts_html(record: Record, *, download: str | None) -> str:
    """Return what a run ran on and how it went, and how to run it alone.

    Parameters
    ----------
    record
        The run.
    download
        Address of the script, if the page offers it.

    """
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in _facts(record)
    )
    name = PurePosixPath(record.script).name
    run = f"<code>python {escape(name)}</code>"
    if download:
        run += f' after downloading <a class="reference download" download="" href="{attribute(download)}">{escape(name)}</a>'
    return f'<dl class="pg-facts simple">{items}<div class="pg-alone"><dt>Run it alone</dt><dd>{run}</dd></div></dl>\n'


def facts_text(record: Record) -> str:
    """Return the same facts as lines ``name: value``."""
    return "".join(f"{name}: {value}\n" for name, value in _facts(record))


def _facts(record: Record) -> list[tuple[str, str]]:
    python = record.interpreter
    outcome = {
        "ok": "ended normally",
        "timeout": f"stuck, ended after {duration(record.timeout)}",
    }.get(record.outcome, record.outcome)
    if record.exit_code is not None:
        outcome = f"exit code {record.exit_code}" + (
            f" ({record.outcome.removeprefix('exception ')})" if record.error else ""
        )
    if record.outcome != "ok" and record.as_expected:
        outcome += ", as meant"
    version = f"{python.version}{'' if python.gil else ', free-threaded'}"
    facts = [
        (python.implementation, version),
        ("Platform", f"{PLATFORMS.get(python.platform, python.platform)} {python.machine}"),
        *([("Run by", python.run_by)] if python.run_by else []),
        ("Default start method", python.default_start_method),
        # Under Wine, or in a browser, times and sizes say nothing of the platform.
        *([] if python.run_by else [("Took", duration(record.duration))]),
        ("Outcome", outcome),
        ("Processes", str(len(record.processes))),
    ]
    if record.peak_memory and not python.run_by:
        facts.append(("Largest process", f"{record.peak_memory / 1024:.0f} MiB"))
    if record.memory_limit is not None:
        facts.append(("Memory limit", f"{record.memory_limit} MiB"))
    if record.date:
        facts.append(("Recorded", record.date))
    return facts
