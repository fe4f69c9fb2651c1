"""Run sphinx-gallery examples that start processes, and show which process printed which line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .record import Record
from .recorder import record

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["Record", "record", "setup"]
__version__ = "0.1.0"


def setup(app: Sphinx) -> dict[str, Any]:
    """Set the Sphinx extension up; recording alone never imports Sphinx."""
    from .extension import setup as set_up

    return set_up(app)
