"""One example in the hands of a supervisor."""

from __future__ import annotations

import _signal
import contextlib
import os
import time
from pathlib import Path

from process_gallery.errors import RecorderError

from .job import Job
from .messages import Result
from .request import PreparedJob
from .supervisor_process import SupervisorProcess

TYPE_CHECKING = False
if TYPE_CHECKING:
    from process_gallery.model import Record


class SupervisedRun:
    """One example in the hands of a supervisor."""

    def __init__(self, job: Job, idle: list[SupervisorProcess]) -> None:
        """Start it, under a supervisor that has nothing to do, or else a new one."""
        self.prepared = PreparedJob(job)
        self.job = job
        self.alone = job.script.declared.alone
        self.limit = float("inf")
        """When its supervisor is taken for dead."""
        if self.prepared.timeout:
            self.limit = time.monotonic() + self.prepared.timeout + job.limits.patience
        try:
            self.supervisor = self._idle(idle) or SupervisorProcess(self.prepared.warm)
        except OSError as error:
            os.rmdir(self.prepared.folder)
            raise RecorderError(
                f"{self.prepared.script}: the recorder itself cannot start: {error}"
            ) from error
        self.supervisor.send(self.prepared.request())

    def _idle(self, idle: list[SupervisorProcess]) -> SupervisorProcess | None:
        """Take a supervisor that has nothing to do; None if there is none that is right."""
        for supervisor in reversed(idle):
            if supervisor.warm == self.prepared.warm:
                idle.remove(supervisor)
                if supervisor.process.poll() is None:
                    return supervisor
                supervisor.end()  # something has killed it meanwhile
        return None

    def cancel(self) -> str:
        """End the example and everything that it started; return what the supervisor complained
        about.
        """
        import shutil

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
        from .assemble import record_of

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
    """Kill what an example whose supervisor has been killed has left."""
    try:
        with open(folder / "stacks", "rb") as file:
            stream = file.read(40).partition(b"\0")[0].decode()
    except OSError:  # it had not begun, or has removed it
        stream = ""
    until = time.monotonic() + 2
    while time.monotonic() < until:
        entries = Path("/proc").glob("[0-9]*")
        found = [entry for entry in entries if _is_of(entry, str(folder), stream)]
        if not found:
            return
        for entry in found:
            with contextlib.suppress(OSError):
                os.kill(int(entry.name), _signal.SIGKILL)
        time.sleep(0.01)


def _is_of(entry: Path, folder: str, stream: str) -> bool:
    """Return whether a process is one of a run: its environment names the run's folder, it works
    there, has something open in it, or the stream of the output.
    """
    with contextlib.suppress(OSError):  # it has ended, or is another user's
        if f"PROCESS_GALLERY={folder}/".encode() in (entry / "environ").read_bytes():
            return True
        for link in (entry / "cwd", *(entry / "fd").iterdir()):
            with contextlib.suppress(OSError):
                target = os.readlink(link)
                if target == stream or f"{target}/".startswith(f"{folder}/"):
                    return True
    return False
