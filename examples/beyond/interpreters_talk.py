# /// script
# requires-python = ">=3.14"
# ///
"""
Interpreters, and a queue between them
======================================

:mod:`concurrent.interpreters` is what lies below the pool of interpreters: make one, run
code in it, and send objects through a queue. A few types cross over as they are, and
others as a pickle. It exists since Python 3.14 (:pep:`734`).
"""

# sphinx_gallery_needs = ["python>=3.14"]
# sphinx_gallery_tags = ["interpreters", "Queue", "3.14"]

import sys
import threading

# sphinx_gallery_start_ignore
if __name__ == "__main__" and sys.version_info < (3, 14):
    print("This example needs Python 3.14 or later.")
    raise SystemExit
# sphinx_gallery_end_ignore
from concurrent import interpreters

CODE = """
import sys, threading
print("here the main file is", __name__, "and the interpreter is number", me)
count = 1
"""

if __name__ == "__main__":
    interpreter = interpreters.create()
    interpreter.prepare_main(me=interpreter.id)
    interpreter.exec(CODE)
    interpreter.exec("count += 1; print('count is kept:', count)")
    print("count is here:", "count" in globals())
    print("interpreters:", len(interpreters.list_all()))

# %%
# ``exec`` runs in this thread: the interpreter is another, the thread is the same, and
# the call waits. An exception comes back as :exc:`~concurrent.interpreters.ExecutionFailed`:

if __name__ == "__main__":
    try:
        interpreter.exec("1 / 0")
    except interpreters.ExecutionFailed as error:
        print("ExecutionFailed:", str(error).splitlines()[0])

# %%
# At the same time
# ----------------
# For that each needs a thread. ``call_in_thread`` starts one. The queue is shared:


def double(tasks, results):
    while (number := tasks.get()) is not None:
        results.put((number, 2 * number))


if __name__ == "__main__":
    tasks, results = interpreters.create_queue(), interpreters.create_queue()
    thread = interpreter.call_in_thread(double, tasks, results)
    print("a thread of this process:", isinstance(thread, threading.Thread))
    for number in (1, 2, 3):
        tasks.put(number)
    tasks.put(None)
    thread.join()
    print([results.get() for _ in range(3)])

# %%
# What crosses
# ------------

if __name__ == "__main__":
    for title, value in {
        "an int": 1,
        "a tuple": (1, "two"),
        "a list": [1],
        "a lock": threading.Lock(),
        "a function": double,
    }.items():
        shareable = interpreters.is_shareable(value)
        try:
            tasks.put(value)
            found = tasks.get()
            how = "the same object" if found is value else "an object of its own"
        except Exception as error:
            how = type(error).__name__
        print(f"{title:10} shareable {shareable!s:5}  {how}")
    interpreter.close()

# %%
# What to look at
# ---------------
# What is not shareable went as a pickle and came out as a copy, or not at all. A change
# on one side is never seen on the other, as between processes.
#
# What the pool of interpreters costs and what it does not separate:
# :doc:`/gallery/beyond/interpreter_pool`.
