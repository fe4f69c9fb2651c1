"""A fixture for tests of programs that start processes.

pytest loads it where the package is installed. It imports the recorder when a test asks for it.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .model import Record


@pytest.fixture
def record_program(tmp_path: Path) -> Callable[..., Record]:
    """Run a program, and return the :class:`process_gallery.Record` of what its processes did.

    The fixture is a function. Its argument is the path of a script, or its text, which has at least
    two lines; a common indentation is removed. Keywords are those of :func:`process_gallery.record`.

    Whatever the program does, the test goes on: a deadlock ends at the time limit, with the stacks of
    who hung in ``Process.stack``, and what it leaves behind is killed, and listed.
    """

    def run(program: str | os.PathLike[str], **options: Any) -> Record:
        from .recording.recorder import record

        if isinstance(program, str) and "\n" in program:
            path = tmp_path / "program.py"
            path.write_text(textwrap.dedent(program).lstrip("\n"), encoding="utf-8")
            program = path
        return record(program, **options)

    return run
