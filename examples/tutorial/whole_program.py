"""
The whole program
=================

A work queue that shows progress, stops cleanly, survives a killed worker, and leaves
no orphans. It runs the same under every start method, because the workers get all they
need as arguments.

``python whole_program.py --help`` says how to use it.
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Pipe", "signals"]

import argparse
import contextlib
import multiprocessing
import signal
import sys
from collections import deque
from multiprocessing.connection import wait


def countdown(number):
    if number < 1:
        raise ValueError(f"there is no countdown from {number}")
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


def longest(block):
    """Return (steps, number) of the longest countdown in the block."""
    return max((countdown(number), number) for number in block)


# %%
# The worker. It ignores Ctrl-C, since the parent decides, and sends what went wrong as
# an answer. It waits for the next task, or for the end of the parent.


def work(function, pipe):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    try:
        while pipe in wait([pipe, parent.sentinel]):
            job = pipe.recv()
            if job is None:
                return
            try:
                answer = True, function(job[0])
            except Exception as error:
                answer = False, f"{type(error).__name__}: {error}"
            pipe.send(answer)
    except (EOFError, OSError):
        return  # the parent is gone


# %%
# The parent's side: a worker, and a note that Ctrl-C was pressed.


class Worker:
    def __init__(self, context, function):
        self.context, self.function = context, function
        self.start()

    def start(self):
        self.job = None
        self.pipe, theirs = self.context.Pipe()
        self.process = self.context.Process(
            target=work, args=(self.function, theirs), daemon=True
        )
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # the worker inherits it
        try:
            self.process.start()
        finally:
            signal.signal(signal.SIGINT, before)
        theirs.close()  # now only the worker has it: if it dies, the pipe is at its end

    def send(self, job):
        self.job = job
        with contextlib.suppress(OSError):  # if it is dead, wait() will say so
            self.pipe.send(job)

    def stop(self):
        if self.job is None:
            self.send(None)
        else:  # the caller gave up, or pressed Ctrl-C twice: nobody wants its answer
            self.process.kill()
        self.process.join()


class Interrupted:
    def __enter__(self):
        self.value = False
        self.before = signal.signal(signal.SIGINT, self.note)
        return self

    def note(self, signum, frame):
        self.value = True
        signal.signal(signal.SIGINT, self.before)  # a second Ctrl-C is not caught

    def __exit__(self, *exception):
        signal.signal(signal.SIGINT, self.before)


# %%
# The work queue. It yields each task with its answer, as they come. A job is a task,
# and how many tries are left for it.


def run(function, tasks, size=2, context=None, tries=2):
    """Yield (task, good, answer); `answer` is a message if `good` is false."""
    context = context or multiprocessing.get_context()
    todo = deque((task, tries) for task in tasks)
    workers = [Worker(context, function) for _ in range(size)]
    with Interrupted() as interrupted, contextlib.ExitStack() as stack:
        for worker in workers:
            stack.callback(worker.stop)
        while todo or any(worker.job for worker in workers):
            for worker in workers:
                if worker.job is None and todo:
                    worker.send(todo.popleft())
            ready = wait([worker.pipe for worker in workers])
            for worker in [worker for worker in workers if worker.pipe in ready]:
                job = worker.job
                try:
                    good, answer = worker.pipe.recv()
                    worker.job = None
                except (EOFError, OSError):
                    worker.process.join()
                    good, answer = False, f"exit code {worker.process.exitcode}"
                    worker.start()
                    if job is None:  # it was idle
                        continue
                    task, left = job
                    if left > 1:
                        todo.appendleft((task, left - 1))
                        continue
                yield job[0], good, answer
            if interrupted.value:
                todo.clear()
    if interrupted.value:
        raise KeyboardInterrupt


# %%
# The command. It says how it ended in its exit code, as a command should: 0 if all is
# well, 1 if a block has no answer, 130 after Ctrl-C.


def main():
    parser = argparse.ArgumentParser(description="Find the longest countdown.")
    parser.add_argument("limit", type=int, nargs="?", default=30_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--start-method", choices=multiprocessing.get_all_start_methods()
    )
    options = parser.parse_args()
    context = multiprocessing.get_context(options.start_method)
    size = 3_000
    blocks = [
        range(start, min(start + size, options.limit))
        for start in range(1, options.limit, size)
    ]

    best, done, code = (0, 1), 0, 0
    end = "\r" if sys.stderr.isatty() else "\n"
    try:
        for block, good, answer in run(longest, blocks, options.workers, context):
            done += 1
            if good:
                best = max(best, answer)
            else:
                code = 1
                print(f"no answer for {block}: {answer}")
            print(f"{done} of {len(blocks)}", file=sys.stderr, end=end)
    except KeyboardInterrupt:
        print("stopped; what follows is the best so far")
        code = 130
    print("{1} takes {0} steps".format(*best))
    return code


if __name__ == "__main__":
    sys.exit(main())

# %%
# What to look at
# ---------------
# ``run`` knows nothing of countdowns: give it any function and any tasks that can be
# pickled. It is a generator, so that its caller decides what progress looks like.
#
# A worker cannot ignore Ctrl-C before its interpreter runs, which takes a moment under
# ``spawn``. So the parent ignores it while it starts one: on Linux and macOS an ignored
# signal is inherited. Under ``forkserver`` it is the server that inherits it, if this
# worker is the first process that the program starts; then all later children ignore
# Ctrl-C too.
#
# What a worker needs comes to it as an argument: the function, its end of the pipe.
# That is all it takes to work under every start method, and
# :doc:`/gallery/tutorial/break_it` puts it to the test.
#
# ``parent.sentinel`` is ready when the parent has died. Without it a worker would wait
# for its next task for ever, an orphan, if the parent is killed.
