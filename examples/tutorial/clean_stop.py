"""
Stop cleanly on Ctrl-C
======================

Ctrl-C interrupts every process of the program, wherever it stands. To stop cleanly,
one process has to decide: the workers ignore the signal, the parent makes a note of
it, hands out no more work, and waits for the answers that are still to come.

So that there is something to hold back, the parent no longer puts all tasks into the
queue at once. It puts in a few, and one more for each answer.
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Queue", "signals"]

import itertools
import multiprocessing
import os
import signal

LIMIT, SIZE = 300_000, 3_000
BLOCKS = [range(start, start + SIZE) for start in range(1, LIMIT, SIZE)]


def countdown(number):
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


def longest(block):
    return max((countdown(number), number) for number in block)


def work(tasks, results):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for block in iter(tasks.get, None):
        results.put(longest(block))


class Interrupted:
    """True after Ctrl-C. A second Ctrl-C is not caught any more."""

    def __init__(self):
        self.value = False
        self.before = signal.signal(signal.SIGINT, self.note)

    def note(self, signum, frame):
        self.value = True
        signal.signal(signal.SIGINT, self.before)

    def __bool__(self):
        return self.value


def run(blocks, workers=2, after_answer=lambda done, children: None):
    interrupted = Interrupted()
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    children = [
        multiprocessing.Process(target=work, args=(tasks, results), daemon=True)
        for _ in range(workers)
    ]
    for child in children:
        child.start()
    todo = iter(blocks)
    best, done, pending = (0, 1), 0, 0
    for block in itertools.islice(todo, 2 * workers):
        tasks.put(block)
        pending += 1

    while pending:
        best = max(best, results.get())
        done, pending = done + 1, pending - 1
        after_answer(done, children)
        if not interrupted and (block := next(todo, None)):
            tasks.put(block)
            pending += 1

    for _ in children:
        tasks.put(None)
    for child in children:
        child.join()
    print("exit codes of the workers:", [child.exitcode for child in children])
    return best, done


# %%
# A page has no keyboard. This function does what Ctrl-C does: it sends ``SIGINT`` to
# every process of the program.


def press_ctrl_c(done, children):
    if done == 5:
        print("Ctrl-C, after 5 answers")
        for child in children:
            if os.name == "posix":
                os.kill(child.pid, signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


if __name__ == "__main__":
    (steps, number), done = run(BLOCKS, after_answer=press_ctrl_c)
    print(f"{done} of {len(BLOCKS)} blocks done; so far {number} is best: {steps}")

# %%
# What to look at
# ---------------
# There is no traceback, and both workers ended with exit code 0. A few answers came
# after the signal: those of the blocks that had been handed out already.
#
# The handler does nothing but make a note. A :exc:`KeyboardInterrupt` could have
# struck in the middle of ``results.get()``, with half an answer read. After the note,
# ``get`` simply goes on (:pep:`475`).
#
# A second Ctrl-C ends the program at once, as it would have without all this. The
# workers are ``daemon=True``, so that the interpreter then ends them too, instead of
# waiting for them.
