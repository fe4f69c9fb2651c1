"""The cells of a record are the blocks that sphinx-gallery shows."""

import contextlib
import io
import logging
import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sphinx.errors import ExtensionError
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from process_gallery.errors import ExampleError
from process_gallery.script import (
    Declared,
    check_expected,
    contents,
    decode,
    docstring_end,
    imported,
    local_modules,
    python_bound,
    read_script,
    split,
)

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("**/*.py"))


def by_sphinx_gallery(path):
    """Return the line ranges of sphinx-gallery's code blocks."""
    logging.getLogger("sphinx.sphinx_gallery").setLevel(logging.ERROR)
    with contextlib.redirect_stderr(io.StringIO()):
        _, blocks = split_code_and_text_blocks(path)
    return [
        (line, line + content.rstrip().count("\n"))
        for kind, content, line in blocks
        if kind == "code"
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_examples(path):
    assert list(read_script(path).cells) == by_sphinx_gallery(path)


TRICKY = {
    "title only": '"""T\n="""\n',
    "no newline at the end": '"""T"""\nx = 1',
    "docstring of two strings": '"one" \\\n"two"\nx = 1\n',
    "code on the docstring's line": '"""T"""; x = 1\ny = 2\n',
    "comments before the docstring": "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n\n'''T\n\n'''\nx = 1\n",
    "text cell first": '"""T"""\n# %%\n# Words\n# more words\n\nx = 1\n\n\n# %%\ny = 2\n',
    "header with text": '"""T"""\nx = 1\n# %% A title\n# Words\ny = 2\n#%%no space\nz = 3\n',
    "line of hashes": '"""T"""\nx = 1\n####################\n# Words\n#\n# more\n\ny = 2\n'
    + "#" * 79
    + "\nz = 3\n",
    "nineteen hashes": '"""T"""\nx = 1\n###################\ny = 2\n',
    "empty cells": '"""T"""\n# %%\n\n# %%\n\n\n# %%\n',
    "header at the very end": '"""T"""\nx = 1\n# %%',
    "header with words at the very end": '"""T"""\nx = 1\n# %% words',
    "indented header is code": '"""T"""\nif True:\n    # %%\n    x = 1\n',
    "header inside a string": '"""T"""\nx = """\n# %%\n"""\n',
    "form feed and odd spaces": '"""T"""\nx = 1\n\x0c\n# %%\n\x0b\ny = 2\n',
    "syntax error": '"""T"""\nx = = 1\n# %%\ny = 2\n',
    "CRLF": '"""T"""\r\nx = 1\r\n# %%\r\n# Words\r\ny = 2\r\n',
    "old Mac": '"""T"""\rx = 1\r# %%\ry = 2\r',
    "comment after text": '"""T"""\n# %%\n# Words\n\n# a comment of the code\nx = 1\n',
    "only comments": '"""T"""\n# sphinx_gallery_timeout = 5\n',
    "unicode line separators": '"""T"""\nx = "a\u2028b\u0085c"\n# %%\ny = 2\n',
}


@pytest.mark.parametrize("source", TRICKY.values(), ids=TRICKY)
def test_tricky_files(tmp_path, source):
    path = tmp_path / "example.py"
    path.write_bytes(source.encode())
    assert list(read_script(path).cells) == by_sphinx_gallery(path)


LINES = st.sampled_from(
    [
        "x = 1", "", "   ", "# %%", "#%%", "# %% Title", "# %%%", "#  %%", "#", "# words", "#words", "#" * 19, "#" * 20, "#" * 80 + " x",
        " # %%", "def f():", "    return 1", "'''", '"""', "'a'", "\\", "\x0c", "# sphinx_gallery_timeout = 3", "x = '# %%'", "\t# tab", "#\u00a0",
    ]
)  # fmt: skip


@given(st.lists(LINES, max_size=25), st.booleans(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=400, deadline=None)
@example(["# %%", "'''", "x = 1"], True, "\n")
def test_any_file(tmp_path_factory, lines, newline_at_end, newline):
    path = tmp_path_factory.getbasetemp() / "any.py"
    path.write_bytes((newline.join(['"""Title"""', *lines]) + newline * newline_at_end).encode())
    try:
        theirs = by_sphinx_gallery(path)
    except ExtensionError:  # no docstring, it says, when the title has become part of an expression
        return
    assert list(read_script(path).cells) == theirs


@given(
    st.lists(LINES | st.text(st.characters(exclude_categories=["Cs"]), max_size=10), max_size=25)
)
@settings(max_examples=200, deadline=None)
def test_cells_of_any_text_are_in_order(lines):
    text = decode(
        "\n".join([*lines, ""]).encode()
    )  # sphinx-gallery takes a header at the very end of a file for code
    rows = text.split("\n")
    start = docstring_end(text)
    before = start
    for first, last in split(text, start):
        assert before < first <= last <= len(rows)
        before = last


@pytest.mark.parametrize(
    "source",
    [
        b"print('x')",
        b"'x'.upper()\ny = 1\n",
        b"f'x'\ny = 1\n",
        b"b'x'\ny = 1\n",
        b"1\n",
        b"",
        b"\n\n",
    ],
)
def test_without_docstring_everything_is_code(tmp_path, source):
    path = tmp_path / "x.py"
    path.write_bytes(source)
    count = source.decode().rstrip().count("\n") + 1
    assert read_script(path).cells == (((1, count),) if source.strip() else ())


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = 'é'".encode(), "x = 'é'"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        ("# coding: latin-1\nx = 'é'".encode("latin-1"), "# coding: latin-1\nx = 'é'"),
        (b"# coding: no-such-codec\nx = 1", "# coding: no-such-codec\nx = 1"),
        (b"x = '\xff'", "x = '\xff'"),
        (b"\x00\x01", "\x00\x01"),
        (b"# coding: rot13\nx", "# coding: rot13\nx"),
        (b"# coding: base64\nx", "# coding: base64\nx"),
    ],
)
def test_decode_never_fails(source, text):
    assert decode(source) == text


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_can_be_read(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.py"
    path.write_bytes(data)
    with contextlib.suppress(ExampleError):
        read_script(path)


def test_declarations(tmp_path):
    path = tmp_path / "x.py"
    path.write_text(
        '"""T\n\n# sphinx_gallery_timeout = 99\n"""\n'
        "# sphinx_gallery_expected_outcome = 'signal SIGKILL'  # it kills itself\n#sphinx_gallery_timeout=2\n"
        "# sphinx_gallery_parallel = False\n# sphinx_gallery_needs = ['numpy', 'python>=3.14', 'linux']\n"
        "# sphinx_gallery_leaves = ('sleep',)\n# sphinx_gallery_tags = ['fork']\n# sphinx_gallery_memory = 512\n"
        "# sphinx_gallery_every_release = True\n# sphinx_gallery_by_hand = 'it needs root'\n"
        "# sphinx_gallery_start_ignore\n# sphinx_gallery_end_ignore\n"
    )
    assert read_script(path).declared == Declared(
        expected="signal SIGKILL",
        timeout=2.0,
        alone=True,
        needs=("numpy", "python>=3.14", "linux"),
        leaves=("sleep",),
        tags=("fork",),
        memory=512,
        every_release=True,
        by_hand="it needs root",
    )
    path.write_text("")
    assert read_script(path).declared == Declared()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("timeout = 'soon'", "number of seconds"),
        ("timeout = True", "number of seconds"),
        ("timeout = 0", "greater than 0"),
        ("timeout = 1e999", "greater than 0"),
        ("timeout = never", "not a Python literal"),
        ("expected_outcome = 'fine'", "is not one of"),
        ("expected_outcome = 3", "write a string"),
        ("parallel = 1", "True or False"),
        ("by_hand = True", "write why"),
        ("needs = 'numpy'", "list of strings"),
        ("needs = ['3']", "neither a module"),
        ("needs = [3]", "every entry must be a string"),
        ("memory = -1", "number of MiB"),
        ("memory = True", "number of MiB"),
    ],
)
def test_wrong_declarations(tmp_path, line, says):
    path = tmp_path / "x.py"
    path.write_text(f"# sphinx_gallery_{line}\n")
    with pytest.raises(ExampleError, match=says) as raised:
        read_script(path)
    assert str(path) in str(raised.value)


