"""
Ended by the kernel when the parent ends
========================================

On Linux a process can ask the kernel for a signal at the death of its parent
(``PR_SET_PDEATHSIG``), and hold on to another process by a descriptor instead of a
number (a pidfd). Both do what no code of a killed parent can do any more.
"""

# sphinx_gallery_needs = ["linux"]
# sphinx_gallery_tags = ["orphan", "pidfd", "prctl", "signals", "Linux"]
# sphinx_gallery_timeout = 60

import ctypes
import multiprocessing
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent):
    """Have the kernel kill this process when the thread that started it ends."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it had ended before
        os._exit(1)


def worker(report, ask_kernel, parent):
    if ask_kernel:
        die_with_parent(parent)
    report.send(os.getpid())
    time.sleep(60)


def program(method, report, ask_kernel):
    context = multiprocessing.get_context(method)
    parent = os.getpid()
    context.Process(target=worker, args=(report, ask_kernel, parent)).start()
    report.close()  # so that only the worker has it
    time.sleep(60)


def kill_parent(method, ask_kernel):
    spawn = multiprocessing.get_context("spawn")
    receiver, sender = spawn.Pipe(duplex=False)
    middle = spawn.Process(target=program, args=(method, sender, ask_kernel))
    middle.start()
    sender.close()
    try:
        pid = receiver.recv()
    except EOFError:
        middle.kill()
        middle.join()
        return "ended at once, for its parent is another process"
    handle = os.pidfd_open(pid)
    middle.kill()
    middle.join()
    ended, _, _ = select.select([handle], [], [], 2)
    if not ended:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [], 2)
    os.close(handle)
    return "has ended" if ended else "lives on"


if __name__ == "__main__":
    if sys.platform != "linux":
        print("prctl and pidfd are Linux's own")
        sys.exit()
    for method in ("fork", "spawn", "forkserver"):
        for ask_kernel in (False, True):
            how = "with PR_SET_PDEATHSIG" if ask_kernel else "as it is"
            print(f"{method}, {how}: the worker", kill_parent(method, ask_kernel))

# %%
# The program was killed with ``SIGKILL``. Without the request its worker lives on; with
# it the kernel has ended it. Under forkserver the worker is a child of the server, not of
# the program: here it noticed, and ended itself.
#
# Mind three things. It is the end of the *thread* that started the process, not of the
# whole parent, that counts (prctl(2)): a pool whose workers are started by a helper
# thread must not end that thread. And the request comes a moment after the start, so look at ``os.getppid`` once it is made.
#
# A descriptor instead of a number
# --------------------------------
# A pid may be given to another process as soon as the first one has been waited for. A
# descriptor of the process never means another one. It can be waited for, with others,
# and signals can be sent through it:

if __name__ == "__main__":
    process = multiprocessing.Process(target=time.sleep, args=(60,))
    process.start()
    handle = os.pidfd_open(process.pid)
    print("ended after 0.1 s:", bool(select.select([handle], [], [], 0.1)[0]))
    signal.pidfd_send_signal(handle, signal.SIGTERM)
    print("ended after a signal:", bool(select.select([handle], [], [], 10)[0]))
    process.join()
    try:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
    except ProcessLookupError as error:
        print("joined, another signal:", error.strerror)
    os.close(handle)

# %%
# What to do
# ----------
# - For workers that must not outlive their program, ask the kernel in the initializer.
#   Where it must work on macOS or Windows too, watch the parent's ``sentinel``:
#   :doc:`/gallery/debugging/zombies_and_orphans`.
# - To wait for your own children ``process.sentinel`` serves, and is portable.
