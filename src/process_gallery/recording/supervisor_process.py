"""The supervisor, see :mod:`.linux`, as a program that is started and spoken with.

A command starts it first of all, while it imports the rest. So little is imported here.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import subprocess
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .job import AsGallery
    from .messages import Request

PACKAGES = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Imported, not run as a script: so its byte code is cached, which saves a third of what recording
# costs.
_START = "import sys; sys.path.append(sys.argv[1]); from process_gallery.recording import linux; linux.serve()"


class Warm:
    """What examples start from: an interpreter that has imported something."""

    def __init__(self, python: str, gallery: AsGallery) -> None:
        self.python = python  # its path
        self.wanted = {  # see AsGallery
            "modules": gallery.warm,
            "scrape": gallery.scrape,
            "path_first": gallery.path_first,
            "path_last": gallery.path_last,
        }

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Warm) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def command(self) -> list[str]:
        """Return the command that starts it."""
        import json

        from process_gallery.interpreters import GALLERY_MODE, WARM_START

        wanted = json.dumps(self.wanted | {"mode": str(GALLERY_MODE)})
        return [self.python, str(WARM_START), PACKAGES, wanted]

    def environment(self) -> dict[str, str]:
        """Return its environment: an example's, but for what is of one run."""
        from pathlib import Path

        from .request import environment

        found = environment(os.environ, Path(os.devnull))
        del found["TMPDIR"]
        return found


class SupervisorProcess:
    """A supervisor program: it takes one example after the other."""

    def __init__(self, warm: Warm | None = None) -> None:
        self.warm = warm
        # A session of its own: Ctrl-C at the terminal reaches the build, and the build tells the
        # supervisor by closing its standard input, which also happens when the build is killed.
        self.process = subprocess.Popen(
            warm.command()
            if warm
            else [sys.executable, "-I", "-S", "-c", _START, PACKAGES, "supervisor"],
            env=warm.environment() if warm else None,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        assert self.process.stdout
        self.output = self.process.stdout
        self.data = bytearray()

    def send(self, request: Request) -> None:
        """Hand it an example."""
        data = marshal.dumps(vars(request))
        assert self.process.stdin
        self.data.clear()
        with contextlib.suppress(OSError):  # it has ended: then there is no answer, either
            self.process.stdin.write(len(data).to_bytes(4, "little") + data)
            self.process.stdin.flush()

    def read(self) -> bool:
        """Read some of the answer; return True when it is complete, or will never be."""
        data = os.read(self.output.fileno(), 1 << 20)
        self.data += data
        return not data or data.endswith(b"\n")

    def end(self) -> str:
        """End it, and with it the example that it watches; return what it complained about."""
        assert self.process.stdin
        with contextlib.suppress(OSError):  # it has gone, with a request unread
            self.process.stdin.close()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
        assert self.process.stderr
        text = self.process.stderr.read().decode("utf-8", "replace").strip()
        code = self.process.wait()
        self.output.close()
        self.process.stderr.close()
        return text or (f"ended by {signal_name(-code)}" if code < 0 else f"exit code {code}")


def signal_name(number: int) -> str:
    """Return the name of a signal, or its number if it has none."""
    import signal

    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
