"""Examples where there is no supervisor: each is watched by :mod:`.portable`, in a thread."""

from __future__ import annotations

import itertools
import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

from process_gallery.errors import RecorderError
from process_gallery.model import Record

from .assemble import record_of
from .folders import make_folders
from .job import Job
from .request import PreparedJob


def record_in_threads(
    waiting: list[Job], at_once: int
) -> Iterator[tuple[Job, Record | RecorderError]]:
    """Run examples where there is no supervisor, each in the hands of a thread."""
    stop = threading.Event()
    with ThreadPoolExecutor(max(1, at_once)) as threads:
        try:
            for alone, group in itertools.groupby(
                waiting, key=lambda job: job.script.declared.alone
            ):
                for some in ([job] for job in group) if alone else [list(group)]:
                    runs = {threads.submit(_record, job, stop): job for job in some}
                    for run in as_completed(runs):
                        yield runs[run], run.result()
        finally:
            stop.set()
            threads.shutdown(cancel_futures=True)


def _record(job: Job, stop: threading.Event) -> Record | RecorderError:
    """Run one example, with what every platform has."""
    try:
        from .portable import PortableWatcher
    except ImportError as error:
        return RecorderError(
            f"{job.script.path}: to record on {sys.platform}, psutil is needed ({error}); install it: pip install psutil"
        )
    try:
        prepared = PreparedJob(job)
    except RecorderError as error:
        return error
    try:
        request = prepared.request()
        make_folders(request)
        result = PortableWatcher(request, stop).run()
        if not result:
            return RecorderError(f"{prepared.script}: the build was stopped")
        return record_of(prepared, result)
    except OSError as error:
        return RecorderError(f"{prepared.script}: cannot be run: {error}")
    finally:
        shutil.rmtree(prepared.folder, ignore_errors=True)
