# Which start method is the default, and which others are there?
from __future__ import print_function

import multiprocessing
import os

if __name__ == "__main__":
    if hasattr(multiprocessing, "get_all_start_methods"):
        print(
            "available, default first:",
            ", ".join(multiprocessing.get_all_start_methods()),
        )
        print("default:", multiprocessing.get_start_method())
    else:
        print("available, default first: no choice before 3.4")
        print("default:", "fork" if hasattr(os, "fork") else "spawn")
