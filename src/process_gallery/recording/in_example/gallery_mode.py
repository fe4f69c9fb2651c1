"""What sphinx-gallery would have done around an example, done in the example's own process.

The cell runner loads this where a gallery asks for it (:class:`process_gallery.recording.job.AsGallery`),
and not where an example is to be what a reader's own run of it would be. It may import what it
needs: an example in a gallery shows what it computes, not how an interpreter behaves.

All that it has to say it writes into the folder of figures; ``recording.output`` reads that.
"""

import ast
import contextlib
import io
import json
import os
import re
import sys
import time

_SETTING = re.compile(r"^[ \t]*#\s*sphinx_gallery_(\w+)[ \t]*=[ \t]*(.+?)[ \t]*$", re.MULTILINE)


class Gallery:
    """One example."""

    def __init__(self, settings, main, folder, script, cells, keep):
        """Prepare the process as the one that builds the documentation is prepared.

        Parameters
        ----------
        settings
            Path of the JSON that AsGallery writes.
        main
            The module in which the example runs.
        folder
            Where what is found goes to.
        script
            The example's path.
        cells
            First and last line of each cell.
        keep
            What saves the open figures of a cell, given its index.
        """
        with open(settings, encoding="utf-8") as file:
            self.settings = json.load(file)
        self.main, self.folder, self.script, self.cells, self.keep = (
            main,
            folder,
            script,
            cells,
            keep,
        )
        self.pid = os.getpid()
        with open(script, "rb") as file:
            self.source = file.read().decode("utf-8", "replace").replace("\r\n", "\n")
        self.lines = self.source.split("\n")
        self.file_conf = _settings_in(self.source)
        self.read = set()
        self.pauses = []
        sys.path[1:] = with_folders(
            sys.path[1:], self.settings["path_first"], self.settings["path_last"]
        )
        main.__doc__ = ""  # the page has it already, as its introduction
        if not _has_guard(self.source):
            # A spawned child that imported this would start children itself. Without it, the
            # functions of libraries can be called there, as in sphinx-gallery.
            main.__spec__ = type(sys.__spec__)("__main__", None)
        self.conf = None
        if self.settings["scrape"]:
            self._prepare_scrapers()
        sys.addaudithook(self._heard)

    def _prepare_scrapers(self):
        """Have ready what scrapers need; call what ``reset_modules`` names."""
        from sphinx_gallery.scrapers import ImagePathIterator

        conf = prepare(self.settings["scrape"])
        conf["src_dir"] = os.path.join(self.folder, "src")
        template = os.path.join(conf["src_dir"], conf["images"])
        os.makedirs(os.path.dirname(template))
        self.conf = conf
        self.variables = {
            "execute_script": True,
            "example_globals": self.main.__dict__,
            "fake_main": self.main,
            "file_conf": self.file_conf,
            "image_path_iterator": ImagePathIterator(template),
            "memory_delta": [0.0],
            "src_file": self.script,
            "target_file": os.path.join(
                os.path.dirname(os.path.dirname(template)), os.path.basename(self.script)
            ),
        }
        if conf["reset_modules_order"] in ("before", "both"):
            from sphinx_gallery.scrapers import clean_modules

            clean_modules(conf, os.path.basename(self.script), "before")

    def _heard(self, event, arguments):
        """Note which files the example reads: its record depends on them."""
        if event == "open" and isinstance(arguments[0], str) and os.getpid() == self.pid:
            mode, flags = arguments[1], arguments[2]
            if "r" in mode if isinstance(mode, str) else not flags & (os.O_WRONLY | os.O_RDWR):
                self.read.add(os.path.abspath(arguments[0]))

    # -- cells

    def after(self, index, deferred, has_value, value):
        """Keep what a cell has produced: figures, and the value of its last expression."""
        if os.getpid() != self.pid:
            return
        os.makedirs(self.folder, exist_ok=True)
        first, last = self.cells[index]
        code = "\n".join(self.lines[first - 1 : last]) + "\n"
        block_conf = _settings_in(code)
        if self.conf is None:
            if not deferred:
                self.keep(index)
        elif not deferred:
            self.scrape(index, code, block_conf)
        if has_value:
            methods = block_conf.get(
                "capture_repr_block", self.file_conf.get("capture_repr", self.settings["values"])
            )
            ignored = self.settings["ignored"]
            if methods and not (ignored and re.search(ignored, str(type(value)))):
                self.keep_value(index, methods, value)

    def keep_value(self, index, methods, value):
        """Keep what the first of some methods says that says anything."""
        for method in methods:
            try:
                text = getattr(value, method)()
            except Exception:  # as sphinx-gallery: the next is tried
                continue
            if isinstance(text, str):
                if text != "None":
                    self.write("%06d.%s.value" % (index, method), text)
                break

    def scrape(self, index, code, block_conf):
        """Have sphinx-gallery's scrapers look at what a cell has drawn."""
        from sphinx_gallery.py_source_parser import Block
        from sphinx_gallery.scrapers import save_figures

        self.variables["multi_image"] = block_conf.get("multi_image_block")
        block = Block("code", code, self.cells[index][0])
        with self._aside():
            text = save_figures(block, self.variables, self.conf)
        if text.strip():
            self.write("%06d.rst" % index, text)

    @contextlib.contextmanager
    def _aside(self):
        """Have what scrapers print, and the programs that they start, be none of the example's."""
        streams = sys.stdout, sys.stderr
        for stream in streams:
            with contextlib.suppress(Exception):  # the example may have replaced or closed it
                stream.flush()
        kept = [(number, os.dup(number)) for number in (1, 2)]
        null = os.open(os.devnull, os.O_WRONLY)
        began = time.monotonic_ns()
        for number, _ in kept:
            os.dup2(null, number)
        try:
            yield
        finally:
            for stream in streams:
                with contextlib.suppress(Exception):
                    stream.flush()
            for number, copy in kept:
                os.dup2(copy, number)
                os.close(copy)
            os.close(null)
            self.pauses.append(f"{began} {time.monotonic_ns()}")
            self.write("pauses", "\n".join(self.pauses))

    # -- the end

    def end(self):
        """Keep what the page links names to, and what the record depends on."""
        if os.getpid() != self.pid:
            return
        read, self.read = self.read, set()
        for module in list(sys.modules.values()):
            file = getattr(module, "__file__", None)
            if isinstance(file, str):
                read.add(os.path.abspath(file))
        os.makedirs(self.folder, exist_ok=True)
        self.write("reads.json", json.dumps(sorted(read)))
        if self.conf is not None:
            count = len(self.variables["image_path_iterator"])
            self.write("images.json", json.dumps(count))
        if self.settings["names"]:
            self.write("names.json", json.dumps(names(self.source, self.main.__dict__)))

    def write(self, name, text):
        """Write a file of this example's."""
        with open(os.path.join(self.folder, name), "w", encoding="utf-8", errors="replace") as file:
            file.write(text)


