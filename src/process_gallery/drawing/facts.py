"""What a run ran on, and how it went."""

from __future__ import annotations

from html import escape

from process_gallery.model import PLATFORMS, Record

from .view import duration


def facts_html(record: Record) -> str:
    """Return what a run ran on and how it went."""
    items = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"
        for name, value in _facts(record)
    )
    return f'<dl class="pg-facts simple">{items}</dl>\n'


def facts_text(record: Record) -> str:
    """Return the same facts as lines ``name: value``."""
    return "".join(f"{name}: {value}\n" for name, value in _facts(record))


def _facts(record: Record) -> list[tuple[str, str]]:
    python = record.interpreter
    outcome = {
        "ok": "ended normally",
        "timeout": f"stuck, ended after {duration(record.idle)} in which it did nothing"
        if record.idle
        else f"stuck, ended after {duration(record.timeout)}",
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
