"""
Repairing a lock with os.register_at_fork
=========================================

A lock of your own can be made safe: :func:`os.register_at_fork` takes functions that
Python calls before and after each fork. If the forking thread acquires the lock just
before, no other thread has it at that moment. Parent and child then both release it.

First the bug. A thread keeps two numbers equal and has the lock while it changes
them, which is most of the time:
"""

# sphinx_gallery_tags = ["fork", "threads"]

import multiprocessing
import os
import threading
import time

# sphinx_gallery_start_ignore
if "fork" not in multiprocessing.get_all_start_methods():
    print("This system has no fork: nothing to show.")
    raise SystemExit
# sphinx_gallery_end_ignore
fork = multiprocessing.get_context("fork")
finished = threading.Event()


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.paid = self.received = 0

    def pay(self):
        with self.lock:
            self.paid += 1
            time.sleep(0.001)
            self.received += 1


def read(account):
    with account.lock:
        if account.paid != account.received:
            raise SystemExit(3)


def count(account):
    children = [fork.Process(target=read, args=(account,)) for _ in range(20)]
    for child in children:
        child.start()
    deadline = time.monotonic() + 1
    for child in children:
        child.join(max(0, deadline - time.monotonic()))
    stuck = [child for child in children if child.is_alive()]
    for child in stuck:
        child.kill()
        child.join()
    codes = [child.exitcode for child in children]
    print(f"of 20 children: {len(stuck)} stuck,", end=" ")
    print(f"{codes.count(3)} saw unequal numbers, {codes.count(0)} fine")


def keep_paying(account):
    while not finished.is_set():
        account.pay()


def try_out(account):
    finished.clear()
    thread = threading.Thread(target=keep_paying, args=(account,))
    thread.start()
    time.sleep(0.05)
    count(account)
    finished.set()
    thread.join()


if __name__ == "__main__":
    try_out(Account())

# %%
# A tempting repair gives the child a new lock. Nothing gets stuck, but the thread was
# in the middle of a change, and the child now reads what the lock was there to hide:


class NewLock(Account):
    def __init__(self):
        super().__init__()
        os.register_at_fork(after_in_child=self.make_new_lock)

    def make_new_lock(self):
        self.lock = threading.Lock()


if __name__ == "__main__":
    try_out(NewLock())

# %%
# The sound repair holds the lock across the fork, so that the fork waits until the
# change is complete:


class HeldAcrossFork(Account):
    def __init__(self):
        super().__init__()
        os.register_at_fork(
            before=self.lock.acquire,
            after_in_parent=self.lock.release,
            after_in_child=self.lock.release,
        )


if __name__ == "__main__":
    try_out(HeldAcrossFork())

# %%
# What to look at
# ---------------
# The first line counts children that wait for ever. The second has none of these,
# and wrong numbers instead. In the third all is well.
#
# What the repair costs and where it ends:
#
# - If the forking thread itself holds the lock, it waits for itself, and the *parent*
#   hangs. An :class:`threading.RLock` would let it pass, in the middle of its change.
# - Every fork of the program waits for your lock, also in code that has nothing to do
#   with you.
# - ``before`` functions run last registered first, the others first registered first.
# - Several such locks are acquired one after the other. If a thread takes two of them in
#   another order, it and the fork wait for each other.
# - A registration cannot be taken back, and keeps the object alive: register once per
#   module, not once per object as here.
# - It repairs locks that you can reach. The thread itself is still missing in the
#   child, and the lock of :doc:`/gallery/fork_safety/innocent_print` is out of reach.
#
# Where the child can do without what the lock protects, a cache or a connection, the
# usual idiom is simpler and cannot hang: ``os.register_at_fork(after_in_child=reset)``,
# where ``reset`` makes a new lock *and* throws away the data that may be half changed.
#
# CPython has done both to :mod:`logging`. It holds that module's own lock across each
# fork (https://github.com/python/cpython/issues/50970). It did so with the locks of all
# handlers, too, until their order led to deadlocks; since 3.7.4 they are made anew in
# the child (https://github.com/python/cpython/issues/80714).
#
# Said about this, and tested: :ref:`folklore-new-lock-mends`.
