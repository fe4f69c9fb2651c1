"""
Wait for the signal: Event
==========================

An event is a flag that starts false. ``wait`` sleeps until somebody sets it, and then
wakes all who wait.
"""

# sphinx_gallery_tags = ["Process", "Event", "default start method"]

import multiprocessing
import time


def run(name, ready, go):
    ready.release()
    go.wait()
    print(f"{name} runs")


if __name__ == "__main__":
    ready, go = multiprocessing.Semaphore(0), multiprocessing.Event()
    runners = [
        multiprocessing.Process(target=run, args=(name, ready, go), name=name)
        for name in ("Ann", "Bob", "Cy")
    ]
    for runner in runners:
        runner.start()
    for _ in runners:
        ready.acquire()
    print("all are at the line; nobody runs")
    time.sleep(0.3)
    print("go!")
    go.set()
    for runner in runners:
        runner.join()

    late = multiprocessing.Process(target=run, args=("Dot", ready, go), name="Dot")
    late.start()
    late.join()

# %%
# All runners stand in front of one flag, and one ``set`` lets all of them run. Dot
# comes when the race is over and does not wait: an event stays set until somebody calls
# ``clear``. So it does not matter who is first, the one who waits or the one who sets.
#
# A wait with a limit
# -------------------
# ``wait`` with a timeout returns the flag. That makes it a sleep that can be cut short,
# and a loop that works until it is told to stop:


def tick(stop):
    while not stop.wait(0.1):
        print("tick")


if __name__ == "__main__":
    stop = multiprocessing.Event()
    clock = multiprocessing.Process(target=tick, args=(stop,), name="clock")
    clock.start()
    time.sleep(0.55)
    stop.set()
    clock.join()
    print("the clock ended with", clock.exitcode)

# %%
# What to do
# ----------
# - Use an event for what happens once: ready, go, stop. It tells *that*, not *what* or
#   *how many*: for that send a message, or count with a semaphore, as the runners do to
#   say that they are at the line.
# - Do not ``clear`` and ``set`` one event in turns to mark rounds. A process that is
#   slow to wake misses a round. Take :doc:`a barrier
#   </gallery/communication/meet_at_the_barrier>`.
# - ``wait`` sleeps and costs no processor time; a loop over ``is_set`` does.
