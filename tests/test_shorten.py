"""Which paths the record shortens, and that all other text stays as it was written."""

import os
import pty
import random
import subprocess
import sys
from pathlib import Path

import pytest

from process_gallery.drawing.terminal import screen
from process_gallery.interpreters import HOOKS, RUNNER, probe
from process_gallery.model import Piece
from process_gallery.recording.recorder import Job, record_all
from process_gallery.recording.shorten import Shortener
from process_gallery.script import read_script

SCRIPT = Path("/srv/project/examples/one.py")
RUN = Path("/tmp/pg-1234")
PREFIXES = ["/usr", "/home/me/venv", "/home/me/.pyenv/versions/3.11.7"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="paths begin with a slash")


@pytest.fixture
def shorten():
    return Shortener(SCRIPT, RUN, PREFIXES)


@pytest.mark.parametrize(
    ("text", "short", "kinds"),
    [
        # not at the start of a path, or of another name
        ("/usr/bin/env /var/usr/x https://example.org/usr/manual /usr", None, []),
        ("https://example.org/srv/project/examples/one.py", None, []),
        ("a/srv/project/examples/one.py ./srv/project/examples", None, []),
        ("/srv/project/examples2/one.py /srv/project/examples.old /srv/project", None, []),
        ("/home/me/venv2 /home/me/.pyenv/versions/3.11.70/bin x/home/me/venv/bin", None, []),
        ("/tmp/pg-12345/cwd /tmp/pg-1234", None, []),
        # of /usr, only an interpreter's library
        ("/usr/lib/python3.11/os.py", "lib/python3.11/os.py", ["interpreter"]),
        ("/usr/local/lib/python3.11/dist-packages", "lib/python3.11/dist-packages", ["interpreter"]),
        ("/usr/lib/x86_64-linux-gnu/libc.so.6 /usr/lib/pythonista", None, []),
        # below a folder, and the bare folder
        ('File "/srv/project/examples/one.py"', 'File "one.py"', ["script"]),
        ("/srv/project/examples/data/a.csv", "data/a.csv", ["script"]),
        ("/srv/project/examples", ".", ["script"]),
        ("/srv/project/examples/", "./", ["script"]),
        ("['/srv/project/examples', '/x']", "['.', '/x']", ["script"]),
        ("in /srv/project/examples.", "in ..", ["script"]),
        ("</srv/project/examples>", "<.>", ["script"]),
        ("file:///srv/project/examples/one.py", "file://one.py", ["script"]),
        ("\x1b[1;31m/srv/project/examples/one.py\x1b[0m", "\x1b[1;31mone.py\x1b[0m", ["script"]),
        ("/home/me/venv /home/me/venv/bin/python", "<python> bin/python", ["interpreter"]),
        ("/tmp/pg-1234/cwd /tmp/pg-1234/cwd/x /tmp/pg-1234/tmp/y", ". x /tmp/y", ["working", "temporary"]),
        (str(HOOKS), "<recorder>/site", ["recorder"]),
        (
            f'Stack:\n  File "{RUNNER}", line 9, in <module>\n    exec(code)\n    ~~~~^^\n  File "/a"\n',
            'Stack:\n  File "/a"\n',
            ["recorder"],
        ),
    ],
)  # fmt: skip
def test_what_is_shortened(shorten, text, short, kinds):
    assert shorten(text) == (text if short is None else short)
    assert shorten.kinds == kinds


def test_a_path_in_two_pieces(shorten):
    pieces = ["/srv/pro", "ject", "/examples", "/one.py and /srv/project/exam", "ples2", "", " a"]
    expected = ["", "", "", "one.py and /srv/project/exam", "ples2", "", " a"]
    assert shorten.stream(pieces) == expected


def test_a_script_in_a_folder_that_every_machine_has():
    shorten = Shortener(Path("/tmp/one.py"), RUN, PREFIXES)
    assert shorten('"/tmp/one.py" /tmp/other.py /tmp') == '"one.py" /tmp/other.py /tmp'


CRASH = 'Fatal Python error: Segmentation fault\n\nCurrent thread 0x00007f0000000b80 (most recent call first):\n  File "x.py", line 3 in f\n\n'
APART = [" ", "\n", "'", '"', "(", ")", "[", "]", "<", ">", "=", ",", ";", "|", "\t", " : "]
WORDS = ["a", "line 1", "/usr", "/usr/bin/env", "/var/usr/x", "https://example.org/usr/lib/python3.11/x", "//usr/lib", "é", "\u202e", "😀",
    "\x1b[31mred\x1b[0m", "\x1b", "\\n", CRASH, "Traceback (most recent call last):\n", "\x00", "%s", "a/b/c", "~", "..", "\x1e0123", "&amp;"]  # fmt: skip


