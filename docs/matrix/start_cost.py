# What does it cost to start a child and wait for its end, with each start method?
# sphinx_gallery_parallel = False
from __future__ import print_function

import multiprocessing
import os
import sys
import time

COUNT = 15
now = time.perf_counter if hasattr(time, "perf_counter") else time.time


def start_and_join(context):
    began = now()
    process = context.Process(target=abs, args=(1,))
    process.start()
    process.join()
    return (now() - began) * 1000


if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        contexts = [
            (name, multiprocessing.get_context(name))
            for name in sorted(multiprocessing.get_all_start_methods())
        ]
    else:
        contexts = [("fork" if hasattr(os, "fork") else "spawn", multiprocessing)]
    for name, context in contexts:
        first = start_and_join(context)
        later = sorted(start_and_join(context) for _ in range(COUNT))[COUNT // 2]
        print("%s, the first child: %.1f ms" % (name, first))
        print("%s, each later child: %.1f ms" % (name, later))
    if hasattr(os, "fork"):
        ballast = bytearray(b"x") * (256 << 20)
        context = (
            multiprocessing.get_context("fork")
            if hasattr(multiprocessing, "get_context")
            else multiprocessing
        )
        later = sorted(start_and_join(context) for _ in range(COUNT))[COUNT // 2]
        print(
            "fork, from a parent with %d MiB more: %.1f ms"
            % (len(ballast) >> 20, later)
        )
    sys.stdout.flush()
