"""
A library takes a context
=========================

The start method belongs to the program, so a library that uses processes should accept
a context from its caller, and never call :func:`multiprocessing.set_start_method`.
:class:`concurrent.futures.ProcessPoolExecutor` does it this way, with ``mp_context``.
"""

# sphinx_gallery_tags = ["fork", "spawn", "forkserver", "context"]

import multiprocessing


def rude_total(function, items):
    """A library function that decides for everybody."""
    multiprocessing.set_start_method("spawn")
    with multiprocessing.Pool(2) as pool:
        return sum(pool.map(function, items))


def square(n):
    return n * n


if __name__ == "__main__":
    print("first call:", rude_total(square, range(5)))
    try:
        rude_total(square, range(5))
    except RuntimeError as error:
        print("second call: RuntimeError:", error)
    print("the program now uses:", multiprocessing.get_start_method())

# %%
# The second call fails, and it would also fail if the program had chosen a method
# before the first. ``force=True`` would make it worse: then the library changes, behind
# the program's back, how everything else is started.
#
# Take it as an argument
# ----------------------
# A context has everything that the module has. Whatever goes together comes from the
# same context: here a process, a queue and a lock.


def work(function, lock, answers, items):
    total = sum(map(function, items))
    with lock:
        print(f"{multiprocessing.current_process().name}: my part is {total}")
    answers.put(total)


def polite_total(function, items, *, context=None):
    """A library function that leaves the choice to its caller."""
    context = context or multiprocessing.get_context()
    lock, answers = context.Lock(), context.SimpleQueue()
    parts = [items[::2], items[1::2]]
    processes = [
        context.Process(target=work, args=(function, lock, answers, part))
        for part in parts
    ]
    for process in processes:
        process.start()
    total = sum(answers.get() for _ in parts)
    for process in processes:
        process.join()
    return total


if __name__ == "__main__":
    multiprocessing.set_start_method(None, force=True)  # forget what was done above
    for method in multiprocessing.get_all_start_methods():
        context = multiprocessing.get_context(method)
        total = polite_total(square, range(5), context=context)
        print(f"{method}: {total}")

# %%
# Without an argument :func:`multiprocessing.get_context` gives the program's method, or
# the default of the platform. It fixes that default, so a library should call it
# late, when it is about to start a process, and not while it is being imported:

if __name__ == "__main__":
    multiprocessing.set_start_method(None, force=True)
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.get_context()
    after = multiprocessing.get_start_method(allow_none=True)
    print(f"set before: {before}; set after get_context(): {after}")

# %%
# What to do
# ----------
# * Accept ``context=None`` and hand it on to every pool, queue and lock.
# * Write so that spawn works: functions at the top level, arguments that can be
#   pickled, nothing important in globals.
# * If the library cannot work under one of the methods, say so and raise an error. The
#   name is in ``context.get_start_method()``.
# * Test with all of them: :doc:`/gallery/debugging/every_start_method`.
