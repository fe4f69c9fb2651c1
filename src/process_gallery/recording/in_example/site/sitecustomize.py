"""Loaded by every Python that a recorded example starts: gives it a terminal's buffering, tells the
recorder who it is, and has its stacks written where the recorder finds them.

Runs inside the example's own processes, so it must leave no trace in them: no thread, no lock, no
import of anything that the interpreter has not loaded already, no frame in a traceback. What it has
to say goes through a FIFO that is opened, written and closed each time: an example may close every
file descriptor it finds.

One descriptor stays open, since faulthandler must not open one when a process crashes: of a place
that only this process writes to. It has the highest number that a process may have, so that those
of the example are what they would be. (``docs/reference/process_gallery.md`` lists what is not.)

It loads on every Python from 2.7 on. Before 3.7 it can say less: no forks (the recorder finds them
in /proc); on 2.7, which has no monotonic clock, nothing at all, but output is line by line there,
too.

Where the recorder has no FIFO (``events`` ends with a slash), each process appends to a file of its
own in that folder.
"""

import os
import sys
import time


def _install():
    events, inode = os.environ["PROCESS_GALLERY"].rsplit(":", 1)
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    if events.endswith("/"):
        flags |= (
            os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
        )
    stacks = os.path.dirname(events.rstrip("/")) + "/stacks"
    forked = [0, 0]
    monotonic = getattr(
        time, "monotonic", None
    )  # kept, since the example may replace it, as mocks of time do
    now = time.monotonic_ns if sys.version_info >= (3, 7) else lambda: int(monotonic() * 1e9)

    def escaped(word):
        return str(word).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")

    def tell_at(moment, kind, *words):
        line = "\t".join(
            [str(word) for word in (kind, os.getpid(), os.getppid(), moment)]
            + [escaped(word) for word in words]
        )
        try:
            fd = os.open(
                events + str(os.getpid()) if events.endswith("/") else events, flags, 0o600
            )
        except OSError:
            return
        try:
            os.write(fd, line.encode("utf-8", "backslashreplace")[:2000] + b"\n")
        except OSError:
            pass
        finally:
            os.close(fd)

    def tell(kind, *words):
        tell_at(now(), kind, *words)

    # A launcher, such as mpirun, reads what its ranks print through pipes. Each takes the recorder's
    # stream back, so that the kernel says who wrote what.
    stream = os.environ.get("PROCESS_GALLERY_STREAM")
    if stream and str(os.fstat(1).st_ino) != inode:
        for name in ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"):
            if os.environ.get(name, "").isdigit():
                import _socket

                asking = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
                asking.connect(stream)
                _, given, _, _ = asking.recvmsg(1, _socket.CMSG_SPACE(4))
                fd = int.from_bytes(given[0][2][:4], sys.byteorder)
                asking.close()
                for number in (1, 2):
                    os.dup2(fd, number)
                os.close(fd)
                tell("rank", os.environ[name])
                break

    # A terminal's buffering, through Python's own buffer: PYTHONUNBUFFERED would take that buffer's
    # lock away, and with it the deadlocks that examples show.
    for name, fd in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        try:
            if str(os.fstat(fd).st_ino) != inode:
                continue
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(line_buffering=True)
                continue
            if sys.version_info >= (3,):  # older than 3.7
                mode, encoding, errors = stream.mode, stream.encoding, stream.errors
                stream = type(stream)(stream.detach(), encoding, errors, "\n", line_buffering=True)
                stream.mode = mode
            elif name == "stdout":  # 2.7; stderr has no buffer there
                stream = os.fdopen(fd, "w", 1)
            setattr(sys, name, stream)
            setattr(sys, "__%s__" % name, stream)
        except (OSError, AttributeError, ValueError):
            pass
    if sys.version_info < (3,):
        return
    sys.dont_write_bytecode = True  # not by the environment: commands would have a -B, then
    import _signal

    try:
        _signal.set_wakeup_fd(-1)
    except ValueError:  # a subinterpreter: its process has told who it is
        main_interpreter = False
    else:
        main_interpreter = True

    if hasattr(sys, "orig_argv"):
        command = sys.orig_argv
    else:  # older than 3.10
        try:
            with open("/proc/self/cmdline", "rb") as file:
                command = os.fsdecode(file.read()).split("\0")
        except OSError:
            command = getattr(sys, "argv", [])
    text = " ".join(command)
    if "multiprocessing.spawn import" in text:
        what = "spawn"
    elif "multiprocessing.forkserver import" in text:
        what = "forkserver"
    elif "resource_tracker import" in text:  # loky has one of its own
        what = "resource_tracker"
    elif "semaphore_tracker import" in text:  # its name before 3.8
        what = "semaphore_tracker"
    else:
        what = ""
    helper = what not in ("", "spawn")
    try:
        program = os.readlink("/proc/self/exe")
    except OSError:
        program = ""
    dump = [-1, None, None]  # the descriptor for stacks; what file it is; what registers its signal

    def taken(number):
        try:
            stat = os.fstat(number)
        except OSError:
            return None
        return stat.st_dev, stat.st_ino

    def open_stacks(moment):
        """Open this process's own place for stacks; one that has no way to keeps its parent's."""
        how = os.O_WRONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOINHERIT", 0)
        if events.endswith("/"):  # a file in a folder
            name = "%s/%d-%d" % (stacks, os.getpid(), moment)
            fd = os.open(name, how | os.O_CREAT | os.O_APPEND, 0o600)
        else:  # a part of a file that has holes: nothing is to be made for each fork
            fd = os.open(stacks, how)
            os.lseek(fd, os.getpid() << 20, 0)
        if dump[0] < 0:
            dump[0] = fd
            if hasattr(os, "sysconf"):
                highest = os.sysconf("SC_OPEN_MAX")
                highest = min(highest, 1024) if highest > 0 else 1024
                dump[0] = next((n for n in range(highest - 1, fd, -1) if not taken(n)), fd)
        if dump[0] != fd:
            os.dup2(fd, dump[0], False)
            os.close(fd)
        dump[1] = taken(dump[0])

    def write_stacks():
        """Have stacks written when this process crashes, and when the recorder asks for them."""
        loaded = "faulthandler" in sys.modules
        import faulthandler

        if not loaded:
            del sys.modules["faulthandler"]
        if not faulthandler.is_enabled():  # else the example wants them elsewhere
            options = {"c_stack": False} if sys.version_info >= (3, 14) else {}
            faulthandler.enable(file=dump[0], **options)
        number = getattr(_signal, "SIGRTMAX", None)
        if number and hasattr(faulthandler, "register"):

            def register(chain):
                faulthandler.unregister(number)
                faulthandler.register(number, file=dump[0], chain=chain)

            # The signal then ends the process, as it ends one that has nothing registered: so
            # the recorder knows when all has been written. Multiprocessing's own live on.
            register(not helper)
            dump[2] = register
        deadline = os.environ.get("PROCESS_GALLERY_STACKS")  # where there is no such signal
        left = float(deadline) - monotonic() if deadline else 0
        if left > 0:
            faulthandler.dump_traceback_later(left, file=dump[0])

    moment = now()
    if main_interpreter:
        try:
            open_stacks(moment)
            write_stacks()
        except Exception:  # then its stacks are not known
            pass
        tell_at(moment, "exec", what, program)

    def before():
        forked[:] = now(), os.getpid()

    def after_in_child():
        moment = now()
        try:
            if dump[0] >= 0 and taken(dump[0]) in (dump[1], None):  # else it is the example's now
                open_stacks(moment)
            if helper and dump[2]:
                dump[2](True)
        except Exception:
            pass
        tell_at(moment, "fork", *forked)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=before, after_in_child=after_in_child)
    _exit = os._exit

    # A forked child may be gone, and be reaped by its parent, before anyone else can see it.
    def leave(status):
        if isinstance(status, int):
            tell("exit", status)
        _exit(status)

    leave.__name__ = leave.__qualname__ = "_exit"
    os._exit = leave

    # So may one that was killed. Where multiprocessing has waited for a child, it asks next what
    # the status means; wrapping os.waitpid itself would put a frame of ours into the traceback of a
    # ChildProcessError.
    if hasattr(os, "waitstatus_to_exitcode"):
        meaning = os.waitstatus_to_exitcode

        def waitstatus_to_exitcode(status):
            frame = sys._getframe(1)
            if frame.f_globals.get("__name__") in (
                "multiprocessing.forkserver",
                "multiprocessing.popen_fork",
            ):
                tell("ended", frame.f_locals.get("pid", 0), status)
            return meaning(status)

        waitstatus_to_exitcode.__doc__ = meaning.__doc__
        os.waitstatus_to_exitcode = waitstatus_to_exitcode

    def note_children(process):
        """Tell of each child whose start() has returned: the child may end before it can."""
        if type(process._children) is not set:
            return

        class Children(set):
            def add(self, child):
                set.add(self, child)
                try:
                    popen = child._popen
                    tell("started", popen.pid, popen.method, child.name)
                except Exception:  # a popen of another kind
                    pass

        process._children = Children(process._children)

    def process_loaded(process):
        clean_up = process._cleanup

        # Called by BaseProcess.start() just before it starts the process, and never raises: so that
        # no frame of ours can come between the caller and an error in start().
        def _cleanup():
            frame = sys._getframe(1)
            if frame.f_code.co_name == "start" and "self" in frame.f_locals:
                tell("start", getattr(frame.f_locals["self"], "name", ""))
            clean_up()

        process._cleanup = _cleanup
        note_children(process)  # to which start() adds last

    def util_loaded(util):
        process, info = sys.modules["multiprocessing.process"], util.info

        # BaseProcess._bootstrap() says util.info("child process calling self.run()") first, and
        # last util.info("process exiting with exitcode ..."), in the child and under every start
        # method.
        def _info(message, *arguments):
            frame = sys._getframe(1)
            if frame.f_code.co_name == "_bootstrap" and "self" in frame.f_locals:
                if isinstance(frame.f_locals.get("exitcode"), int) and message.startswith(
                    "process exiting"
                ):
                    tell("exit", frame.f_locals["exitcode"])
                else:
                    note_children(process)  # _bootstrap() has made a new set
                    me = process.current_process()
                    tell(
                        "process",
                        getattr(me, "_start_method", None) or "",
                        me._parent_pid or "",
                        me.name,
                    )
            info(message, *arguments)

        util.info = _info

    def subprocess_loaded(subprocess):
        fork_exec = subprocess._fork_exec

        # A program may end before anyone can look up its name; its parent knows it.
        def _fork_exec(*arguments):
            asked = now()
            pid = fork_exec(*arguments)
            tell("command", pid, asked, " ".join(map(os.fsdecode, arguments[0]))[:200])
            return pid

        subprocess._fork_exec = _fork_exec
        close_pipe_fds = subprocess.Popen._close_pipe_fds

        # From 3.13 on, it is os.posix_spawn() that starts most. This is called when it has.
        def _close_pipe_fds(self, *fds):
            frame = sys._getframe(1)
            if frame.f_code.co_name == "_posix_spawn" and "args" in frame.f_locals:
                words = map(os.fsdecode, frame.f_locals["args"])
                tell("command", self.pid, now(), " ".join(words)[:200])
            close_pipe_fds(self, *fds)

        subprocess.Popen._close_pipe_fds = _close_pipe_fds
        handle = subprocess.Popen._handle_exitstatus

        # Likewise its exit status, where it ended before it was seen.
        def _handle_exitstatus(self, status, *rest, **options):
            handle(self, status, *rest, **options)
            tell("ended", self.pid, status)

        subprocess.Popen._handle_exitstatus = _handle_exitstatus

    def system_of(module):
        """Give a module a _winapi of its own, which tells of programs that it starts and waits for."""
        known = module._winapi
        status_of, create = known.GetExitCodeProcess, known.CreateProcess

        def status_told(handle):
            status = status_of(handle)
            popen = sys._getframe(1).f_locals.get("self")
            if status != known.STILL_ACTIVE and getattr(popen, "pid", None):
                tell("code", popen.pid, status)
            return status

        def create_told(*arguments):
            asked = now()
            made = create(*arguments)
            if module.__name__ == "subprocess":  # else start() has told its name
                tell("command", made[2], asked, str(arguments[1])[:200])
            return made

        own = type(sys)("_winapi")
        own.__dict__.update(known.__dict__)
        own.GetExitCodeProcess, own.CreateProcess = status_told, create_told
        module._winapi = own
        if module.__name__ == "subprocess":  # it has kept the function as a default
            poll = module.Popen._internal_poll
            poll.__defaults__ = tuple(
                status_told if kept is status_of else kept for kept in poll.__defaults__
            )

    loaded = {
        "multiprocessing.process": process_loaded,
        "multiprocessing.util": util_loaded,
        "subprocess": subprocess_loaded,
    }
    if sys.platform == "win32":
        loaded["subprocess"] = loaded["multiprocessing.popen_spawn_win32"] = system_of

    for name in [name for name in loaded if name in sys.modules]:  # a fork of who has imported it
        loaded.pop(name)(sys.modules[name])

    class Finder:
        """Call the functions above as soon as the example imports these modules, then get out of
        the way.
        """

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

    if loaded:
        sys.meta_path.insert(0, Finder)


def _hand_on():
    """Import the environment's own sitecustomize, if there is one."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if entry != here]
    ours = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize
    except ImportError:
        sys.modules["sitecustomize"] = ours


try:
    _install()
except Exception:  # an example must run, whatever is wrong with what watches it
    pass
_hand_on()
