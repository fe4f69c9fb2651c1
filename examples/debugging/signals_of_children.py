"""
Signals: a child has ended
==========================

When a child ends or stops, the kernel sends its parent ``SIGCHLD``. A program can wait
for it as for an event: with :func:`signal.sigwait`, which needs no handler, or with
:func:`signal.set_wakeup_fd`, which makes signals something that a selector waits for.
"""

# sphinx_gallery_tags = ["signals", "SIGCHLD", "sigwait", "Process", "POSIX"]

import multiprocessing
import os
import select
import signal
import socket
import time

# sphinx_gallery_start_ignore
if __name__ == "__main__" and not hasattr(signal, "sigwait"):
    print("This platform has no SIGCHLD to wait for.")
    raise SystemExit
# sphinx_gallery_end_ignore


def leave(code):
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
    time.sleep(0.1 * code)
    os._exit(code)


def start(codes):
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=leave, args=(code,)) for code in codes]
    for child in children:
        child.start()
    return children


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    children = start([1, 2, 3])
    left, signals = list(children), 0
    while left:
        signal.sigwait({signal.SIGCHLD})
        signals += 1
        left = [child for child in left if child.is_alive()]
    print("exit codes:", [child.exitcode for child in children])
    print("as many signals as children, or fewer:", 1 <= signals <= 3)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})

# %%
# The signal was blocked first, so that none could come between the start and the wait.
# A child inherits the mask, and unblocks it for itself.
#
# Signals are not counted: of several that come while one is pending, one is delivered.
# So the loop asks *every* child each time. Waiting for one signal per child might wait
# for ever.
#
# In a selector
# -------------
# A signal handler can do little. Let Python write the signal's number to a socket, and
# read that where the program waits for everything else:

if __name__ == "__main__":
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda signum, frame: None)  # else nothing is written
    before = signal.set_wakeup_fd(theirs.fileno())
    (child,) = start([1])
    ready, _, _ = select.select([ours], [], [], 20)
    numbers = {signal.Signals(number).name for number in ours.recv(100)}
    print("woken by:", *sorted(numbers))
    child.join()
    print("exit code:", child.exitcode)
    signal.set_wakeup_fd(before)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)

# %%
# Do not ignore it
# ----------------
# ``SIG_IGN`` for ``SIGCHLD`` tells the kernel to throw exit codes away. Then there is
# nothing to be learned of a child:

if __name__ == "__main__":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    (child,) = start([3])
    child.join(20)
    print(
        "SIGCHLD ignored, the exit code of the child that left with 3:", child.exitcode
    )
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)

# %%
# What to do
# ----------
# - To wait for children use ``join``, or :func:`multiprocessing.connection.wait` on
#   their ``sentinel``: no signal is needed, and it works everywhere.
# - Use ``SIGCHLD`` where children are started by others in your process, or where a loop
#   waits for signals anyway. In :mod:`asyncio`, the loop does it for you:
#   :doc:`/gallery/beyond/asyncio_subprocesses`.
