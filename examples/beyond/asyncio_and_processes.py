"""
asyncio with a pool of processes
================================

An event loop runs one thing at a time, so a computation in it stops everything else;
in a process it does not. :meth:`~asyncio.loop.run_in_executor` makes the process's
result something to ``await``.

A heartbeat ticks in the loop, a hundred times a second, while a computation runs in
each of three places. What is measured is how late the beats are: the longest pause
between two, and how many there were in a second.
"""

# sphinx_gallery_tags = ["asyncio", "ProcessPoolExecutor", "measures"]
# sphinx_gallery_parallel = False

import asyncio
import time
from concurrent.futures import ProcessPoolExecutor


def compute(number):
    total = 0
    for n in range(6_000_000):
        total += n % number
    return total


async def heartbeat(pauses):
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0.01)
        now = time.perf_counter()
        pauses.append(now - last)
        last = now


async def measure(title, work):
    pauses = []
    task = asyncio.create_task(heartbeat(pauses))
    await asyncio.sleep(0.05)
    start = time.perf_counter()
    await work()
    seconds = time.perf_counter() - start
    await asyncio.sleep(0.02)
    task.cancel()
    longest = max(pauses) * 1000
    print(
        f"{title} {seconds:.2f} s, {len(pauses) / seconds:3.0f} beats a second,",
        end=" ",
    )
    print(f"longest pause {longest:4.0f} ms")


async def compare():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(2) as executor:
        # Start the workers before anything is measured.
        await asyncio.gather(
            *(loop.run_in_executor(executor, time.sleep, 0.1) for _ in range(2))
        )

        async def inline():
            return compute(7)

        await measure("in the loop:  ", inline)
        await measure("in a thread:  ", lambda: asyncio.to_thread(compute, 7))
        await measure(
            "in a process: ", lambda: loop.run_in_executor(executor, compute, 7)
        )
        await measure(
            "two processes:",
            lambda: asyncio.gather(
                loop.run_in_executor(executor, compute, 7),
                loop.run_in_executor(executor, compute, 9),
            ),
        )


if __name__ == "__main__":
    asyncio.run(compare())

# %%
# In the loop the longest pause is the whole computation: the loop did nothing else.
# That is the difference that matters. In a thread the heart beats on. Each beat then has to wait for the GIL, which a computing thread gives
# up only every few milliseconds (:func:`sys.setswitchinterval`), so there are fewer
# beats in a second than beside a process, which has a GIL of its own. And a second
# thread that computes would not make the work any faster; a second process does, if a
# CPU is idle.
#
# The workers are started before the measuring, and, more important, before any thread
# is: ``to_thread`` starts one, and a worker forked after that would be a fork of a
# program with threads.
#
# Cancelling
# ----------
# A timeout cancels the waiting, not the work:


def slow():
    time.sleep(0.6)
    print("the worker finished all the same")


async def give_up():
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as executor:
        try:
            async with asyncio.timeout(0.3):
                await loop.run_in_executor(executor, slow)
        except TimeoutError:
            print("gave up")


if __name__ == "__main__":
    asyncio.run(give_up())

# %%
# What to do
# ----------
# Make one executor when the program starts, keep it, and hand it to every
# ``run_in_executor``. Leave its block outside the part that must react quickly: its
# end waits for running tasks, and it blocks the loop while it waits.
#
# For limits that end the work too, see :doc:`/gallery/pools/time_limits`.
