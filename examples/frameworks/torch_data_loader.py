# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy", "torch"]
# ///
"""
PyTorch's DataLoader and its workers
====================================

With ``num_workers`` a DataLoader reads in processes of its own. They are children like
any other: the dataset is copied into each, random generators of your own give all of
them the same numbers, and one that is killed leaves a message with a signal in it.
"""

# sphinx_gallery_needs = ["torch", "numpy", "linux"]
# sphinx_gallery_tags = ["PyTorch", "NumPy", "fork", "spawn", "signals", "/dev/shm"]
# sphinx_gallery_timeout = 120

import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import time

# sphinx_gallery_start_ignore
if not all(importlib.util.find_spec(name) for name in ("torch", "numpy")):
    print("This example needs PyTorch and NumPy; not both are installed.")
    raise SystemExit
# sphinx_gallery_end_ignore
import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, get_worker_info


class Noise(Dataset):
    """Four items; each is a number from each of four generators."""

    def __init__(self):
        self.own = np.random.default_rng(1)

    def __len__(self):
        return 4

    def __getitem__(self, n):
        generators = torch.rand(()).item, random.random, np.random.random
        return np.array([draw() for draw in (*generators, self.own.random)])


def reseed(worker):
    """Give the worker's dataset a generator of its own."""
    info = get_worker_info()
    info.dataset.own = np.random.default_rng([info.seed])


def print_noise(title, **options):
    """Do the first items of the two workers differ, generator by generator?"""
    loader = DataLoader(Noise(), num_workers=2, batch_size=None, **options)
    first, second, *_ = loader
    differ = ["differ" if a != b else "SAME" for a, b in zip(first, second)]
    print(f"{title:22}", *(f"{word:8}" for word in differ))


if __name__ == "__main__":
    print(" " * 22, "torch    random   np.random  of the dataset")
    for method in "fork", "spawn":
        print_noise(method, multiprocessing_context=method)
    print_noise("fork, worker_init_fn", worker_init_fn=reseed)

# %%
# Each worker is seeded by PyTorch, and so are :mod:`random` and NumPy's global
# generator in it. Of the generator that the dataset holds, nobody knows. It was copied,
# whichever the start method.
#
# A dataset that is iterated
# --------------------------
# Each worker has a copy of it, and goes through all of it, unless it takes its share.


class Stream(IterableDataset):
    def __init__(self, shared_out):
        self.shared_out = shared_out

    def __iter__(self):
        info = get_worker_info()
        if self.shared_out and info is not None:
            return iter(range(info.id, 4, info.num_workers))
        return iter(range(4))


if __name__ == "__main__":
    for shared_out in False, True:
        loader = DataLoader(Stream(shared_out), num_workers=2, batch_size=None)
        print("shared out" if shared_out else "as it is  ", sorted(loader))

# %%
# A worker that dies
# ------------------
# Here each sends itself the signal: SIGKILL is what the kernel sends where memory is
# short, SIGBUS what a process gets that writes into shared memory which is not there.


class Mortal(Dataset):
    def __init__(self, number):
        self.number = number

    def __len__(self):
        return 2

    def __getitem__(self, n):
        time.sleep(0.5)
        os.kill(os.getpid(), self.number)


class Broken(Mortal):
    def __getitem__(self, n):
        raise ValueError(f"picture {n} cannot be read")


def print_error(dataset):
    try:
        list(DataLoader(dataset, num_workers=1))
    except (OSError, RuntimeError, ValueError) as error:
        while error is not None:
            print(f"{type(error).__name__}:", str(error).strip().splitlines()[0])
            error = error.__cause__


if __name__ == "__main__":
    for number in signal.SIGKILL, signal.SIGBUS:
        print("--", number.name)
        print_error(Mortal(number))
    print("-- an exception")
    print_error(Broken(0))

# %%
# A small /dev/shm
# ----------------
# Workers hand over tensors in shared memory, which on Linux is a file system in memory.
# Docker gives a container 64 MB of it. The program below gets 2 MB, in a namespace in
# which nothing else changes, and reads batches of 4 MB.

LARGE = """\
import torch
from torch.utils.data import DataLoader, Dataset

class Large(Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, n):
        return torch.zeros(1_000_000)

if __name__ == "__main__":
    print("batches:", len(list(DataLoader(Large(), num_workers=1))))
"""

SMALL = "mount -t tmpfs -o size=2m tmpfs /dev/shm && exec"

if __name__ == "__main__":
    unshare = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c"]
    allowed = (
        shutil.which("unshare")
        and not subprocess.run(
            [*unshare, f"{SMALL} true"], stderr=subprocess.DEVNULL
        ).returncode
    )
    for small in False, True:
        print("2 MB of /dev/shm:" if small else "as it is:")
        if small and not allowed:
            print("this system does not let the program make a namespace")
            break
        command = [sys.executable, "-c", LARGE]
        if small:
            command = [*unshare, f'{SMALL} "$@"', "sh", *command]
        result = subprocess.run(command, capture_output=True, text=True)
        print(" ", (result.stdout + result.stderr).strip().splitlines()[-1])

# %%
# What to look at
# ---------------
# The message with the signal is the *cause* of another one, which says only that a
# worker ``exited unexpectedly``: read upwards. An exception comes back as itself, with
# the worker's traceback in its text.
#
# With too little shared memory this PyTorch says so in words. Where memory is handed
# out first and missed later, as older ones did, the worker gets SIGBUS, and the message
# speaks of a ``Bus error``. :doc:`/guides/pytorch` says what to do.
