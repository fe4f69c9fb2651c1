"""Which documented names of Python's library a script uses, as far as its source alone tells with
certainty.

sphinx-gallery collects names, too, but only those that are spelled out from an import, together
with those that a text mentions. Here an object is followed from the call that made it: through
variables, `with`, loops and lists, and through the contexts of `multiprocessing.get_context()`,
which have the functions and classes of the module. A variable that is bound to two different
things, or to something unknown, is not followed.
"""

import ast
from dataclasses import dataclass

# What calls return, where CPython documents another name than the one that is called.
_RETURNS = {
    "concurrent.futures.Executor.submit": "concurrent.futures.Future",
    "concurrent.futures.as_completed": ["concurrent.futures.Future"],
    "multiprocessing.Manager": "multiprocessing.managers.SyncManager",
    "multiprocessing.Pipe": ["multiprocessing.connection.Connection"],
    "multiprocessing.active_children": ["multiprocessing.Process"],
    "multiprocessing.connection.Client": "multiprocessing.connection.Connection",
    "multiprocessing.connection.Listener.accept": "multiprocessing.connection.Connection",
    "multiprocessing.current_process": "multiprocessing.Process",
    "multiprocessing.parent_process": "multiprocessing.Process",
    "multiprocessing.pool.Pool.apply_async": "multiprocessing.pool.AsyncResult",
    "multiprocessing.pool.Pool.map_async": "multiprocessing.pool.AsyncResult",
    "multiprocessing.pool.Pool.starmap_async": "multiprocessing.pool.AsyncResult",
}
# Where a class inherits what it is documented to have.
_BASES = {
    "concurrent.futures.InterpreterPoolExecutor": "concurrent.futures.ThreadPoolExecutor",
    "concurrent.futures.ProcessPoolExecutor": "concurrent.futures.Executor",
    "concurrent.futures.ThreadPoolExecutor": "concurrent.futures.Executor",
    "multiprocessing.BoundedSemaphore": "multiprocessing.Semaphore",
    "multiprocessing.JoinableQueue": "multiprocessing.Queue",
    "multiprocessing.managers.SharedMemoryManager": "multiprocessing.managers.BaseManager",
    "multiprocessing.managers.SyncManager": "multiprocessing.managers.BaseManager",
    "multiprocessing.pool.ThreadPool": "multiprocessing.pool.Pool",
}
# Where CPython documents a name that has two.
ALIASES = {"multiprocessing.Pool": "multiprocessing.pool.Pool"}
_CONTEXT = "multiprocessing.get_context"


@dataclass(frozen=True)
class _Thing:
    """What an expression stands for: a name of the library, an instance of a class, or a row of
    such instances.
    """

    name: str
    kind: str = "name"  # or "instance", "row"

    @property
    def item(self):
        return _Thing(self.name, "instance") if self.kind == "row" else None


class _Scope:
    """A function's names, or a module's. What a name is bound to is looked up when it is used,
    since a loop may bind it later.
    """

    def __init__(self, outer=None, of_class=False):
        self.outer = outer
        self.of_class = of_class
        self.bound = {}  # name -> what it is bound to: functions that tell when they are called
        self.outside = set()  # declared global or nonlocal
        self.asked = set()

    def bind(self, name, tell):
        scope = self
        while name in scope.outside and scope.outer:
            scope = scope.outer
        scope.bound.setdefault(name, []).append(tell)

    def look_up(self, name):
        if name not in self.bound:
            outer = self.outer
            while outer and outer.of_class:  # its functions do not see what a class binds
                outer = outer.outer
            return outer.look_up(name) if outer else None
        if name in self.asked:  # bound to what it is made of
            return None
        self.asked.add(name)
        try:
            things = {tell() for tell in self.bound[name]}
        finally:
            self.asked.remove(name)
        return things.pop() if len(things) == 1 else None


