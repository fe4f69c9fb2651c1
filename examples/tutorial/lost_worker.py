"""
Survive a killed worker
=======================

A worker that is killed takes its task with it, and it can take the queue, too. Give
each worker a pipe of its own: then the parent knows what each one was doing, notices
its end, and has nothing to share with the dead.

First what happens to a queue. A worker waits for a task and is killed. Another waits
behind it.
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Queue", "Pipe", "default start method"]

import contextlib
import faulthandler
import multiprocessing
import queue
import time
from collections import deque
from multiprocessing.connection import wait


def take_one(tasks, ready, watched):
    if watched:
        faulthandler.dump_traceback_later(1, exit=True)
    ready.set()
    print("got", tasks.get())


if __name__ == "__main__":
    tasks, workers = multiprocessing.Queue(), []
    for name, watched in [("first", False), ("second", True)]:
        ready = multiprocessing.Event()
        worker = multiprocessing.Process(
            target=take_one, args=(tasks, ready, watched), name=name
        )
        worker.start()
        ready.wait()
        time.sleep(0.2)  # now it waits in get()
        workers.append(worker)
    first, second = workers
    first.kill()
    first.join()
    tasks.put("a task")
    second.join()
    try:
        print("the parent got", tasks.get(timeout=1))
    except queue.Empty:
        print("the parent did not get it either")

# %%
# There was a task in the queue, and neither the second worker nor the parent could get
# it. The stack says why: ``get`` waits for a lock. Whoever is in ``get`` has that lock,
# so that no other reads half of the same message. The first was killed while it had it.
#
# A pipe for each worker
# ----------------------
# With pipes there is no lock. The parent sends each worker one block and waits for
# whatever comes first: :func:`multiprocessing.connection.wait` takes all the pipes at
# once. The pipe of a worker that has died is at its end, which counts as something to
# read.


def countdown(number):
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


def work(pipe):
    for block in iter(pipe.recv, None):
        pipe.send(max((countdown(number), number) for number in block))


class Worker:
    def __init__(self):
        self.pipe, theirs = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()  # so that only the worker has it, and its death is the end
        self.block = None

    def send(self, block):
        self.block = block
        with contextlib.suppress(OSError):  # if it is dead, wait() will say so
            self.pipe.send(block)


def run(blocks, size=2, after_answer=lambda done, workers: None):
    todo, best, done = deque(blocks), (0, 1), 0
    workers = [Worker() for _ in range(size)]
    while done < len(blocks):
        for worker in workers:
            if worker.block is None and todo:
                worker.send(todo.popleft())
        ready = wait([worker.pipe for worker in workers])
        for worker in [worker for worker in workers if worker.pipe in ready]:
            try:
                best = max(best, worker.pipe.recv())
                done, worker.block = done + 1, None
                after_answer(done, workers)
            except (EOFError, OSError):
                worker.process.join()
                print(f"a worker ended with {worker.process.exitcode};", end=" ")
                print("again:", worker.block)
                if worker.block is not None:
                    todo.appendleft(worker.block)
                workers[workers.index(worker)] = Worker()
    for worker in workers:
        worker.send(None)
        worker.process.join()
    return best, done


# %%
# Try it: after the third answer a worker is killed.


def kill_one(done, workers):
    if done == 3:
        workers[0].process.kill()


if __name__ == "__main__":
    blocks = [range(start, start + 5_000) for start in range(1, 60_000, 5_000)]
    (steps, number), done = run(blocks, after_answer=kill_one)
    print(f"{done} of {len(blocks)} blocks done; {number} takes {steps} steps")
    alone = max((countdown(number), number) for block in blocks for number in block)
    print("the parent alone finds the same:", alone == (steps, number))

# %%
# What to look at
# ---------------
# The killed worker's block was done again, and the answer is the one that the parent
# finds without workers. If the worker was idle when it was killed, there was nothing to do again.
#
# One danger is left: a block that *causes* the death, for instance because it needs too
# much memory, would kill one worker after another. The
# :doc:`next version </gallery/tutorial/whole_program>` tries a block twice and then
# gives it up.
