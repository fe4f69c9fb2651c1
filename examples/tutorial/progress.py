"""
Show progress, and hear of errors
=================================

A parent that looks at each answer as it comes can say how far the work is. It can also
hear what went wrong, if the workers send that too, as an answer like any other.

One block is bad: somebody began to count at 0.
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Queue", "default start method"]

import multiprocessing

LIMIT, SIZE = 40_000, 5_000
BLOCKS = [range(start, start + SIZE) for start in range(0, LIMIT, SIZE)]


def countdown(number):
    if number < 1:
        raise ValueError(f"there is no countdown from {number}")
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


def longest(block):
    return max((countdown(number), number) for number in block)


def work(tasks, results):
    for block in iter(tasks.get, None):
        try:
            answer = longest(block)
        except Exception as error:
            answer = f"{type(error).__name__}: {error}"
        results.put((block, answer))


def run(blocks, workers=2):
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    children = [
        multiprocessing.Process(target=work, args=(tasks, results))
        for _ in range(workers)
    ]
    for child in children:
        child.start()
    for block in [*blocks, *[None] * workers]:
        tasks.put(block)

    best, failed = (0, 1), []
    for done in range(1, len(blocks) + 1):
        block, answer = results.get()
        if isinstance(answer, str):
            failed.append((block, answer))
        else:
            best = max(best, answer)
        bar = "#" * (20 * done // len(blocks))
        print(f"[{bar:<20}] {done} of {len(blocks)}, best {best}")

    for child in children:
        child.join()
    return best, failed


if __name__ == "__main__":
    (steps, number), failed = run(BLOCKS)
    print(f"{number} takes {steps} steps")
    for block, message in failed:
        print(f"no answer for {block}: {message}")

# %%
# What to look at
# ---------------
# All lines are the parent's. The workers say nothing; they send. The line about the
# failed block comes at the end, but its step in the bar came with the others.
#
# In a terminal, print the bar with ``end="\r"``, so that each one overwrites the last.
#
# Without the ``try`` in ``work`` the bad block would end a worker, its answer would
# never come, and the parent would wait for it for ever.