@pytest.mark.parametrize(
    "expected", ["ok", "timeout", "exception", "exception KeyError", "exit 3", "signal SIGSEGV"]
)
def test_expected_outcomes(expected):
    check_expected(expected)


@pytest.mark.parametrize(
    "expected",
    [
        "",
        "OK",
        "ok ",
        "ok 1",
        "timeout 3",
        "exit",
        "exit -1",
        "exit 0",
        "exit 03",
        "exit 1000",
        "exit \u0663",
        "exit x",
        "signal",
        "signal 9",
        "exception a b",
        "signal SIG_IGN",
    ],
)
def test_unknown_outcomes(expected):
    with pytest.raises(ValueError, match="is not one of"):
        check_expected(expected)


def test_python_bound():
    assert python_bound("python<3.14.2") == ("<", (3, 14, 2))
    assert python_bound("pythonic") is None


@pytest.mark.parametrize(
    ("make", "says"),
    [(Path.mkdir, "is a folder"), (lambda path: None, "cannot be read: No such file")],
)
def test_what_cannot_be_read(tmp_path, make, says):
    make(tmp_path / "x")
    with pytest.raises(ExampleError, match=says):
        read_script(tmp_path / "x")


DEEP = {
    "sum": "x = " + "1 + " * 20_000 + "1\n",
    "brackets": "x = " + "(" * 20_000 + ")" * 20_000 + "\n",
    "attributes": "x = a" + ".b" * 20_000 + "\n",
    "minus": "x = " + "-" * 20_000 + "1\n",
    "null": "x = 1\0\n",
}


