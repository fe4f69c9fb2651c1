"""Start examples from a process that has imported already what they import.

The supervisor runs in it, as it runs elsewhere in a program of its own: it is forked for each
example. The fork goes on at the end of this file as the example's interpreter, with a fresh
``__main__``, environment, seeds and hooks, and nothing of the recorder that the example could see.
Arguments: the folder of the packages, and JSON of what is to be imported.
"""

import gc
import os
import sys

_path, _argv = list(sys.path), list(sys.argv)


def _import():
    """Import what is asked for; what is printed thereby is no answer to the build."""
    import importlib
    import json

    wanted = json.loads(_argv[2])
    kept = [(number, os.dup(number)) for number in (1, 2)]
    null = os.open(os.devnull, os.O_WRONLY)
    for number, _ in kept:
        os.dup2(null, number)
    mode = type(sys)("process_gallery_mode")
    try:
        with open(wanted["mode"], "rb") as file:
            exec(compile(file.read(), wanted["mode"], "exec"), mode.__dict__)
        sys.path[1:] = mode.with_folders(_path[1:], wanted["path_first"], wanted["path_last"])
        for name in wanted["modules"]:
            try:
                importlib.import_module(name)
            except Exception:  # the example will say so, if it needs it
                pass
        if wanted["scrape"]:
            mode.prepare(json.loads(wanted["scrape"]))
        sys.modules["process_gallery_mode"] = mode
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
        os.close(null)


def _become_new():
    """In the fork: leave nothing of what it was."""
    import _signal

    for name in list(sys.modules):
        if name.partition(".")[0] == "process_gallery":
            del sys.modules[name]
    sys.path[:] = _path
    # As an interpreter that starts.
    _signal.signal(_signal.SIGINT, _signal.default_int_handler)
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
        _signal.signal(number, _signal.SIG_IGN)
    for name in ("random", "numpy.random"):
        if name in sys.modules:
            sys.modules[name].seed()


_import()
gc.collect()
gc.freeze()  # a fork then copies less of it, and need not look through it when it ends
sys.path.append(_argv[1])
from process_gallery.recording import linux  # noqa: E402

_hook, _runner, *_words = linux.serve(warm=True)
_become_new()
sys.argv = [_runner, *_words]
sys.orig_argv = [sys.executable, *sys.argv]
for _file in (_hook, _runner):
    with open(_file, "rb") as _source:
        _code = _source.read()
    if _file.endswith(".pyc"):  # the runner, as its interpreter would load it
        import marshal

        _code = marshal.loads(_code[16:])
    else:
        _code = compile(_code, _file, "exec", dont_inherit=True)
    exec(_code, {"__name__": "__main__", "__file__": _file, "__builtins__": __builtins__})
