"""Run an example cell by cell in a fresh interpreter, as ``python example.py`` would run it whole.

Started by the supervisor; not imported. It uses only what the interpreter has loaded already, makes
a real ``__main__``, and writes a marker with a secret into the stream of output before each cell
and after the last one: so the kernel's order decides what belongs to which cell. The code stands at
the module's top level to add no more than one frame below the example's own.
"""

import os
import sys
import time

(
    _python,
    _argv0,
    _cells,
    _nonce,
    _go,
    _events,
    _figures,
    _deferred,
    _mode,
    _settings,
    *_arguments,
) = (
    sys.orig_argv[0],
    *sys.argv[1:],
)
_go = int(_go)
_now, _sleep = time.monotonic_ns, time.sleep  # the example may replace them, as mocks of time do
_stream = os.fstat(1)[1:3]  # inode and device of the stream of output
_pid = os.getpid()
# Of what a launcher has started the first one says where a cell begins.
_follows = "PROCESS_GALLERY_STREAM" in os.environ and not any(
    os.environ.get(name) == "0"
    for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID")
)


def _mark(index):
    """Tell the recorder that what comes now belongs to another cell; a forked child that runs on
    must not.
    """
    if os.getpid() != _pid or _follows:
        return
    for stream in ("stdout", "stderr"):
        try:
            getattr(sys, stream).flush()
        except Exception:  # the example may have replaced or closed it
            pass
    data = b"\x1e%s%06d%020d\x1f" % (_nonce.encode(), index, _now())
    for fd in (1, 2):  # the example may have closed or replaced them
        try:
            if os.fstat(fd)[1:3] == _stream:
                break
        except OSError:
            pass
    else:
        _mark_by_report(index)
        return
    while data:
        try:
            data = data[os.write(fd, data) :]
        except BlockingIOError:  # the example made the stream non-blocking
            _sleep(0.001)


def _mark_by_report(index):
    """Mark where the stream cannot: wait until the recorder has read what was written before, then
    has removed a folder.
    """
    wait = _figures + ".wait"
    try:
        os.mkdir(wait)
    except OSError:
        return
    _tell("cell", index, _nonce)
    for _ in range(300):
        if not os.path.isdir(wait):
            break
        _sleep(0.001)


def _save_figures(index):
    """Save the figures that are open, close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or os.getpid() != _pid or _follows:
        return
    os.makedirs(_figures, exist_ok=True)  # the example may have removed it
    options = {
        "format": "svg",
        "transparent": True,
        "bbox_inches": "tight",
        "metadata": {"Date": None, "Creator": None},
    }
    for count, number in enumerate(pyplot.get_fignums()):
        figure = pyplot.figure(number)
        with pyplot.rc_context({"svg.fonttype": "none", "svg.hashsalt": "process_gallery"}):
            name = os.path.join(_figures, "%06d-%06d.svg" % (index, count))
            figure.savefig(name, **options)
            if (
                os.stat(name).st_size > 400_000
            ):  # thousands of shapes: as a picture, axes and words remain
                for axes in figure.axes:
                    axes.set_rasterization_zorder(
                        1.4
                    )  # above areas and points, below ticks, lines and words
                other = _figures + ".svg"
                figure.savefig(other, dpi=2 * figure.dpi, **options)
                os.replace(other, name) if os.stat(other).st_size < os.stat(
                    name
                ).st_size else os.unlink(other)
    pyplot.close("all")


def _raised(error):
    """Tell the recorder which exception ended the example."""
    if os.getpid() != _pid:
        return
    try:
        message = str(error)
    except Exception:  # the traceback says that it has no text
        message = ""
    _tell("raised", type(error).__name__, message)


def _tell(kind, *words):
    words = [str(word).replace("\\", "\\\\").replace("\t", "\\t") for word in words]
    line = "\t".join([kind, str(_pid), "0", str(_now()), *words])
    path, flags = _events, os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if path.endswith("/"):  # no FIFO, but a folder of files
        path += str(_pid)
        flags |= (
            os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
        )
    try:
        fd = os.open(path, flags, 0o600)
    except OSError:
        return
    try:
        os.write(fd, line.encode("utf-8", "backslashreplace")[:2000].replace(b"\n", b" ") + b"\n")
    except OSError:
        pass
    finally:
        os.close(fd)


def _compile(script, ranges):
    """Parse the whole file, as Python does before it runs a line of it; return one code object for
    each cell.
    """
    with open(script, "rb") as file:
        source = file.read()
    flags = compile(source, script, "exec", dont_inherit=True).co_flags
    tree = compile(
        source, script, "exec", 0x400, dont_inherit=True
    )  # ast.PyCF_ONLY_AST, without importing ast
    flags &= 0x1FE0000  # the __future__ statements hold for every cell
    parts = [[] for _ in ranges] or [[]]
    # A gallery's page has the module's docstring already, as its introduction.
    for statement in tree.body[1:] if _mode and _is_string(tree.body[:1]) else tree.body:
        line = min(
            [statement.lineno]
            + [decorator.lineno for decorator in getattr(statement, "decorator_list", ())]
        )
        # What stands on the docstring's last line is in no cell.
        index = max(
            [number for number, (first, _) in enumerate(ranges) if first <= line], default=0
        )
        parts[index].append(statement)
    codes = []
    for index, part in enumerate(parts):
        # Where a gallery asks for the value of a cell's last expression, that is a code of its own.
        last = None
        if _mode and part and type(part[-1]).__name__ == "Expr":
            last = compile(_expression(part.pop()), script, "eval", flags, dont_inherit=True)
        # A string alone would become the module's docstring.
        while (index or _mode) and _is_string(part[:1]):
            del part[0]
        tree.body = part
        codes.append((compile(tree, script, "exec", flags, dont_inherit=True), last))
    return codes


def _is_string(statements):
    """Return whether these begin with a string that nothing is done with."""
    return any(
        type(one).__name__ == "Expr" and isinstance(getattr(one.value, "value", None), str)
        for one in statements
    )


def _expression(statement):
    """Return a statement's expression as a tree that can be evaluated."""
    import ast

    return ast.Expression(statement.value)


