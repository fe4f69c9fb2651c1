"""The settings of the extension in ``conf.py``: names, defaults, meanings, checks."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sphinx.application import Sphinx
from sphinx.config import ENUM, Config
from sphinx.errors import ConfigError

from process_gallery.recording.job import MOST_OUTPUT, OUTPUT
from process_gallery.script import DEFAULT_TIMEOUT

if TYPE_CHECKING:
    from process_gallery.script import Cwd

IDLE = 300.0
"""Seconds: what downloads or waits for others does something more often."""


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


def _is_limit(value: Any) -> bool:
    """Return whether a value is a number of seconds that can be waited for, or none is set."""
    return value is None or (isinstance(value, int | float) and 0 < value < math.inf)


SETTINGS = (
    Setting(
        "process_gallery_python",
        sys.executable,
        str,
        "The interpreter that runs the examples. By default the one that runs Sphinx.",
        rebuild="env",
    ),
    Setting(
        "process_gallery_run_as",
        "gallery",
        ENUM("gallery", "program"),
        '`"gallery"`, the default: what is on a page is what sphinx-gallery would show of the example, and what its processes print. '
        '`"program"`: just what the program prints, run as a reader runs it; for documentation about programs. It also gives the '
        "next three, and some of sphinx-gallery's own, other defaults.",
        rebuild="env",
    ),
    Setting(
        "process_gallery_timeout",
        None,
        (int, float, type(None)),
        "Seconds that an example may take unless it declares `sphinx_gallery_timeout`. By default there is no limit in a gallery, "
        f"and {DEFAULT_TIMEOUT:.0f} for programs.",
        right=_is_limit,
        remedy="write a number of seconds greater than 0",
    ),
    Setting(
        "process_gallery_idle",
        None,
        (int, float, type(None)),
        "Seconds in which no process of an example computes or prints, after which it has hung. It is ended then, and the stacks of "
        f"its processes are shown. By default {IDLE:.0f} in a gallery; for programs there is no such limit. Linux only.",
        right=_is_limit,
        remedy="write a number of seconds greater than 0",
    ),
    Setting(
        "process_gallery_cwd",
        None,
        ENUM(None, "empty", "script"),
        '`"script"`, the default in a gallery: each example runs in its own folder, where it may read and write files. `"empty"`, '
        "the default for programs: in an empty one.",
    ),
    Setting(
        "process_gallery_warm",
        [],
        (list, tuple),
        'Names of modules that most examples of a gallery import, such as `["numpy", "matplotlib.pyplot"]`: they are imported once, '
        "and each example is a fork of the process that has them. Not for programs. By default each example starts an interpreter. Linux only.",
        right=lambda value: all(isinstance(name, str) for name in value),
        remedy='write a list of the names of modules, such as ["numpy"]',
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
        "How many examples run at once. By default as many as `parallel` of `sphinx_gallery_conf` says, one after another in a gallery that does not set it, "
        "and one for each processor for programs.",
        right=lambda value: isinstance(value, int) and value >= 0,
        remedy="write how many examples may run at once, or 0 for the default",
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


def timeout_of(config: Config) -> float:
    """Return the seconds that an example may take that does not declare how many; 0: no limit."""
    value = config.process_gallery_timeout
    if value is not None:
        return float(value)
    return 0.0 if config.process_gallery_run_as == "gallery" else DEFAULT_TIMEOUT


def idle_of(config: Config) -> float:
    """Return the seconds after which an example has hung that does nothing; 0: no limit."""
    value = config.process_gallery_idle
    if value is not None:
        return float(value)
    return IDLE if config.process_gallery_run_as == "gallery" else 0.0


def cwd_of(config: Config) -> Cwd:
    """Return where examples run."""
    value: Cwd | None = config.process_gallery_cwd
    return value or ("script" if config.process_gallery_run_as == "gallery" else "empty")


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
