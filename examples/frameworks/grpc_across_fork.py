# /// script
# requires-python = ">=3.11"
# dependencies = ["grpcio"]
# ///
"""
gRPC across a fork
==================

A process that has used gRPC has threads of gRPC's, written in C++, and a forked child
has none of them. Whether a call works in that child depends on a setting, on chance,
and on what other threads did at that moment. A child that starts afresh has no such
trouble.

The server here is a process of its own on 127.0.0.1.
"""

# sphinx_gallery_needs = ["grpc", "linux"]
# sphinx_gallery_tags = ["gRPC", "fork", "spawn", "forkserver", "threads"]
# sphinx_gallery_timeout = 180

import contextlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# sphinx_gallery_start_ignore
if importlib.util.find_spec("grpc") is None:
    print("This example needs gRPC: pip install grpcio")
    raise SystemExit
# sphinx_gallery_end_ignore

SERVER = """\
import sys
import time
from concurrent import futures

import grpc

def slow(request, context):
    time.sleep(1)
    return request

calls = {"Say": lambda request, context: request, "Slow": slow}
handlers = {
    name: grpc.unary_unary_rpc_method_handler(call) for name, call in calls.items()
}
server = grpc.server(futures.ThreadPoolExecutor(4))
server.add_generic_rpc_handlers(
    [grpc.method_handlers_generic_handler("Echo", handlers)]
)
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(None)
"""

CLIENT = """\
import faulthandler
import multiprocessing
import os
import sys
import threading
import time

import grpc

address, method, when = sys.argv[1:]
channel = None

def say(channel):
    return channel.unary_unary("/Echo/Say")(b"hello", timeout=10)

def child(which):
    faulthandler.dump_traceback_later(5, exit=True, file=nowhere)
    try:
        with grpc.insecure_channel(address) as own:
            say(channel if which == "the parent's" else own)
    except grpc.RpcError as error:
        print(f"    in a child: {error.code().name}, {error.details()}", flush=True)
        sys.exit(2)

def count(which):
    context = multiprocessing.get_context(method)
    children = [context.Process(target=child, args=(which,)) for _ in range(5)]
    for process in children:
        process.start()
    deadline = time.monotonic() + (7 if method == "fork" else 40)
    for process in children:
        process.join(max(0, deadline - time.monotonic()))
        process.kill()
        process.join()
    codes = [process.exitcode for process in children]
    words = f"{codes.count(0)} answered, {codes.count(2)} failed, "
    return words + f"{5 - codes.count(0) - codes.count(2)} hung"

nowhere = open(os.devnull, "w")
if __name__ == "__main__":
    if when == "before":
        print("  a channel of its own:", count("own"))
        sys.exit()
    channel = grpc.insecure_channel(address)
    say(channel)
    if when == "during":
        slow = channel.unary_unary("/Echo/Slow")
        threading.Thread(target=slow, args=(b"hello",)).start()
        time.sleep(0.2)
        print("  a channel of its own:", count("own"))
        sys.exit()
    if method == "fork":
        print("  the parent's channel:", count("the parent's"))
    else:
        try:
            multiprocessing.Process(target=say, args=(channel,)).start()
        except TypeError as error:
            print("  the parent's channel:", type(error).__name__, error)
    print("  a channel of its own:", count("own"))
    try:
        say(channel)
        print("  the parent afterwards: answered")
    except grpc.RpcError as error:
        print("  the parent afterwards:", error.code().name)
    sys.stdout.flush()
    os._exit(0)
"""


@contextlib.contextmanager
def server():
    """A server in a process of its own; its address."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield "127.0.0.1:" + process.stdout.readline().strip()
        process.stdin.close()


def run_client(address, method, when, setting=None):
    """Run the client with that value of GRPC_ENABLE_FORK_SUPPORT."""
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    environment.pop("GRPC_ENABLE_FORK_SUPPORT", None)
    if setting is not None:
        environment["GRPC_ENABLE_FORK_SUPPORT"] = setting
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "client.py").write_text(CLIENT)
        result = subprocess.run(
            [sys.executable, "client.py", address, method, when],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    print(result.stdout, end="")


if __name__ == "__main__":
    with server() as address:
        for setting in None, "1", "0":
            print(f"GRPC_ENABLE_FORK_SUPPORT={setting or '(not set)'}")
            run_client(address, "fork", "used", setting)

# %%
# With ``0`` every child hangs, and so does the parent: its own channel, which all of
# them share, is of no use any more. By default, and with ``1``, gRPC stops its threads
# for the fork. That mostly works.
#
# While a thread is in a call
# ---------------------------
# Not if another thread of yours is in a call just then. gRPC says so, and does nothing.

if __name__ == "__main__":
    with server() as address:
        for setting in None, "1":
            print(f"GRPC_ENABLE_FORK_SUPPORT={setting or '(not set)'}")
            run_client(address, "fork", "during", setting)

# %%
# What always works
# -----------------
# A child that starts afresh, and one that is forked before gRPC was used, even where
# nothing is done for it. A channel cannot be passed on: each process makes its own.

if __name__ == "__main__":
    with server() as address:
        for method in "forkserver", "spawn":
            print(method)
            run_client(address, method, "used")
        print("fork, before gRPC was used, GRPC_ENABLE_FORK_SUPPORT=0")
        run_client(address, "fork", "before", "0")

# %%
# What to look at
# ---------------
# The lines that begin with "a channel of its own". Making a new channel in a forked
# child, the usual advice, is no mend: it needs the threads, too.
#
# gRPC says of its support for fork that `nobody works on it any more
# <https://github.com/grpc/grpc/blob/master/doc/fork_support.md>`__, and names the way
# that the last lines show: fork first. :doc:`/guides/grpc` has the rest.
