"""What `make try` says to somebody whose example is not one yet."""

from __future__ import annotations

import pytest
import try_example

RIGHT = "Title\n=====\n\nA claim.\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print(1)\n", "there is no docstring"),
        ('"""Only a sentence."""\n', "begins without a title"),
        ('"""\nTitle\n===\n\nA claim.\n"""\n', "begins without a title"),
        ('"""\nTitle\n=====\n"""\n', "no claim below its title"),
    ],
)
def test_a_docstring_that_is_no_title_and_claim_is_named(tmp_path, text, says):
    script = tmp_path / "example.py"
    script.write_text(text)
    with pytest.raises(SystemExit, match=rf"example\.py.*{says}.*; write one at the top"):
        try_example.check_docstring(script)


@pytest.mark.parametrize("text", [f'"""\n{RIGHT}"""\n', f'"""{RIGHT}"""\n', "print((\n"])
def test_a_title_and_a_claim_are_right_and_other_faults_are_left_to_the_record(tmp_path, text):
    script = tmp_path / "example.py"
    script.write_text(text)
    try_example.check_docstring(script)


def test_an_example_that_is_not_listed_is_to_be_listed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(try_example, "EXAMPLES", tmp_path)
    (tmp_path / "contents.txt").write_text("# order\na/one.py\n")
    try_example.check_contents(tmp_path / "a/one.py")
    assert capsys.readouterr().out == ""
    try_example.check_contents(tmp_path / "a/two.py")
    assert "add the line  a/two.py  to" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nowhere", "countdown/nowhere", "a/b/c"])
def test_a_name_that_is_no_example_says_how_to_write_one(name):
    with pytest.raises(SystemExit, match="write  make try EXAMPLE=section/name"):
        try_example.script_of(name)


@pytest.mark.parametrize(
    "name",
    [
        "countdown/two_countdowns",
        "countdown/two_countdowns.py",
        "examples/countdown/two_countdowns.py",
    ],
)
def test_an_example_may_be_named_as_it_is_at_hand(name):
    assert try_example.script_of(name) == try_example.EXAMPLES / "countdown/two_countdowns.py"
