"""The sessions on the pages: that they are as they are shown on each Python, and that what runs them would see it if not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import page_doctests
import pytest
from page_doctests import Block, Here, PageError, asserts, blocks_in, blocks_of, pages, run

VERSIONS = [(3, minor) for minor in range(11, 16)]


def session(text: str, caption: str = "") -> Block:
    return Block(Path("page.md"), 1, text, caption)


def test_the_prompt_prints_what_the_pages_show(python: str) -> None:
    done = subprocess.run(
        [python, page_doctests.__file__], capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 failed" in done.stdout
    print(done.stdout)


def test_pages_show_sessions_and_each_shows_an_output() -> None:
    every = [block for page in pages() for block in blocks_of(page)]
    examples = [example for block in every for example in block.session().examples]
    assert sum(map(asserts, examples)) >= 60
    assert len({block.page for block in every}) >= 15


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_every_session_is_true_on_some_version(version: tuple[int, int]) -> None:
    for block in (block for page in pages() for block in blocks_of(page)):
        true_on = [one for one in VERSIONS if block.holds(Here(one, "linux", True))]
        assert true_on, f"{block.place} is for none of the versions that the site is about"
        if not block.caption:
            assert version in true_on


@pytest.mark.site
def test_every_prompt_on_the_built_pages_is_one_that_is_run() -> None:
    site = Path(os.environ.get("SITE", page_doctests.ROOT / "docs/_build/html"))
    if not (site / "index.html").exists():
        pytest.skip(f"there is no built site in {site}: make html, or name one in SITE")
    for page in pages():
        path = site / page.relative_to(page_doctests.ROOT / "docs").with_suffix(".html")
        shown = path.read_text(encoding="utf-8").count("&gt;&gt;&gt; </span>")
        run_here = sum(len(block.session().examples) for block in blocks_of(page))
        assert shown == run_here, f"{page}: a prompt in a block that is not pycon is not run"


def test_what_is_found_in_a_page() -> None:
    text = """\
```pycon
>>> 1
1
```

````{glossary}
word
  Meaning.

  ```{code-block} pycon
  :caption: Linux, Python 3.12 and newer

  >>> 2
  2
  ```
````

````markdown
```pycon
>>> "what is shown as code is not run"
```
````

```python
>>> "nor is this"
```

:::{list-table}
* - ```pycon
    >>> 3
    3
    ```
:::
"""
    found = blocks_in(text.splitlines(), Path("page.md"))
    assert [(block.line, block.text) for block in found] == [
        (2, ">>> 1\n1\n"),
        (13, ">>> 2\n2\n"),
        (30, ">>> 3\n3\n"),
    ]
    assert [block.caption for block in found] == ["", "Linux, Python 3.12 and newer", ""]


@pytest.mark.parametrize(
    ("caption", "where"),
    [
        ("", [(3, 11), (3, 14), (3, 15)]),
        ("Linux", [(3, 11), (3, 14), (3, 15)]),
        ("Python 3.14 and newer", [(3, 14), (3, 15)]),
        ("Linux, Python 3.11 to 3.14", [(3, 11), (3, 14)]),
    ],
)
def test_a_caption_says_where_a_session_is_true(caption: str, where: list[tuple[int, int]]) -> None:
    block = session(">>> 1\n1\n", caption)
    asked = [(3, 11), (3, 14), (3, 15)]
    assert [version for version in asked if block.holds(Here(version, "linux"))] == where
    assert block.holds(Here((3, 14), "darwin")) == ("Linux" not in caption)


def test_the_usual_build_has_the_lock() -> None:
    block = session(">>> 1\n1\n", "the usual build")
    assert block.holds(Here(gil=True))
    assert not block.holds(Here(gil=False))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (">>> import os\n", "nothing is shown"),
        (">>> print(1)\n...\n", "nothing is shown"),
        ("no prompt\n", "nothing is shown"),
        (">>>1\n1\n", "lacks blank"),
        (">>> for n in range(2):\n...     n\n0\n1\n", "still waits for more after '    n'"),
    ],
)
def test_a_session_that_shows_nothing_is_refused(text: str, says: str) -> None:
    with pytest.raises(PageError, match=rf"page\.md:1: .*{says}"):
        session(text).session()


def test_a_caption_that_says_something_else_is_refused() -> None:
    with pytest.raises(
        PageError, match=r"page\.md:1: .*'Python 3.14 and newer'.*not 'on my Python'"
    ):
        session(">>> 1\n1\n", "Linux, on my Python").holds(Here())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (">>> 1 + 1\n3\n", "Got:\n    2"),
        (">>> True\n1\n", "Got:\n    True"),
        (">>> 1\n1\n>>> raise OSError(1)\n", "OSError: 1"),
        (">>> 1\n1\n>>> import os; n = os.write(1, b'by a child, say')\n", "by a child, say"),
        (">>> 1\n1\n>>> import warnings; warnings.warn('mind this')\n", "mind this"),
        (">>> 1\n1\n>>> import os; os._exit(0)\n", "it ended early"),
        (">>> 1\n1\n>>> import atexit, os; f = atexit.register(os._exit, 3)\n", "ended with 3"),
    ],
)
def test_what_differs_from_the_page_is_seen(text: str, says: str) -> None:
    assert says in run(session(text)).wrong


def test_a_session_is_run_as_at_the_prompt() -> None:
    text = """\
>>> import os, sys
>>> __name__, sys.argv, os.listdir()
('__main__', [''], [])
>>> [name for name in dir() if not name.startswith("__")]
['os', 'sys']
>>> object()
<object object at 0x...>
"""
    assert run(session(text)).wrong == ""


def test_a_session_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_doctests, "LIMIT", 1)
    text = ">>> 1\n1\n>>> import os, time\n>>> if os.fork():\n...     os.wait()\n... else:\n...     time.sleep(600)\n...\n"
    assert "has not ended" in run(session(text)).wrong


def test_a_session_that_makes_a_process_runs_with_each_start_method() -> None:
    text = ">>> import multiprocessing\n>>> child = multiprocessing.Process(target=lambda: None)\n>>> child.start()\n>>> child.join()\n>>> child.exitcode\n0\n"
    wrong = {one.method: one.wrong for one in page_doctests.run_in_every_way(session(text))}
    assert set(wrong) == {None, "fork", "spawn", "forkserver"}
    assert wrong["fork"] == ""
    assert "PicklingError" in wrong["spawn"]
    assert "PicklingError" in wrong["forkserver"]
    named = text.replace("multiprocessing.P", "multiprocessing.get_context('fork').P")
    assert [one.wrong for one in page_doctests.run_in_every_way(session(named))] == [""]
    assert len(page_doctests.run_in_every_way(session(">>> 1\n1\n"))) == 1


def test_the_command_names_the_place(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n```pycon\n>>> 1\n2\n```\n")

    def command() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, page_doctests.__file__, page], capture_output=True, text=True
        )

    assert command().returncode == 1
    assert "page.md:4" in command().stderr
    page.write_text("# Page\n\n```pycon\n>>> 1\n```\n")
    assert command().returncode == 2
    assert "page.md:4: nothing is shown" in command().stderr
    page.unlink()
    assert command().returncode == 2
