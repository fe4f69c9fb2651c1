"""Take the building machine's folders out of what was printed: what remains is what matters to a reader."""

from __future__ import annotations

import os
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from process_gallery.interpreters import GALLERY_MODE, HOOKS, RUNNER, WARM_START

ON_EVERY_MACHINE = frozenset(
    [
        "/",
        "/bin",
        "/home",
        "/opt",
        "/root",
        "/srv",
        "/tmp",  # noqa: S108
        "/usr",
        "/usr/local",
        "/var",
        "/var/tmp",  # noqa: S108
    ]
)
"""Folders that say nothing of a machine, and that texts are full of. Only an interpreter's library
is shortened in them.
"""
_OWN = (RUNNER, HOOKS / "sitecustomize.py", GALLERY_MODE, WARM_START)
KINDS = ("script", "working", "temporary", "interpreter", "recorder")

# What stands before a path, which begins with a slash except on Windows: neither a part of it nor of
# a word. A letter may end a colour's sequence. Said behind the slash, since then the search goes
# from slash to slash.
_BEGINS = (
    r"(?:(?<![\w/\\.~@%+$}}-]{0})|(?<=file://{0})"
    + "".join(
        rf"|(?<=\x1b\[{numbers}m{{0}})" for numbers in ("", r"\d", r"\d\d", r"\d;\d\d", r"\d\d;\d")
    )
    + ")"
)
# What stands after it, so that it is a folder, and not the beginning of a longer name.
_ENDS = r"(?![\w~@%+-]|\.\w)"
_NAME_FOLLOWS = r"""(?=[^\s\x00-\x1f/\\'"`)\]}<>,;:|])"""
_LIBRARY = r"(?=lib(?:32|64|x32)?[/\\](?:python|pypy)\d)"


class Shortener:
    """Shortens the paths of one run.

    A path is shortened where it begins, never in the middle of a word, of an address or of another
    path. Everything else stays as it was written.
    """

    def __init__(self, script: Path, folder: Path, prefixes: Iterable[str]) -> None:
        """Take the folders.

        Parameters
        ----------
        script
            The script.
        folder
            The folder of the run, with ``cwd`` and ``tmp`` in it.
        prefixes
            The folders that the interpreter is installed in.
        """
        self._done: set[str] = set()
        self._kinds: dict[str, str] = {}  # what a pattern finds -> kind of folder
        self._words: dict[str, str] = {}  # what a pattern finds -> what takes its place
        patterns: dict[str, str] = {}  # a folder -> what finds it
        for run in _also_real(folder):
            for name, word in (("cwd", "."), ("tmp", "/tmp")):  # noqa: S108 - what a reader would see
                below = "" if word == "." else f"{word}/"
                kind = "working" if word == "." else "temporary"
                patterns |= self._found(str(run / name), below, word, kind)
        patterns |= self._found(str(RUNNER.parent), "<recorder>/", "<recorder>", "recorder")
        for place in _also_real(script.parent):
            if str(place) in ON_EVERY_MACHINE:  # the script alone, not what lies beside it
                patterns |= self._found(
                    str(place / script.name), f"{script.name}/", script.name, "script"
                )
            else:
                patterns |= self._found(str(place), "", ".", "script")
        prefixes = set(prefixes)
        if "/usr" in prefixes:  # Debian's local packages, for one
            prefixes.add("/usr/local")
        for prefix in prefixes:
            if prefix in patterns:
                continue
            if prefix in ON_EVERY_MACHINE:
                start = prefix.rstrip("/") + "/"
                patterns[prefix] = re.escape(start) + _LIBRARY
                self._words[start], self._kinds[start] = "", "interpreter"
            else:
                patterns |= self._found(prefix, "", "<python>", "interpreter")
        self._patterns = patterns
        self._code = str(RUNNER.parent)

    @cached_property
    def _paths(self) -> str:
        longest_first = sorted(self._patterns, key=len, reverse=True)
        slash = "/" if all(folder.startswith("/") for folder in longest_first) else ""
        paths = "|".join(self._patterns[folder][len(slash) :] for folder in longest_first)
        return f"{slash}{_BEGINS.format(slash)}(?:{paths})"

    # Each compiled only for a text that has such a folder: it takes some milliseconds.
    @cached_property
    def _find_paths(self) -> re.Pattern[str]:
        return re.compile(self._paths)

    @cached_property
    def _find_paths_and_frames(self) -> re.Pattern[str]:
        ours = "|".join(re.escape(str(path)) for path in _OWN)
        frame = rf'^  File "(?:{ours})", line \d+,? in [^\n]*\n(?:    [^\n]*\n)*'
        return re.compile(f"(?P<frame>{frame})|{self._paths}", re.MULTILINE)

    def _found(self, folder: str, below: str, bare: str, kind: str) -> dict[str, str]:
        """Have a folder replaced; return it with what finds it."""
        found = []
        for written in dict.fromkeys((folder, folder.replace("\\", "\\\\"))):  # as repr() has it
            separator = "\\" * (2 if written != folder else 1) if "\\" in folder else "/"
            found.append(re.escape(written) + f"(?:{re.escape(separator)}{_NAME_FOLLOWS}|{_ENDS})")
            self._words |= {f"{written}{separator}": below, written: bare}
            self._kinds |= {f"{written}{separator}": kind, written: kind}
        return {folder: "|".join(found)}

    @property
    def kinds(self) -> list[str]:
        """The kinds of folder that were shortened so far, in the order of ``KINDS``."""
        return [kind for kind in KINDS if kind in self._done]

    def __call__(self, text: str) -> str:
        """Return a text with its paths shortened, and without the recorder's own frames."""
        return self.stream([text])[0]

    def stream(self, texts: Sequence[str]) -> list[str]:
        """Shorten what one process wrote piece by piece; a path may have come in several pieces.

        Parameters
        ----------
        texts
            The pieces, in order.

        Returns
        -------
        list
            As many pieces. What takes the place of a path stands in the piece in which it begins.
        """
        whole = "".join(texts)
        if not any(folder in whole for folder in self._patterns):
            return list(texts)
        ends = list(accumulate(map(len, texts)))
        results: list[list[str]] = [[] for _ in texts]

        def keep(start: int, end: int) -> None:
            """Keep what stands between two places as it is."""
            while start < end:
                index = bisect_right(ends, start)
                upto = min(end, ends[index])
                results[index].append(whole[start:upto])
                start = upto

        position = 0
        ours = self._code in whole
        find = self._find_paths_and_frames if ours else self._find_paths
        for match in find.finditer(whole):
            keep(position, match.start())
            if ours and match["frame"]:
                self._done.add("recorder")
            else:
                self._done.add(self._kinds[match[0]])
                results[bisect_right(ends, match.start())].append(self._words[match[0]])
            position = match.end()
        keep(position, len(whole))
        return ["".join(parts) for parts in results]


def _also_real(folder: Path) -> list[Path]:
    """Return a folder, and where it is if its path leads through links."""
    return list(dict.fromkeys((folder, Path(os.path.realpath(folder)))))
