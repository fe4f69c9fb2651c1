"""What is kept of a long output, and where it is cut; characters that come in halves."""

import random

import pytest

from process_gallery.recording.output import Decoder, Output, continuation, unfinished


def decoded(*outputs):
    """Return (writer, text or number of bytes left out) of each piece, cell by cell."""
    cells = Decoder().cells(outputs, {None: None, 0: 0, 1: 1, 2: 2})
    return [list(zip(cell.writers, cell.texts, strict=True)) for cell in cells]


def filled(items, head=100, tail=100):
    output = Output(head, tail)
    for number, (writer, data) in enumerate(items):
        output.add(float(number), writer, data)
    return output


def test_what_fits_is_kept_as_it_is():
    items = [(0, b"a" * 100), (1, b"b" * 60), (0, b"c" * 40)]
    assert decoded(filled(items)) == [[(0, "a" * 100), (1, "b" * 60), (0, "c" * 40)]]


def test_it_is_cut_where_lines_end_and_says_whose_are_gone():
    items = [(number % 2, b"line %03d\n" % number) for number in range(100)]
    [pieces] = decoded(filled(items))
    texts = [text for _, text in pieces if isinstance(text, str)]
    assert "".join(texts).splitlines() == [f"line {n:03}" for n in (*range(11), *range(89, 100))]
    omitted = [piece for piece in pieces if isinstance(piece[1], int)]
    assert sorted(omitted) == [(0, 39 * 9), (1, 39 * 9)]
    for writer, text in pieces:
        if isinstance(text, str):
            assert {int(line.split()[1]) % 2 for line in text.splitlines()} == {writer}


def test_a_line_that_is_longer_is_cut_between_characters():
    [pieces] = decoded(filled([(0, b"a\nx" + "é".encode() * 1000 + b"\nz")]))
    assert pieces == [(0, "a\nx" + "é" * 48), (0, 2005 - 99 - 100), (0, "é" * 49 + "\nz")]


def test_a_character_of_which_a_half_is_left_out_goes_whole():
    """One process's characters begin before a gap, or end after it; another's do not."""
    items = [(0, b"a\n"), (1, b"\xe2"), (2, b"\xe2\x82"), (0, b"\n")]
    items += [(1, b"\x82\xac" + b"b" * 300), (2, b"\xac\n"), (0, b"end\n")]
    output = filled(items, head=6, tail=20)
    [pieces] = decoded(output)
    assert (0, "a\n") in pieces
    assert "".join(text for _, text in pieces if isinstance(text, str)).count("\\x") == 0
    assert (1, 1 + 2 + 300 - 14) in pieces or (1, 303) in pieces


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([[(0, b"\xc3"), (0, b"\xa9")]], [[(0, "é")]]),
        ([[(0, b"\xc3"), (1, b"\xa9\n")]], [[(0, "é"), (1, "\n")]]),
        ([[(0, b"\xc3"), (1, b"x"), (0, b"\xa9\n")]], [[(0, "é"), (1, "x"), (0, "\n")]]),
        ([[(0, b"\xc3")], [(0, b"\xa9\n")]], [[(0, "é")], [(0, "\n")]]),
        ([[(0, b"\xc3")], [(0, b"x\n")]], [[(0, "\\xc3")], [(0, "x\n")]]),
        ([[(0, b"\xc3")], []], [[(0, "\\xc3")], []]),
        ([[(0, b"\xf0"), (1, b"-"), (0, b"\x9f"), (0, b"\x98"), (0, b"\x80.")]], None),
        ([[(0, b"\xe0"), (1, b"\x80\x80")]], [[(0, "\\xe0"), (1, "\\x80\\x80")]]),
        ([[(0, b"\xff"), (1, b"\x80")]], [[(0, "\\xff"), (1, "\\x80")]]),
    ],
)
def test_halves_of_a_character(cells, expected):
    def apart(items):
        output = Output(100, 100)
        for number, (writer, data) in enumerate(items):
            output.add(float(number), writer, data)
        return output

    result = decoded(*map(apart, cells))
    if expected is None:
        assert [text for _, text in result[0]][:2] == ["😀", "-"]
        assert "".join(text for _, text in result[0]) == "😀-."
    else:
        assert [[piece for piece in cell if piece[1]] for cell in result] == expected


def test_ends_of_characters():
    for text in ("é", "€", "😀"):
        data = text.encode()
        for length in range(1, len(data)):
            assert unfinished(b"a" + data[:length]) == length
            assert continuation(data[length:] + b"a") == len(data) - length
        assert unfinished(data) == continuation(data) == 0
    assert unfinished(b"\x80\x80\x80\x80") == unfinished(b"\xff") == unfinished(b"") == 0


def test_nothing_is_lost_or_counted_twice():
    """Random writes: what is kept and what is left out is what was written, for each writer."""
    for seed in range(300):
        rng = random.Random(seed)
        items = []
        for _ in range(rng.randrange(1, 200)):
            words = rng.choices(["a", "é", "€", "😀", "\n", "line\n", "\r"], k=rng.randrange(1, 9))
            items.append((rng.choice([0, 1, 2]), "".join(words).encode()))
        whole = {w: b"".join(data for writer, data in items if writer == w) for w in (0, 1, 2)}
        [pieces] = decoded(filled(items, head=rng.choice([8, 50, 300]), tail=rng.choice([8, 50])))
        for writer, data in whole.items():
            own = [text for w, text in pieces if w == writer]
            kept = sum(len(text.encode()) for text in own if isinstance(text, str))
            omitted = [text for text in own if isinstance(text, int)]
            assert kept + sum(omitted) == len(data), f"seed {seed}"
            assert len(omitted) <= 1, f"seed {seed}"
            at = own.index(omitted[0]) if omitted else len(own)
            head, tail = "".join(own[:at]).encode(), "".join(own[at + 1 :]).encode()
            assert data.startswith(head), f"seed {seed}"
            assert data.endswith(tail), f"seed {seed}"
