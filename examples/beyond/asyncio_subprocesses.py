"""
asyncio: programs and signals
=============================

:func:`asyncio.create_subprocess_exec` starts a program and lets the event loop wait for
it, read what it says and set a limit, for many programs at once and without a thread or
a pool. :meth:`~asyncio.loop.add_signal_handler` turns a signal into a call in the loop.
"""

# sphinx_gallery_tags = ["asyncio", "subprocess", "signals", "POSIX"]
# sphinx_gallery_timeout = 60

import asyncio
import os
import signal
import sys
import time

PROGRAM = """
import sys, time
seconds = float(sys.argv[1])
for step in range(3):
    print(f"step {step} of the program of {seconds} s", flush=True)
    time.sleep(seconds / 3)
"""


async def watch(seconds, limit):
    """Run a program, pass on what it says, end it at the limit."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(seconds), stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(limit):
            async for line in process.stdout:
                print(line.decode().rstrip())
            await process.wait()
    except TimeoutError:
        process.kill()
    return await process.wait()


async def several():
    start = time.perf_counter()
    codes = await asyncio.gather(watch(0.9, 20), watch(0.6, 20), watch(60, 2))
    print(f"exit codes {codes}, after {time.perf_counter() - start:.1f} s")


if __name__ == "__main__":
    asyncio.run(several())

# %%
# Three programs ran side by side, and their lines came as they were written. The third
# would have taken a minute. The timeout ended the waiting; ``kill`` ended the program,
# and the ``wait`` after it is what keeps a zombie away.
#
# A signal as an event
# --------------------
# A handler of :func:`signal.signal` comes between any two lines of the program. One of
# ``add_signal_handler`` is a call in the loop, in order, where an event may be set. Here
# the program asks itself to stop, as a service manager does:


async def watch_and_tidy(seconds):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, str(seconds), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            print("exit code:", await process.wait())


async def serve_and_tidy():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    worker = asyncio.create_task(watch_and_tidy(60))
    await asyncio.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)
    await stop.wait()
    print("asked to stop")
    worker.cancel()
    await asyncio.gather(worker, return_exceptions=True)
    print("cancelled:", worker.cancelled())


if __name__ == "__main__":
    if sys.platform == "win32":
        print("Windows' event loop has no add_signal_handler")
    else:
        asyncio.run(serve_and_tidy())

# %%
# What to do
# ----------
# - Cancelling a task ends its waiting, not the program that it waits for. Kill that in a
#   ``finally``, and wait for it.
# - Read what a program says while you wait for its end. With ``PIPE`` and nobody who
#   reads, it stops when the pipe is full; :meth:`~asyncio.subprocess.Process.communicate`
#   does both.
# - For Python functions instead of programs: :doc:`/gallery/beyond/asyncio_and_processes`.
