"""
Two workers, one queue of work
==============================

A process for each question is wasteful. Few workers that take one task after another
from a queue divide the work by themselves: who is free takes the next.

Which number below 100,000 takes the most steps? The numbers are cut into blocks. A block
is a task, and its answer is the best number in it.
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Queue", "measures"]
# sphinx_gallery_parallel = False

import multiprocessing
import time

LIMIT, SIZE = 100_000, 5_000
BLOCKS = [range(start, start + SIZE) for start in range(1, LIMIT, SIZE)]


def countdown(number):
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


def longest(block):
    """Return (steps, number) of the longest countdown in the block."""
    return max((countdown(number), number) for number in block)


def work(tasks, results):
    done = 0
    for block in iter(tasks.get, None):
        results.put(longest(block))
        done += 1
    print("no more tasks; I did", done)


def run(blocks, workers=2):
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    children = [
        multiprocessing.Process(target=work, args=(tasks, results))
        for _ in range(workers)
    ]
    for child in children:
        child.start()
    for block in blocks:
        tasks.put(block)
    for _ in children:
        tasks.put(None)
    best = max(results.get() for _ in blocks)
    for child in children:
        child.join()
    return best


if __name__ == "__main__":
    begin = time.perf_counter()
    steps, number = run(BLOCKS)
    seconds = time.perf_counter() - begin
    print(f"{number} takes {steps} steps")

    begin = time.perf_counter()
    alone = max(longest(block) for block in BLOCKS)
    print("the parent alone finds the same:", alone == (steps, number))
    ratio = (time.perf_counter() - begin) / seconds
    print(f"and takes {ratio:.1f} times as long as the two workers")

# %%
# What to look at
# ---------------
# The tasks that the two did add up to the number of blocks. How they are shared out
# nobody decided.
#
# ``iter(tasks.get, None)`` calls ``get`` until it returns ``None``. There is one
# ``None`` for each worker, behind all the tasks.
#
# The last line says what this run gained. With two idle cores it can come near 2;
# starting the workers, and whatever else the machine was doing, is in it.
