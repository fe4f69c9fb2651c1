"""
What may travel only as an argument
===================================

A queue, a lock or a ``Value`` reaches a child as an argument of ``Process``, or in the
initializer of a pool. Sent in any other way, as a task of a pool or through another
queue, it raises ``RuntimeError``.

Each of these objects stands for something that the operating system holds: a
semaphore, the two ends of a pipe, shared memory. A process gets hold of that when it
is started.
"""

# sphinx_gallery_tags = ["Pool", "Queue", "Lock", "Manager", "spawn"]

import multiprocessing


def work(shared):
    return type(shared).__name__


def attempt(name, call, *arguments):
    try:
        print(f"{name}:", call(*arguments))
    except (RuntimeError, TypeError) as error:
        print(f"{name}: {type(error).__name__}: {error}")


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    things = {
        "Queue": context.Queue(),
        "Lock": context.Lock(),
        "Condition": context.Condition(),
        "Value": context.Value("i"),
        "Value, lock=False": context.Value("i", lock=False),
    }
    with context.Pool(1) as pool:
        for name, thing in things.items():
            attempt(name, pool.apply, work, (thing,))

# %%
# The message names the class that refuses. A ``Value`` is a ``Synchronized`` object
# inside; without a lock it is an object of :mod:`ctypes`, and the message names its type.
#
# The same objects as arguments of a ``Process``:


def show(things):
    print("the child has:", *things)


if __name__ == "__main__":
    process = context.Process(target=show, args=(things,))
    process.start()
    process.join()

# %%
# How to give them to a pool
# --------------------------
# By the initializer, which gets its arguments while the worker is started. Or use what
# a manager makes: a proxy of it is a name and an address, and may travel anywhere.

queue = None


def remember(shared_queue):
    global queue
    queue = shared_queue


def put_in_global(number):
    queue.put(number)


def put_in_argument(argument):
    number, managed = argument
    managed.put(number)


if __name__ == "__main__":
    answers = context.Queue()
    with context.Pool(2, initializer=remember, initargs=(answers,)) as pool:
        pool.map(put_in_global, [1, 2])
        print("by the initializer:", sorted([answers.get(), answers.get()]))
    with context.Manager() as manager, context.Pool(2) as pool:
        managed = manager.Queue()
        pool.map(put_in_argument, [(1, managed), (2, managed)])
        print("by a manager:", sorted([managed.get(), managed.get()]))

# %%
# What to do
# ----------
# Take the initializer: nothing is slower for it. Take a manager where the object must
# be made later than the pool; then each call goes through the manager's process
# (:doc:`/gallery/communication/manager_proxies`). Often neither is needed, because a
# pool brings results back by itself.
