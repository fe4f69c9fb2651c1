"""The settings of the extension in ``conf.py``: names, defaults, meanings, checks."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sphinx.application import Sphinx
from sphinx.config import ENUM, Config
from sphinx.errors import ConfigError

from process_gallery.recording.job import MOST_OUTPUT, OUTPUT
from process_gallery.script import DEFAULT_TIMEOUT


@dataclass(frozen=True)
class Setting:
    """A setting; its name in ``conf.py`` begins with ``process_gallery_``."""

    name: str
    default: Any
    types: Any
    """Types of its value, or the values that it may have, as an ``ENUM`` of Sphinx's."""
    meaning: str
    """What it does and its default, as Markdown; the reference says the same."""
    rebuild: Literal["", "env"] = ""
    """``env`` if all pages are to be read again when it changes."""
    right: Callable[[Any], bool] = lambda _: True
    """Whether a value of a right type can be used."""
    remedy: str = ""
    """What to write instead of a value that cannot."""


SETTINGS = (
    Setting(
        "process_gallery_python",
        sys.executable,
        str,
        "The interpreter that runs the examples. By default the one that runs Sphinx.",
        rebuild="env",
    ),
    Setting(
        "process_gallery_timeout",
        int(DEFAULT_TIMEOUT),
        (int, float),
        f"Seconds that an example may take unless it declares `sphinx_gallery_timeout`. By default {DEFAULT_TIMEOUT:.0f}.",
        right=lambda value: isinstance(value, int | float) and 0 < value < math.inf,
        remedy="write a number of seconds greater than 0",
    ),
    Setting(
        "process_gallery_cwd",
        "empty",
        ENUM("empty", "script"),
        '`"empty"`, the default: each example runs in an empty folder. `"script"`: in its own, where it may read and write files.',
    ),
    Setting(
        "process_gallery_output",
        OUTPUT,
        int,
        f"KiB of each cell's output that are kept, up to {MOST_OUTPUT}: one half from its beginning, one from its end. By default {OUTPUT}.",
        right=lambda value: isinstance(value, int) and 1 <= value <= MOST_OUTPUT,
        remedy=f"write a number of KiB from 1 to {MOST_OUTPUT}",
    ),
    Setting(
        "process_gallery_jobs",
        0,
        int,
        "How many examples run at once. By default one for each processor that the build may use.",
        right=lambda value: isinstance(value, int) and value >= 0,
        remedy="write how many examples may run at once, or 0 for one a processor",
    ),
    Setting(
        "process_gallery_cache",
        "",
        str,
        "Folder of kept records, relative to the source folder. By default beside the doctrees.",
    ),
    Setting(
        "process_gallery_records",
        "records",
        str,
        "Folder of committed records, relative to the source folder. By default `records`.",
    ),
    Setting(
        "process_gallery_matrix",
        "matrix",
        str,
        "Folder of the scripts that are shown by version, relative to the source folder. By default `matrix`.",
    ),
)


def add(app: Sphinx) -> None:
    """Make the settings known to Sphinx."""
    for setting in SETTINGS:
        app.add_config_value(
            setting.name, setting.default, setting.rebuild, setting.types, setting.meaning
        )


def check(config: Config) -> None:
    """Check the values in ``conf.py``; Sphinx itself warns of wrong types.

    Raises
    ------
    ConfigError
        If one cannot be used.

    """
    for setting in SETTINGS:
        value = config[setting.name]
        if not setting.right(value):
            raise ConfigError(f"{setting.name} = {value!r} in conf.py: {setting.remedy}")
