"""
Out of memory in a container
============================

When a container has used up its memory, the kernel kills one of its processes with
SIGKILL. If that is a worker, an executor raises ``BrokenProcessPool``, a ``Pool`` waits
for ever, and no line says why.

The script puts itself into a control group with 150 MiB, as a container is.
"""

# sphinx_gallery_by_hand = "it makes a control group with a limit, as root"
# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["ProcessPoolExecutor", "Pool", "spawn", "SIGKILL", "Linux", "container"]

import contextlib
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

MIB = 1 << 20
MEMORY = Path("/sys/fs/cgroup/memory")
GROUP = MEMORY / f"example-{os.getpid()}"

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not os.access(MEMORY, os.W_OK):
    print("This example needs root, and control groups of version 1 on Linux.")
    sys.exit()
# sphinx_gallery_end_ignore


def load(size):
    return len(bytearray(size))


if __name__ == "__main__":
    GROUP.mkdir()
    for limit in ("limit_in_bytes", "memsw.limit_in_bytes"):
        (GROUP / f"memory.{limit}").write_text(str(150 * MIB))
    (GROUP / "cgroup.procs").write_text("0")  # 0 is whoever writes

    context = multiprocessing.get_context("spawn")
    process = context.Process(target=load, args=(300 * MIB,))
    process.start()
    process.join()
    print("a Process: exit code", process.exitcode)

    with ProcessPoolExecutor(1, mp_context=context) as executor:
        try:
            executor.submit(load, 300 * MIB).result()
        except BrokenProcessPool as error:
            print(f"an executor: {type(error).__name__}: {error}")

    with context.Pool(1) as pool:
        try:
            pool.apply_async(load, [300 * MIB]).get(timeout=5)
        except multiprocessing.TimeoutError:
            print("a Pool: no result after 5 s, and there will be none")

# %%
# No ``MemoryError``: asking for memory succeeds, and touching it is what fails. The
# kernel leaves a trace, in its log and in a counter of the group. In version 2 it is
# ``memory.events``, and in a container both are below ``/sys/fs/cgroup``:

if __name__ == "__main__":
    counters = dict(
        map(str.split, (GROUP / "memory.oom_control").read_text().splitlines())
    )
    print("killed:", counters["oom_kill"])
    for pid in (GROUP / "cgroup.procs").read_text().split():
        with contextlib.suppress(ProcessLookupError):  # it has ended since
            (MEMORY / "cgroup.procs").write_text(pid)
    GROUP.rmdir()

# %%
# What to do
# ----------
# * Ask for it: ``docker inspect --format '{{.State.OOMKilled}}'`` and, in Kubernetes,
#   ``kubectl describe pod``, where the reason is ``OOMKilled`` and the exit code 137,
#   which is 128 + 9.
# * Fewer workers need less memory, and less at once: :doc:`/gallery/pools/eager_input`.
#   With ``fork`` what the parent has is not copied at first:
#   :doc:`/gallery/fork_safety/copy_on_write`.
# * A limit of your own gives a ``MemoryError`` with a traceback instead:
#   ``resource.setrlimit(resource.RLIMIT_AS, (size, size))`` in the worker.
# * Use an executor, which notices: :doc:`/gallery/pools/killed_worker`.