@pytest.mark.parametrize("source", DEEP.values(), ids=DEEP)
def test_a_script_that_python_cannot_parse_is_read_and_imports_nothing(tmp_path, source):
    path = tmp_path / "deep.py"
    path.write_text(source)
    assert read_script(path).source == source.encode()
    assert imported(source.encode()) == (set(), set())
    assert local_modules(path, source.encode()) == []


def test_a_setting_too_deep_to_be_read_is_refused_by_name(tmp_path):
    path = tmp_path / "deep.py"
    path.write_text(f"# sphinx_gallery_tags = {'[' * 20_000}{']' * 20_000}\nx = 1\n")
    with pytest.raises(ExampleError, match=r"deep\.py: sphinx_gallery_tags"):
        read_script(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_device_is_no_script(tmp_path):
    os.mkfifo(tmp_path / "x.py")
    (tmp_path / "zero.py").symlink_to("/dev/zero")
    for name in ("x.py", "zero.py"):
        with pytest.raises(ExampleError, match=rf"{name}: is a pipe or a device"):
            read_script(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"one.py\n\xe9t\xe9.py\n", "contents.txt: is not UTF-8"),
        (b"one.py\n../../x.py\n", r"contents.txt, line 2: '\.\./\.\./x\.py' is not a script below"),
        (b"/etc/passwd\n", "contents.txt, line 1: '/etc/passwd' is not"),
        (b"# first\n\nmissing.py\n", "contents.txt, line 3: 'missing.py' is not"),
        (b"one.py\0\n", "contents.txt, line 1"),
        (b".\n", "contents.txt, line 1"),
    ],
)
def test_a_line_of_contents_that_names_no_script_is_refused(tmp_path, text, says):
    (tmp_path / "one.py").write_text("x = 1\n")
    (tmp_path / "contents.txt").write_bytes(text)
    with pytest.raises(ExampleError, match=says):
        contents(tmp_path)


def test_contents_may_have_comments_empty_lines_and_the_ends_of_lines_of_windows(tmp_path):
    (tmp_path / "one.py").write_text("x = 1\n")
    assert contents(tmp_path) == []
    (tmp_path / "contents.txt").write_bytes(b"# first\r\n\r\n  one.py \r\n")
    assert contents(tmp_path) == ["one.py"]
