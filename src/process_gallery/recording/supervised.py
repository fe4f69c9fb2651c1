"""Examples in the hands of the supervisor: a program, see :mod:`.linux`, and what speaks with it."""

from __future__ import annotations

import contextlib
import marshal
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from process_gallery.errors import RecorderError
from process_gallery.model import Record

from .assemble import SIGNAL_NAMES, record_of
from .job import Job
from .messages import Request, Result
from .request import PreparedJob

PACKAGES = Path(__file__).parents[2]

# Imported, not run as a script: so its byte code is cached, which saves a third of what recording
# costs.
_START = "import sys; sys.path.append(sys.argv[1]); from process_gallery.recording import linux; linux.serve()"


class SupervisorProcess:
    """A supervisor program: it takes one example after the other."""

    def __init__(self) -> None:
        # A session of its own: Ctrl-C at the terminal reaches the build, and the build tells the
        # supervisor by closing its standard input, which also happens when the build is killed.
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, str(PACKAGES), "supervisor"],
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
        return text or (
            f"ended by {SIGNAL_NAMES.get(-code, -code)}" if code < 0 else f"exit code {code}"
        )


class SupervisedRun:
    """One example in the hands of a supervisor."""

    def __init__(self, job: Job, idle: list[SupervisorProcess]) -> None:
        """Start it, under a supervisor that has nothing to do, or else a new one."""
        self.prepared = PreparedJob(job)
        self.job = job
        self.alone = job.script.declared.alone
        self.limit = time.monotonic() + self.prepared.timeout + job.limits.patience
        while idle and idle[-1].process.poll() is not None:  # something has killed it meanwhile
            idle.pop().end()
        try:
            self.supervisor = idle.pop() if idle else SupervisorProcess()
        except OSError as error:
            shutil.rmtree(self.prepared.folder, ignore_errors=True)
            raise RecorderError(
                f"{self.prepared.script}: the recorder itself cannot start: {error}"
            ) from error
        self.supervisor.send(self.prepared.request())

    def cancel(self) -> str:
        """End the example and everything that it started; return what the supervisor complained
        about.
        """
        complaint = self.supervisor.end()
        kill_what_is_left(self.prepared.folder)
        shutil.rmtree(self.prepared.folder, ignore_errors=True)
        return complaint

    def result(self, *, late: bool) -> Record:
        """Return the record.

        Parameters
        ----------
        late
            True if the supervisor has not answered though it should have.

        Raises
        ------
        RecorderError
            If the supervisor has failed, or the example has stopped or killed it.
        """
        data = self.supervisor.data
        if data.endswith(b"\n"):
            return record_of(self.prepared, Result.from_json(data))
        if late:
            self.supervisor.process.kill()
        complaint = self.cancel()
        raise RecorderError(
            f"{self.prepared.script}: {'the supervisor does not answer' if late else f'the supervisor has failed ({complaint})'}; "
            "has the example stopped or killed its parent process?"
        )


def kill_what_is_left(folder: Path) -> None:
    """Kill what an example whose supervisor has been killed has left: processes whose environment
    names the run's folder.
    """
    mark = f"PROCESS_GALLERY={folder}/".encode()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        found = False
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):  # it has ended, or is another user's
                if mark in environment.read_bytes():
                    os.kill(int(environment.parent.name), signal.SIGKILL)
                    found = True
        if not found:
            return
        time.sleep(0.01)
