"""
Results come back through a queue
=================================

What a child's function returns is thrown away. What the parent is to know, the child
has to send.

The countdown of this tutorial is a strange one: halve a number if it is even, else
triple it and add one, until it is down to 1. Nobody has found a number for which that
never ends. How many steps does it take?
"""

# sphinx_gallery_tags = ["tutorial", "Process", "Queue", "default start method"]

import multiprocessing


def countdown(number):
    """Return how many steps the number takes down to 1."""
    steps = 0
    while number > 1:
        number = 3 * number + 1 if number % 2 else number // 2
        steps += 1
    return steps


if __name__ == "__main__":
    print("called here:", countdown(27))
    child = multiprocessing.Process(target=countdown, args=(27,))
    child.start()
    print("join returned", child.join(), "and the exit code is", child.exitcode)

# %%
# The child did its work and ended well, and nobody knows the number. An exit code says
# only that. So the child puts its answer into a queue, together with the question,
# and the parent gets it out:


def send_countdown(number, results):
    results.put((number, countdown(number)))


if __name__ == "__main__":
    results = multiprocessing.Queue()
    children = [
        multiprocessing.Process(target=send_countdown, args=(number, results))
        for number in (27, 97, 871)
    ]
    for child in children:
        child.start()
    answers = [results.get() for _ in children]
    for child in children:
        child.join()
    for number, steps in sorted(answers):
        print(f"{number} takes {steps} steps")

# %%
# What to look at
# ---------------
# ``get`` waits until there is something to get. So the parent needs no other sign that
# an answer is there. It counts: three questions, three answers.
#
# First get everything, then join. The other order works for as long as the answers are
# small: :doc:`/gallery/communication/queue_not_joined`.
