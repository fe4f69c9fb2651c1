"""What an example says of itself in its docstring: its title, and its claim, the first sentence."""

import ast
import functools
import io
import re
import tokenize


def title_and_claim(text):
    """Return the title of a docstring or header, and the first sentence of its text."""
    title, *blocks = [
        block for block in re.split(r"\n\s*\n", text.strip()) if not block.startswith(".. _")
    ]
    sentence = (
        re.match(r".+?[.?!](?=\s+[A-Z`*:]|\s*$)", " ".join(blocks[0].split())) if blocks else None
    )
    return next(line for line in title.split("\n") if re.search(r"\w", line)).strip(), sentence[
        0
    ] if sentence else ""


def title_of(script):
    return _of_script(script.text, script.path.stem)[0]


def claim_of(script):
    return _of_script(script.text, script.path.stem)[1]


@functools.cache  # a script is in several lists
def _of_script(text, name):
    return title_and_claim(_docstring(text) or name)


def _docstring(text):
    """Return the docstring of a script. Its first statement is looked at only: to parse all of every
    script takes half a second.
    """
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING:
            return ast.get_docstring(ast.parse(token.string))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            return None
    return None
