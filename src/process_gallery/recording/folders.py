"""The folders of one run. The supervisor loads this: it imports nothing that is not there anyway."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .messages import Request


def make_folders(request: Request) -> None:
    """Make the folders that a run needs; the script's own is there.

    What root runs may become another user, and goes on as it would in a folder of its own: it can
    look at its working folder, write temporary files, and report itself.
    """
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    modes = {
        request.cwd: 0o755,
        request.figures: 0o700,
        request.environment["TMPDIR"]: 0o1777,
    }
    if root:
        os.chmod(os.path.dirname(request.events), 0o711)  # noqa: S103, nobody can list it
    for folder, mode in modes.items():
        if folder != os.path.dirname(request.script):
            os.mkdir(folder, 0o700)
            if root:
                os.chmod(folder, mode)


def let_others_report(events: str, mode: int) -> None:
    """Have the users report that root becomes."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        os.chmod(events, mode)
