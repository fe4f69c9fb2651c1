"""
Arguments, names and process ids
================================

A child works on copies of its arguments: what it changes, the parent never sees.
"""

# sphinx_gallery_tags = ["Process", "default start method"]

import multiprocessing
import os

results = []


def square(numbers, power=2):
    for i, number in enumerate(numbers):
        numbers[i] = number**power
    results.extend(numbers)
    print("in the child: ", numbers, results)


if __name__ == "__main__":
    numbers = [1, 2, 3]
    child = multiprocessing.Process(target=square, args=(numbers,), kwargs={"power": 3})
    child.start()
    child.join()
    print("in the parent:", numbers, results)

# %%
# Neither the list that was passed nor the global one has changed in the parent. The
# two processes have separate memory. To bring a result back, send it: through
# :doc:`a queue </gallery/communication/queue_of_work>`,
# :doc:`a pipe </gallery/communication/pipe_dialogue>`, or as
# :doc:`the result of a future </gallery/pools/executor_futures>`.
#
# Who am I?
# ---------
# Each process has a name, for people, and a process id, for the system. Names need
# not be unique. Without ``name=`` they are numbered in the order of their making.


def introduce():
    me = multiprocessing.current_process()
    boss = multiprocessing.parent_process()
    print(f"I am {me.name}, pid {os.getpid()}; {boss.name} started me")


if __name__ == "__main__":
    print("I am", multiprocessing.current_process().name)
    print("was I started by another?", multiprocessing.parent_process())
    baker = multiprocessing.Process(target=introduce, name="baker")
    print("the baker's pid before start:", baker.pid)
    baker.start()
    baker.join()
    print("and after it:", baker.pid)

# %%
# ``parent_process()`` names the process that called ``start``. For the operating
# system the parent can be another one:
# :doc:`/gallery/start_methods/family_tree` shows it.
#
# The comma that makes a tuple
# ----------------------------
# ``args`` takes any iterable and unpacks it. ``(5)`` is a number, not a tuple, and
# ``("abc")`` is a string of three letters, thus three arguments:


def shout(word):
    print(word.upper())


if __name__ == "__main__":
    for args in [(5), ("abc"), ("abc",)]:
        try:
            child = multiprocessing.Process(target=shout, args=args)
        except TypeError as error:
            print(f"args={args!r}:", error)
            continue
        try:
            child.run()
        except TypeError as error:
            print(f"args={args!r}:", error)

# %%
# The example calls ``run`` here, in the parent, so that the error can be caught. After
# ``start`` it would be raised in the child, where nobody catches it:
# :doc:`/gallery/countdown/exception_in_child`.
#
# What to look at
# ---------------
# Arguments go one way. With ``spawn`` and ``forkserver`` they are pickled, so some
# cannot be passed at all (:doc:`/gallery/start_methods/pickling_errors`). With ``fork``
# the child gets a copy of the parent's whole memory. In neither case do changes come
# back.
#
# Said about this, and tested: :ref:`folklore-changes-come-back`.
