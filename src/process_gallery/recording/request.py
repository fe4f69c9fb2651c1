"""What running one example needs: a folder of its own, an environment, the request to who watches it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from process_gallery.errors import RecorderError
from process_gallery.interpreters import GALLERY_MODE, HOOKS, Probe, probe

from .job import AsGallery, Job
from .messages import Request
from .supervisor_process import Warm

_REMOVED = ("DISPLAY", "WAYLAND_DISPLAY", "FORCE_COLOR", "CLICOLOR_FORCE", "PROCESS_GALLERY")


def is_portable(job: Job) -> bool:
    """Return whether a job is watched with what every platform has: so it was asked, or what runs it
    is not of Linux (Pyodide).
    """
    return job.portable or probe(job.python).interpreter.platform != "linux"


class PreparedJob:
    """A job with everything that running it needs: its interpreter's answers, its folder."""

    def __init__(self, job: Job) -> None:
        """Make the folder of the run.

        Raises
        ------
        InterpreterError
            If the interpreter cannot be used.
        RecorderError
            If no folder can be made, or a launcher is declared that cannot be used.
        """
        self.job = job
        declared = job.script.declared
        self.alone = declared.alone
        self.probe: Probe = probe(job.python)
        self.timeout = job.timeout if job.timeout is not None else declared.timeout
        self.memory = job.memory if job.memory is not None else declared.memory
        # Pyodide sees no folder of this machine before it runs the script: neither hooks nor runner.
        self.on_wasm = self.probe.interpreter.platform == "emscripten"
        self.whole = job.whole or self.probe.version_info < (3, 11) or self.on_wasm
        self.portable = is_portable(job)
        if declared.launcher and self.portable:
            raise RecorderError(
                f"{job.script.path}: sphinx_gallery_launcher needs Linux: elsewhere nothing tells which process printed what"
            )
        self.script = Path(os.path.abspath(job.script.path))
        self.began = 0
        """When its run was prepared, as its files say: in ns, by the clock of the file system."""
        self.warm: Warm | None = None
        """What it starts from; None if its interpreter is started for it."""
        if job.gallery and job.gallery.warm and not self.whole and not self.portable:
            self.warm = Warm(self.probe.path, job.gallery)
        try:
            self.folder = new_folder()
        except OSError as error:
            raise RecorderError(
                f"{self.script}: no folder for its run can be made in {temporary_folder()}: {error.strerror}; "
                "free some space, or set TMPDIR"
            ) from error

    def request(self) -> Request:
        """Return what whoever watches it is to know."""
        script, limits = self.job.script, self.job.limits
        gallery = None if self.whole else self.job.gallery
        cells = ",".join(f"{first}-{last}" for first, last in script.cells)
        return Request(
            python=self.probe.path,
            script=str(self.script),
            runner=self.probe.runner,
            cells="" if self.whole else cells,
            deferred=",".join(map(str, script.deferred)),
            launcher=list(script.declared.launcher),
            hook=str(HOOKS / "sitecustomize.py"),
            mode=str(GALLERY_MODE) if gallery else "",
            settings=self._write(gallery) if gallery else "",
            arguments=list(self.job.arguments),
            cwd=str(self.script.parent if self.job.cwd == "script" else self.folder / "cwd"),
            events=str(self.folder / "events"),
            figures=str(self.folder / "figures"),
            stacks=str(self.folder / "stacks"),
            environment=environment(os.environ, self.folder),
            memory=self.memory or 0,
            pidfd_info=limits.pidfd_info,
            whole=self.whole,
            head=limits.output * 512,
            tail=limits.output * 512,
            timeout=self.timeout,
            idle=limits.idle,
            grace=limits.grace,
        )

    def _write(self, gallery: AsGallery) -> str:
        """Write what the gallery mode is to know; return the file's path."""
        import dataclasses
        import json

        path = self.folder / "gallery.json"
        settings = dataclasses.asdict(gallery)
        scrape = json.loads(gallery.scrape) | {"images": gallery.images} if gallery.scrape else None
        path.write_text(json.dumps(settings | {"scrape": scrape}), encoding="utf-8")
        self.began = path.stat().st_mtime_ns
        return str(path)


def environment(base: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of an example: the builder's, without what would make it behave
    differently from a reader's.

    Every ``PYTHON*`` variable goes (``PYTHONUNBUFFERED`` would hide deadlocks), and so do a display
    and forced colours.
    """
    kept = {
        name: value
        for name, value in base.items()
        if not name.startswith("PYTHON") and name not in _REMOVED
    }
    return kept | {
        "PYTHONPATH": str(HOOKS),
        "TMPDIR": str(folder / "tmp"),
        "COLUMNS": "80",
        "LINES": "24",
    }


def new_folder() -> Path:
    """Make the folder of one run.

    Its name is short: what multiprocessing makes below it is the address of a socket, for which the
    kernel has 107 bytes.
    """
    parent = temporary_folder()
    short = "/tmp" if len(parent) > 50 and os.access("/tmp", os.W_OK) else parent  # noqa: S108
    while True:
        folder = os.path.join(short, f"pg-{os.urandom(4).hex()}")
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            continue
        return Path(folder)


def temporary_folder() -> str:
    """Return what :func:`tempfile.gettempdir` does. To load tempfile takes as long as to read the
    script and to prepare its run, so it is asked only if it is there, or is needed.
    """
    if "tempfile" not in sys.modules and os.name == "posix":
        named = [os.environ[name] for name in ("TMPDIR", "TEMP", "TMP") if os.environ.get(name)]
        parent = os.path.abspath((named or ["/tmp"])[0])  # noqa: S108
        if os.path.isdir(parent) and os.access(parent, os.W_OK | os.X_OK):
            return parent
    import tempfile

    return tempfile.gettempdir()
