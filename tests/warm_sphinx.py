"""`python -m sphinx` for tests that build many small sites, without the second that loading it takes each time.

A program loads Sphinx once and is forked for each build, so that no build sees what another one did.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

SERVER = """
import contextlib, gc, importlib, json, os, sys

for name in sys.argv[1:]:
    with contextlib.suppress(ImportError):
        importlib.import_module(name)
from sphinx.cmd.build import main

gc.freeze()  # a build then copies less of it

for line in sys.stdin:
    request = json.loads(line)
    pid = os.fork()
    if not pid:
        for number, name in enumerate((os.devnull, *request["files"])):
            os.dup2(os.open(name, os.O_RDWR), number)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        sys.path.insert(0, request["cwd"])
        sys.argv = ["sphinx-build", *request["arguments"]]
        code = 1
        try:
            code = main(sys.argv[1:])
        except SystemExit as error:
            code = error.code
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code or 0)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""
LONGEST = 300
"""Seconds that a build may take."""
LOADED = (
    "sphinx.application", "sphinx.builders.html", "sphinx.builders.linkcheck", "sphinx.ext.autodoc", "sphinx.ext.mathjax",
    "sphinx_gallery.gen_gallery", "myst_parser.sphinx_ext.main", "process_gallery.sphinxext", "furo",
)  # fmt: skip


@functools.cache
def _server() -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, *LOADED],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.kill)
    return server


def sphinx(
    arguments: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Build a site; return the exit code and what was printed, as `subprocess.run` does."""
    if not hasattr(os, "fork"):
        command = [sys.executable, "-m", "sphinx", *map(str, arguments)]
        return subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=300
        )
    server = _server()
    with tempfile.NamedTemporaryFile("r") as out, tempfile.NamedTemporaryFile("r") as err:
        request = {
            "arguments": list(map(str, arguments)),
            "cwd": str(cwd),
            "env": dict(os.environ if env is None else env),
            "files": [out.name, err.name],
        }
        print(json.dumps(request), file=server.stdin, flush=True)
        if not select.select([server.stdout], [], [], LONGEST)[0]:
            server.kill()
            _server.cache_clear()
            raise subprocess.TimeoutExpired(request["arguments"], LONGEST, out.read(), err.read())
        code = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())