if _go >= 0:
    if not os.read(_go, 1):  # the supervisor is not ready: it has been killed
        os._exit(1)
    os.close(_go)

_script = os.path.abspath(_argv0)
sys.argv[:] = [_argv0, *_arguments]
sys.orig_argv = [_python, _argv0, *_arguments]
sys.path[0] = os.path.dirname(_script)
_main = type(sys)("__main__")
_main.__file__ = _script
_main.__loader__ = sys.modules["_frozen_importlib_external"].SourceFileLoader("__main__", _script)
_main.__builtins__ = __builtins__
if sys.version_info < (3, 15):  # as python -c 'print(sorted(globals()))' shows
    _main.__cached__ = None
if sys.version_info < (3, 14):
    _main.__annotations__ = {}
sys.modules["__main__"] = _main
_ranges = [tuple(map(int, cell.split("-"))) for cell in _cells.split(",") if cell]
_index = -1
_error = None
_display = sys.__excepthook__  # the example may replace it
try:
    _codes = _compile(_script, _ranges)
except Exception as _caught:
    # Python reads a file in another way than a text: have it say itself what is wrong with this one.
    _raised(_caught)
    if os.name == "posix":
        try:
            os.execv(sys.executable, [_python, _argv0, *_arguments])
        except OSError:
            pass
    _codes, _error = [], _caught
_gallery = None
try:
    if _mode and _codes and not _follows:
        _module = sys.modules.pop("process_gallery_mode", None)  # there, if it has started warm
        if _module is None:
            _module = type(sys)("process_gallery_mode")
            with open(_mode, "rb") as _file:
                exec(compile(_file.read(), _mode, "exec", dont_inherit=True), _module.__dict__)
        _gallery = _module.Gallery(_settings, _main, _figures, _script, _ranges, _save_figures)
    for _index, (_code, _last) in enumerate(_codes):
        _mark(_index)
        exec(_code, _main.__dict__)
        _value = _last and eval(_last, _main.__dict__)
        _later = str(_index) in _deferred.split(",")
        if _gallery:
            _main.__dict__["___"] = _value  # as sphinx-gallery: an example may go on with it
            _gallery.after(_index, _later, _last is not None, _value)
        elif not _later:
            _save_figures(_index)
    if _codes:
        _mark(len(_codes))
except SystemExit:
    raise
except BaseException as _caught:
    _error = _caught
    _raised(_error)
finally:
    if _gallery:
        _gallery.end()


def _without_runner(error):
    """Return an exception without this file's frames."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_globals is globals():
        traceback = traceback.tb_next
    return error.with_traceback(traceback)


# What Python does about an exception that nothing has caught (PyErr_PrintEx), when no exception is
# being handled any more.
if _error is not None:
    _without_runner(_error)
    sys.last_type, sys.last_value, sys.last_traceback = type(_error), _error, _error.__traceback__
    if sys.version_info >= (3, 12):
        sys.last_exc = _error
    _second = None
    try:
        if hasattr(sys, "excepthook"):
            sys.excepthook(type(_error), _error, _error.__traceback__)
        else:
            sys.stderr.write("sys.excepthook is missing\n")
            _display(type(_error), _error, _error.__traceback__)
    except SystemExit:
        raise
    except BaseException as _caught:
        _second = _without_runner(_caught)
    if _second is not None:
        for _words, _shown in (
            ("Error in sys.excepthook:\n", _second),
            ("\nOriginal exception was:\n", _error),
        ):
            try:
                sys.stderr.write(_words)
            except Exception:  # the example may have replaced or closed it
                os.write(2, _words.encode())
            _display(type(_shown), _shown, _shown.__traceback__)
    if isinstance(_error, KeyboardInterrupt):
        # Let the interpreter end by SIGINT, as it does; it has been printed.
        sys.excepthook = lambda *_: None
        raise KeyboardInterrupt from None
    raise SystemExit(1)
