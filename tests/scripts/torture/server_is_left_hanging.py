"""The example ends at once, its fork server does not: it hangs in a module that it was told to import."""
import multiprocessing
import multiprocessing.forkserver
import os
import sys
import time

if "forkserver" in " ".join(sys.orig_argv):
    time.sleep(600)

if __name__ == "__main__":
    print("line 1", flush=True)
    os.environ["PYTHONPATH"] += os.pathsep + os.path.dirname(os.path.abspath(__file__))
    multiprocessing.set_forkserver_preload([os.path.basename(__file__)[:-3]])
    multiprocessing.forkserver.ensure_running()
    os._exit(0)
