"""
When subprocess is the better tool
==================================

:mod:`multiprocessing` runs a *function* in another process; :mod:`subprocess` runs a
*program*. For a program of another language, for one that must be killed with all that
it started, or for a Python that must share nothing with this one, the second is the
better tool. :func:`os.posix_spawn` is below both: it starts a program and nothing else.
"""

# sphinx_gallery_tags = ["subprocess", "posix_spawn", "setsid", "POSIX"]
# sphinx_gallery_timeout = 60

import os
import select
import signal
import statistics
import subprocess
import sys
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not hasattr(os, "posix_spawn"):
    print("This platform has no posix_spawn.")
    raise SystemExit
# sphinx_gallery_end_ignore

if __name__ == "__main__":
    code = "import sys; print(sum(map(int, sys.stdin.read().split())))"
    done = subprocess.run(
        [sys.executable, "-c", code], input="1 2 3", capture_output=True, text=True
    )
    print("run:", done.stdout.strip(), "exit code", done.returncode)
    try:
        done = subprocess.run([sys.executable, "-c", "1/0"], check=True, stderr=-1)
    except subprocess.CalledProcessError as error:
        last = error.stderr.decode().splitlines()[-1]
        print(f"{type(error).__name__}: exit code {error.returncode}: {last}")

# %%
# Output, exit code, a limit, a working directory, an environment: all arguments of one
# call, and no guard is needed, since nobody imports this file.
#
# With all that it started
# ------------------------
# ``start_new_session`` makes the program the leader of a session and of a process group
# (it calls ``setsid``). A signal to the group reaches its children, too, which
# ``Process.terminate`` does not:

FAMILY = """
import subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
print(child.pid, flush=True)
child.wait()
"""


def end(how):
    program = subprocess.Popen(
        [sys.executable, "-c", FAMILY], stdout=subprocess.PIPE, start_new_session=True
    )
    grandchild = int(program.stdout.readline())
    how(program.pid, signal.SIGTERM)
    program.wait()
    # The grandchild has the pipe, too: it is at its end when nobody has it any more.
    ended, _, _ = select.select([program.stdout], [], [], 2)
    print(f"{how.__name__}: the grandchild", "has ended" if ended else "runs on")
    if not ended:
        os.kill(grandchild, signal.SIGKILL)
    program.stdout.close()


if __name__ == "__main__":
    end(os.kill)
    end(os.killpg)

# %%
# posix_spawn
# -----------
# It hands over a program, arguments, an environment and a list of what to do with
# descriptors, and returns a pid; all the rest is yours. Its speed is no reason to take
# it: since Python 3.10 ``subprocess`` starts programs with ``vfork`` where it can.

if __name__ == "__main__":
    receive, send = os.pipe()
    actions = [(os.POSIX_SPAWN_DUP2, send, 1)]
    command = ["/bin/sh", "-c", "echo from a shell; exit 3"]
    pid = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    os.close(send)
    with open(receive) as output:
        print("posix_spawn:", output.read().strip())
    print("exit code:", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    times = {}
    for _ in range(20):
        for name in ("posix_spawn", "subprocess"):
            begin = time.perf_counter()
            if name == "subprocess":
                subprocess.run(["/bin/true"])
            else:
                pid = os.posix_spawn("/bin/true", ["true"], os.environ)
                os.waitpid(pid, 0)
            times.setdefault(name, []).append(time.perf_counter() - begin)
    ratio = statistics.median(times["subprocess"]) / statistics.median(
        times["posix_spawn"]
    )
    print(f"subprocess takes {ratio:.1f} times as long")

# %%
# Which descriptors does the program get?
# ---------------------------------------
# None but the first three. ``pass_fds`` names others; :func:`os.set_inheritable` lets
# one through to every program that is started with ``close_fds=False``, or by
# ``posix_spawn``:

if __name__ == "__main__":
    receive, send = os.pipe()
    print("inheritable at first:", os.get_inheritable(send))
    look = f"test -e /dev/fd/{send} && echo open || echo closed"
    for title, options in {
        "as it is": {},
        "pass_fds": {"pass_fds": [send]},
        "close_fds=False": {"close_fds": False},
    }.items():
        done = subprocess.run(
            look, shell=True, capture_output=True, text=True, **options
        )
        print(f"{title}: {done.stdout.strip()}")
    os.set_inheritable(send, True)
    done = subprocess.run(
        look, shell=True, capture_output=True, text=True, close_fds=False
    )
    print(f"set_inheritable, close_fds=False: {done.stdout.strip()}")
    os.close(receive)
    os.close(send)

# %%
# What to do
# ----------
# - A function and Python objects: ``multiprocessing``, or an executor.
# - A program, text or bytes: ``subprocess``; many at once, with limits:
#   :doc:`/gallery/beyond/asyncio_subprocesses`.
