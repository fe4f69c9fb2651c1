"""Loaded by every Python that a recorded example starts: gives it a terminal's buffering and tells the recorder who it is.

Runs inside the example's own processes, so it must leave no trace in them: no thread, no lock, no import of anything that the
interpreter has not loaded already, no frame in a traceback. What it has to say goes through a FIFO that is opened, written and
closed each time: an example may close every file descriptor it finds.
"""

import os
import sys
import time


def _install():
    events, inode = os.environ["PROCESS_GALLERY"].rsplit(":", 1)
    forked = [0]

    def tell(kind, *words):
        line = "\t".join([kind, str(os.getpid()), str(os.getppid()), str(time.monotonic_ns())] + [str(word) for word in words])
        try:
            fd = os.open(events, os.O_WRONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
        except OSError:
            return
        try:
            os.write(fd, line.encode("utf-8", "backslashreplace")[:2000].replace(b"\n", b" ") + b"\n")
        except OSError:
            pass
        finally:
            os.close(fd)

    # A terminal's buffering, through Python's own buffer: PYTHONUNBUFFERED would take that buffer's lock away, and with it
    # the deadlocks that examples show.
    for stream, fd in ((sys.stdout, 1), (sys.stderr, 2)):
        try:
            if str(os.fstat(fd).st_ino) == inode:
                stream.reconfigure(line_buffering=True)
        except (OSError, AttributeError, ValueError):
            pass

    command = getattr(sys, "orig_argv", sys.argv)
    text = " ".join(command)
    if "multiprocessing.spawn import" in text:
        what = "spawn"
    elif "multiprocessing.forkserver import" in text:
        what = "forkserver"
    elif "multiprocessing.resource_tracker import" in text:
        what = "resource_tracker"
    else:
        what = ""
    tell("exec", what)

    def before():
        forked[0] = time.monotonic_ns()

    os.register_at_fork(before=before, after_in_child=lambda: tell("fork", forked[0]))

    def process_loaded(util):
        process = util.process
        clean_up, info = process._cleanup, util.info

        # Called by BaseProcess.start() just before it starts the process, and never raises: so that no frame of ours can
        # come between the caller and an error in start().
        def _cleanup():
            frame = sys._getframe(1)
            if frame.f_code.co_name == "start" and "self" in frame.f_locals:
                tell("start", getattr(frame.f_locals["self"], "name", ""))
            clean_up()

        # BaseProcess._bootstrap() says util.info("child process calling self.run()") first, and last
        # util.info("process exiting with exitcode ..."), in the child and under every start method.
        def _info(message, *arguments):
            frame = sys._getframe(1)
            if frame.f_code.co_name == "_bootstrap" and "self" in frame.f_locals:
                if isinstance(frame.f_locals.get("exitcode"), int) and message.startswith("process exiting"):
                    tell("exit", frame.f_locals["exitcode"])
                else:
                    me, parent = process.current_process(), process.parent_process()
                    tell("process", getattr(me, "_start_method", None) or "", parent.pid if parent else "", me.name)
            info(message, *arguments)

        process._cleanup, util.info = _cleanup, _info

    def subprocess_loaded(subprocess):
        fork_exec = subprocess._fork_exec

        # A program may end before anyone can look up its name; its parent knows it.
        def _fork_exec(*arguments):
            asked = time.monotonic_ns()
            pid = fork_exec(*arguments)
            tell("command", pid, asked, " ".join(map(os.fsdecode, arguments[0]))[:200])
            return pid

        subprocess._fork_exec = _fork_exec

    loaded = {"multiprocessing.util": process_loaded, "subprocess": subprocess_loaded}

    class Finder:
        """Call the functions above as soon as the example imports these modules, then get out of the way."""

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name not in loaded:
                return None
            then = loaded.pop(name)
            if not loaded:
                sys.meta_path.remove(Finder)
            for finder in [finder for finder in sys.meta_path if finder is not Finder]:
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    break
            else:
                return None
            loader = spec.loader

            def exec_module(module):
                del loader.exec_module
                loader.exec_module(module)
                try:
                    then(module)
                except AttributeError:  # a Python that does it in another way
                    pass

            loader.exec_module = exec_module
            return spec

    sys.meta_path.insert(0, Finder)


def _hand_on():
    """Import the environment's own sitecustomize, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError:
        sys.modules["sitecustomize"] = ours


try:
    _install()
except Exception:  # an example must run, whatever is wrong with what watches it
    pass
_hand_on()