def with_folders(path, first, last):
    """Return a list of folders as ``sys.path``, with others before and behind them."""
    path = [entry for entry in path if os.path.realpath(entry) not in first]
    return [*first, *path, *(entry for entry in last if entry not in path)]


def _settings_in(text):
    """Return what ``# sphinx_gallery_name = value`` comments say."""
    found = {}
    for name, value in _SETTING.findall(text):
        with contextlib.suppress(ValueError, SyntaxError):
            found[name] = ast.literal_eval(value)
    return found


def _has_guard(source):
    """Return whether a program looks at its ``__name__`` at its top level, so that it can be imported."""
    return any(
        isinstance(part, ast.Name) and part.id == "__name__"
        for statement in ast.parse(source).body
        if isinstance(statement, ast.If)
        for part in ast.walk(statement.test)
    )


_prepared = {}
"""What scrapers need, of this process or of the one that it is a fork of."""


def prepare(settings):
    """Run conf.py, if what it defines is needed, and import the scrapers; return sphinx-gallery's
    settings, as far as scrapers look at them.
    """
    if not _prepared:
        from sphinx_gallery.gen_rst import _get_callables

        conf = dict(settings)
        if conf.pop("conf_py"):
            with contextlib.redirect_stdout(io.StringIO()):
                own = _run_conf(conf["conf_file"])
            conf["image_scrapers"] = own.get("image_scrapers", ("matplotlib",))
            conf["reset_modules"] = own.get("reset_modules", ())
        _get_callables(conf, "image_scrapers")  # a library may set itself up when it is named
        _prepared.update(conf)
    return _prepared | {"images": settings.get("images", "")}


def _run_conf(path):
    """Run a conf.py as Sphinx does; return its ``sphinx_gallery_conf``."""
    from sphinx.util.tags import Tags

    namespace = {"__file__": path, "tags": Tags()}
    before = os.getcwd()
    os.chdir(os.path.dirname(path))
    try:
        with open(path, "rb") as file:
            exec(compile(file.read(), path, "exec"), namespace)
    finally:
        os.chdir(before)
    return namespace["sphinx_gallery_conf"]


_OF_ANY = ("__class__", "__dict__", "__doc__")
_OF_CLASSES = ("__bases__", "__module__", "__mro__", "__name__", "__qualname__")


def names(source, variables):
    """Return what the dotted names in a source stand for, as far as that is an object with a class
    of its own: (name, module, qualified name, kind), for a class or a method each of its bases behind it.

    A method is named by its class: ``LogisticRegression.fit``.
    """
    found = []
    for dotted in sorted(_dotted(ast.parse(source))):
        first, *rest = dotted.split(".")
        if first not in variables or first.startswith("__"):
            continue
        value, method, seen = variables[first], "", [first]
        for attribute in rest:
            # What stands for this object has it of its own accord, and it cannot be set.
            if attribute in _OF_ANY or (isinstance(value, type) and attribute in _OF_CLASSES):
                break
            if isinstance(getattr(type(value), attribute, None), property):
                method = attribute
            else:
                try:
                    deeper = getattr(value, attribute)
                except Exception:
                    break
                if type(deeper).__name__ == "method":
                    method = attribute
                else:
                    value = deeper
            seen.append(attribute)
            if method:
                break
        name = ".".join(seen)
        is_class = isinstance(value, type)
        own = value if is_class else type(value)
        kind = "method" if method else "" if is_class else "object"
        kind = f"class {kind}".strip() if is_class else kind
        for cls in own.__mro__ if is_class or method else (own,):
            module = getattr(cls, "__module__", None)
            if (cls is object and cls is not own) or not isinstance(module, str):
                continue
            label = cls.__qualname__ + ("." + method if method else "")
            one = [name, module, label, kind]
            if one not in found:
                found.append(one)
    return found


def _dotted(tree):
    """Return the longest dotted names that a program reads."""
    found = set()
    queue = [tree]
    while queue:
        node = queue.pop()
        parts = []
        inner = node
        while isinstance(inner, ast.Attribute):
            parts.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name):
            found.add(".".join([inner.id, *reversed(parts)]))
        else:
            queue.extend(ast.iter_child_nodes(inner))
    return found