def random_text(rng, folders):
    """Return words with something between them that ends a path, and what is to become of them.

    ``folders`` are folders with what takes the place of one alone, and of one with a slash. A folder
    is also put where it is no path of its own: nothing is to become of that.
    """
    written, expected = [], []
    for _ in range(rng.randrange(1, 60)):
        kind = rng.randrange(4)
        if kind == 0:
            folder, bare, below = rng.choice(folders)
            name = rng.choice(["x", "a.py", "b/c.txt", ".d"])
            path, short = rng.choice([(folder, bare), (f"{folder}/{name}", f"{below}{name}")])
        elif kind == 1:
            folder = rng.choice(folders)[0]
            before = rng.choice(["/srv", "http://h", "a", "9", ".", "/a/b", "-I", "~"])
            path = short = before + folder + rng.choice(["", "/x", "2"])
        else:
            path = short = rng.choice(WORDS)
        between = rng.choice(APART)
        written += [path, between]
        expected += [short, between]
    return "".join(written), "".join(expected)


def test_random_texts(shorten):
    folders = [("/srv/project/examples", ".", ""), ("/home/me/venv", "<python>", ""), ("/tmp/pg-1234/tmp", "/tmp", "/tmp/"), ("/tmp/pg-1234/cwd", ".", "")]  # fmt: skip
    for seed in range(2000):
        rng = random.Random(seed)
        text, expected = random_text(rng, folders)
        assert shorten(text) == expected, f"seed {seed}"
        cuts = sorted(rng.randrange(len(text) + 1) for _ in range(rng.randrange(6)))
        pieces = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
        shortened = shorten.stream(pieces)
        assert "".join(shortened) == expected, f"seed {seed}"
        assert len(shortened) == len(pieces)


def in_a_terminal(command):
    """Run a command in a pseudo-terminal that passes everything on; return what it would show."""
    main, other = pty.openpty()
    import termios

    attributes = termios.tcgetattr(other)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(other, termios.TCSANOW, attributes)
    with subprocess.Popen(command, stdin=other, stdout=other, stderr=other) as process:
        os.close(other)
        data = b""
        try:
            while more := os.read(main, 1 << 16):
                data += more
        except OSError:  # the program has ended
            pass
        os.close(main)
    assert process.returncode == 0
    return data


@pytest.mark.process
@pytest.mark.skipif(sys.platform != "linux", reason="needs the names of writers")
@pytest.mark.parametrize("exe", [sys.executable, "/usr/bin/python3"])
def test_what_the_page_copies_is_what_a_terminal_shows(tmp_path, exe):
    """Random bytes, with paths, prefixes and crash reports in them, by parent and child in turn."""
    rng = random.Random(20261127)
    folders = [(str(tmp_path), ".", "")]
    if not os.access(exe, os.X_OK) or probe(exe).version_info < (3, 11):
        pytest.skip("there is no such Python")
    for prefix in probe(exe).prefixes:
        if prefix == "/usr":
            folders.append(("/usr/lib/python3.11", "lib/python3.11", "lib/python3.11/"))
        elif prefix != "/usr/local":
            folders.append((prefix, "<python>", ""))
    texts, expected = [], []
    for _ in range(60):
        text, short = random_text(rng, folders)
        noise = bytes(
            rng.choice([0x80, 0xC3, 0xE2, 0xF0, 0xFF, 0x41]) for _ in range(rng.randrange(5))
        )
        texts.append(text.encode() + b" " + noise + b"\n")
        expected.append(short + " " + noise.decode(errors="backslashreplace") + "\n")
    script = tmp_path / "example.py"
    script.write_text(
        f"import os\ntexts = {texts!r}\nfor number, text in enumerate(texts):\n"
        "    if number % 5 or os.fork() == 0:\n        os.write(1, text)\n        if not number % 5:\n            os._exit(0)\n"
        "    else:\n        os.wait()\n"
    )
    plain = in_a_terminal([exe, str(script)])
    assert plain == b"".join(texts)
    [(_, result)] = record_all([Job(read_script(script), python=exe)])
    assert result.outcome == "ok"
    assert result.text() == "".join(expected)
    assert set(result.shortened) == {"script", *(["interpreter"] if len(folders) > 1 else [])}
    plainly = [Piece(0.0, 0, "".join(expected))]
    assert [line.text for line in screen(result.pieces())] == [
        line.text for line in screen(plainly)
    ]