class _Reader(ast.NodeVisitor):
    def __init__(self, documented, classes):
        self.documented = documented
        self.classes = classes
        self.scope = _Scope()
        self.seen = []  # an expression, and the scope that it stands in

    def visit(self, node):
        match node:
            case ast.Name(ctx=ast.Load()) | ast.Attribute():
                self.seen.append((node, self.scope))
            case ast.Import():
                for alias in node.names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self._bind(alias.asname or name, lambda name=name: _Thing(name))
            case ast.ImportFrom():
                for alias in node.names:
                    name = (
                        self._member(node.module, alias.name)
                        if node.module and not node.level
                        else None
                    )
                    self._bind(alias.asname or alias.name, lambda name=name: name and _Thing(name))
            case ast.Assign():
                for target in node.targets:
                    self._assign(target, node.value)
            case ast.AnnAssign() | ast.NamedExpr():
                self._assign(node.target, node.value)
            case ast.AugAssign():
                self._assign(node.target, None)
            case ast.withitem() if node.optional_vars:
                self._assign(node.optional_vars, node.context_expr)
            case ast.For() | ast.AsyncFor() | ast.comprehension():
                self._each(node.target, node.iter)
            case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar() if node.name:
                self._bind(node.name)
            case ast.Global() | ast.Nonlocal():
                self.scope.outside.update(node.names)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._bind(node.name)
                return self._function(node, [*node.decorator_list, node.returns], node.body)
            case ast.Lambda():
                return self._function(node, [], [node.body])
            case ast.ClassDef():
                base, scope = node.bases[0] if node.bases else None, self.scope
                self._bind(
                    node.name, lambda: self.thing(base, scope)
                )  # an instance has what its first base has
                return self._inside(node)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._inside(node)
        return self.generic_visit(node)

    def _function(self, node, outside, body):
        arguments = node.args
        for part in [*outside, *arguments.defaults, *arguments.kw_defaults]:
            if part:
                self.visit(part)
        self.scope = _Scope(self.scope)
        for argument in [
            *arguments.posonlyargs,
            *arguments.args,
            *arguments.kwonlyargs,
            arguments.vararg,
            arguments.kwarg,
        ]:
            if argument:
                self._bind(argument.arg)
        for part in body:
            self.visit(part)
        self.scope = self.scope.outer

    def _inside(self, node):
        self.scope = node.scope = _Scope(self.scope, isinstance(node, ast.ClassDef))
        self.generic_visit(node)
        self.scope = self.scope.outer

    def _bind(self, name, tell=lambda: None):
        self.scope.bind(name, tell)

    def _assign(self, target, value):
        scope = self.scope
        if isinstance(target, ast.Name):
            self._bind(target.id, lambda: self.thing(value, scope))
        elif isinstance(target, ast.Tuple | ast.List):
            for part in target.elts:
                self._each(part, value)

    def _each(self, target, row):
        scope = self.scope
        if isinstance(target, ast.Name):
            self._bind(target.id, lambda: (found := self.thing(row, scope)) and found.item)
        elif isinstance(target, ast.Tuple | ast.List | ast.Starred):
            for part in target.elts if not isinstance(target, ast.Starred) else [target.value]:
                self._each(part, None)

    def thing(self, node, scope):
        """Return what an expression stands for, None if that is not certain."""
        if isinstance(node, ast.Name):
            return scope.look_up(node.id)
        if isinstance(node, ast.Attribute):
            owner = self.thing(node.value, scope)
            if owner is None or owner.kind == "row":
                return None
            name = self._member(owner.name, node.attr)
            return _Thing(name, "bound") if owner.kind == "instance" else _Thing(name)
        if isinstance(node, ast.Call):
            return self._result(self.thing(node.func, scope))
        if isinstance(node, ast.ListComp):
            found = self.thing(node.elt, node.scope)
            return _Thing(found.name, "row") if found and found.kind == "instance" else None
        if isinstance(node, ast.List | ast.Tuple) and node.elts:
            found = {self.thing(part, scope) for part in node.elts}
            one = found.pop() if len(found) == 1 else None
            return _Thing(one.name, "row") if one and one.kind == "instance" else None
        return None

    def _member(self, owner, name):
        """Return the documented name of an attribute: a class may inherit it."""
        while owner in _BASES and f"{owner}.{name}" not in self.documented:
            owner = _BASES[owner]
        name = f"{owner}.{name}"
        return ALIASES.get(name, name)

    def _result(self, called):
        if called is None or called.kind not in ("name", "bound"):
            return None
        if called.name == _CONTEXT:
            return _Thing("multiprocessing")
        result = _RETURNS.get(called.name)
        if isinstance(result, list):
            return _Thing(result[0], "row")
        if result or called.name in self.classes:
            return _Thing(result or called.name, "instance")
        return None


def places(source, documented, classes):
    """Yield each use of a documented name: the name and the expression, given all names and those
    among them that are classes.
    """
    reader = _Reader(documented, classes)
    reader.visit(ast.parse(source))
    for node, scope in reader.seen:
        thing = reader.thing(node, scope)
        if thing and thing.kind in ("name", "bound") and thing.name in documented:
            yield thing.name, node


def names_used(source, documented, classes):
    """Return the documented names that a script uses."""
    return {name for name, _ in places(source, documented, classes)}
