"""Run sphinx-gallery examples that start processes, and show which process printed which line."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sphinx.application import Sphinx

    from .errors import (
        ExampleError,
        InterpreterError,
        ProcessGalleryError,
        RecorderError,
        RecordError,
    )
    from .helper_processes import HELPERS
    from .model import Cell, File, Interpreter, Name, Piece, Process, Read, Record
    from .recording.job import Job, Limits
    from .recording.recorder import record, record_all
    from .script import Script, local_modules, read_script

__all__ = [
    "HELPERS",
    "Cell",
    "ExampleError",
    "File",
    "Interpreter",
    "InterpreterError",
    "Job",
    "Limits",
    "Name",
    "Piece",
    "Process",
    "ProcessGalleryError",
    "Read",
    "Record",
    "RecordError",
    "RecorderError",
    "Script",
    "local_modules",
    "read_script",
    "record",
    "record_all",
    "setup",
]
__version__ = "0.1.0"

# Loaded when they are first asked for (PEP 562): the supervisor starts through this package, for
# every build, and needs none of it.
_HOMES = {
    "helper_processes": ("HELPERS",),
    "model": ("Cell", "File", "Interpreter", "Name", "Piece", "Process", "Read", "Record"),
    "errors": (
        "ExampleError",
        "InterpreterError",
        "ProcessGalleryError",
        "RecordError",
        "RecorderError",
    ),
    "recording.job": ("Job", "Limits"),
    "recording.recorder": ("record", "record_all"),
    "script": ("Script", "local_modules", "read_script"),
}


def __getattr__(name: str) -> Any:
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def setup(app: Sphinx) -> dict[str, Any]:
    """Set the Sphinx extension up; recording alone never imports Sphinx."""
    from .sphinxext import setup as set_up

    return set_up(app)
