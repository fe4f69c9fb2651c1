"""What a page relies on a run to show: patterns that must match, patterns that must not, and
relations between the numbers that they name.

Nothing that a page says is executed: an expression is read with :mod:`ast`, and only numbers,
names, arithmetic and comparisons are in it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from docutils.parsers.rst import directives

from process_gallery.errors import ProcessGalleryError

OPTIONS: dict[str, Any] = {
    "shows": directives.unchanged_required,
    "shows-not": directives.unchanged_required,
    "holds": directives.unchanged_required,
}
"""The options of a directive that takes them."""

LINES = 24
"""Lines of what was shown that a message repeats."""
WIDTH = 160
"""Characters of each of them."""


class PatternError(ProcessGalleryError):
    """A pattern or an expression that cannot be used."""


@dataclass(frozen=True)
class Shows:
    """What must be shown."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """Each as it is written, and compiled: it must match."""
    absent: tuple[tuple[str, re.Pattern[str]], ...] = ()
    """The same: it must not match."""
    relations: tuple[tuple[str, ast.expr], ...] = ()
    """Each as it is written, and parsed: it must be true."""

    @classmethod
    def read(cls, options: Mapping[str, str]) -> Shows:
        """Read the options of a directive: one pattern or expression a line.

        Raises
        ------
        PatternError
            If a pattern is no regular expression, matches the empty text, or names a number that
            another one names; or if an expression is more than a comparison of these numbers.

        """
        patterns = tuple(_compiled(options, "shows"))
        absent = tuple(_compiled(options, "shows-not"))
        names: set[str] = set()
        for written, pattern in patterns:
            again = names & pattern.groupindex.keys()
            if again:
                raise PatternError(f"shows: {written!r} names {min(again)!r} a second time")
            names |= pattern.groupindex.keys()
        relations = tuple(
            (written, _relation(written, names)) for written in _written(options, "holds")
        )
        return cls(patterns, absent, relations)

    def problem(self, text: str) -> str:
        """Return what of it a text does not show, in lines; empty if it shows everything."""
        text = plain(text)
        found = [(written, pattern.search(text)) for written, pattern in self.patterns]
        lines = [f"shows: {written}" for written, match in found if not match]
        for written, pattern in self.absent:
            if match := pattern.search(text):
                lines.append(f"shows-not: {written}  (it shows {match[0]!r})")
        groups = {
            name: group for _, match in found if match for name, group in match.groupdict().items()
        }
        for written, relation in self.relations:
            try:
                numbers = {name: _number(name, groups) for name in _names(relation)}
                holds = _value(relation, numbers)
            except (PatternError, ArithmeticError) as error:
                lines.append(f"holds: {written}  ({error})")
            else:
                if not holds:
                    values = ", ".join(f"{name} = {value:g}" for name, value in numbers.items())
                    lines.append(f"holds: {written}  (with {values})")
        return "\n".join(lines)


def plain(text: str) -> str:
    r"""Return a text as patterns see it: no blanks around lines, one where there are several.

    >>> plain("  a \t b\n\n c")
    'a b\n\nc'
    """
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def shortened(text: str) -> str:
    """Return the beginning of what was shown, for a message."""
    lines = text.splitlines() or ["nothing"]
    shown = [line if len(line) <= WIDTH else line[: WIDTH - 4] + " ..." for line in lines[:LINES]]
    if len(lines) > LINES:
        shown.append(f"... and {len(lines) - LINES} lines more")
    return "\n".join(shown)


def _written(options: Mapping[str, str], option: str) -> Iterator[str]:
    for line in options.get(option, "").splitlines():
        if line.strip():
            yield line.strip()


def _compiled(options: Mapping[str, str], option: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    for written in _written(options, option):
        regular = len(written) > 2 and written[0] == written[-1] == "/"
        try:
            pattern = re.compile(written[1:-1] if regular else _expression(written), re.MULTILINE)
        except re.error as error:
            raise PatternError(f"{option}: {written!r} is no pattern: {error}") from None
        if pattern.search(""):
            raise PatternError(f"{option}: {written!r} matches the empty text, and so any")
        yield written, pattern


_SPECIAL = re.compile(r"(\.\.\.|\{[a-z]\w*\}|\s+)")
_NUMBER = r"[-+]?\d+(?:,\d{3})*(?:\.\d+)?"


def _expression(written: str) -> str:
    r"""Return the regular expression of a pattern that is none: words as they are, ``...`` for
    anything else in the line, ``{name}`` for a number.

    >>> _expression("took ... {n} ms.")
    '\\btook .*? (?P<n>[-+]?\\d+(?:,\\d{3})*(?:\\.\\d+)?) ms\\.'
    """
    parts = []
    for part in _SPECIAL.split(written):
        if part == "...":
            parts.append(".*?")
        elif _SPECIAL.fullmatch(part):
            parts.append(f"(?P<{part[1:-1]}>{_NUMBER})" if part.strip() else " ")
        else:
            parts.append(re.escape(part).replace(r"\ ", " "))
    # Not within a word: "0 of 10" is not in "10 of 10".
    begins = r"\b" if re.match(r"\w", written) else ""
    ends = r"\b" if re.search(r"\w$", written) else ""
    return begins + "".join(parts) + ends


_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.USub: operator.neg,
}  # fmt: skip


def _relation(written: str, names: set[str]) -> ast.expr:
    """Parse a comparison, or several with ``and`` or ``or`` between them."""
    try:
        relation = ast.parse(written, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise PatternError(f"holds: {written!r} is no expression: {error}") from None
    for node in ast.walk(relation):
        if not _allowed(node):
            raise PatternError(
                f"holds: {written!r}: write comparisons of numbers that  shows  names; not {type(node).__name__}"
            )
    if not isinstance(relation, ast.Compare | ast.BoolOp):
        raise PatternError(f"holds: {written!r} compares nothing")
    unknown = set(_names(relation)) - names
    if unknown:
        raise PatternError(
            f"holds: {written!r}: no pattern of  shows  names {min(unknown)!r}; write {{{min(unknown)}}} there where the number stands"
        )
    if not _names(relation):
        raise PatternError(f"holds: {written!r} says nothing of what is shown")
    return relation


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float)
    if isinstance(node, ast.BoolOp):
        return all(isinstance(value, ast.Compare | ast.BoolOp) for value in node.values)
    kinds = (ast.Compare, ast.BinOp, ast.UnaryOp, ast.Name, ast.Load, ast.And, ast.Or)
    return isinstance(node, kinds) or type(node) in _OPERATORS


def _names(relation: ast.expr) -> list[str]:
    names = [node.id for node in ast.walk(relation) if isinstance(node, ast.Name)]
    return list(dict.fromkeys(names))


def _number(name: str, groups: Mapping[str, str | None]) -> float:
    if groups.get(name) is None:
        raise PatternError(f"{name} was not found")
    try:
        return float(str(groups[name]).replace(",", ""))
    except ValueError:
        raise PatternError(f"{name} is {groups[name]!r}, which is no number") from None


def _value(node: ast.expr, numbers: Mapping[str, float]) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return numbers[node.id]
    if isinstance(node, ast.UnaryOp):
        return _OPERATORS[type(node.op)](_value(node.operand, numbers))
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, numbers), _value(node.right, numbers)
        return _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.BoolOp):
        every = all if isinstance(node.op, ast.And) else any
        return every(_value(value, numbers) for value in node.values)
    assert isinstance(node, ast.Compare)
    values = [_value(value, numbers) for value in (node.left, *node.comparators)]
    return all(
        _OPERATORS[type(op)](left, right)
        for op, left, right in zip(node.ops, values, values[1:], strict=False)
    )
