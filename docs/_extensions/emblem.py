"""The picture that previews show of this site's pages: the heat map of fork deadlocks, drawn from its
table as the page has it.

Most of those who show previews take bitmaps only. Pillow draws it, with the letters that it brings
along: the build needs no font and no browser.
"""

import io
import re
from pathlib import Path

from docutils import nodes
from PIL import Image, ImageDraw, ImageFont

PAGE = "reference/fork_deadlocks_by_version"
NAME = "_static/fork-deadlocks.png"
SIZE = 1200, 630  # what https://ogp.me leaves open, and all who show previews take
ALT = "Which forked children hang, by version of Python: red where all do, pale where none does."
_SCALE = 2  # drawn larger, for smooth edges
_PAPER, _INK, _DULL, _BRAND = "#131719", "#f4f7f8", "#a9b6ba", "#5cc3d8"
_NONE, _NONE_INK, _SOME, _SOME_INK, _BAR = "#22343a", "#9fdbe8", "#4a3115", "#ffd9ad", "#f08a34"
_ALL, _ALL_LINE = "#d2352a", "#b92b21"


def has_emblem(env):
    """Return whether the site has the page whose table is drawn."""
    return PAGE in env.found_docs


def heat_of(doctree):
    """Return what a page's heat map says of CPython: versions, and rows of a name and cells. A cell is a
    text and how much of it is filled, in tenths; None where there is no count.
    """
    table = next(node for node in doctree.findall(nodes.table) if "pg-heat" in node["classes"])
    head, *body = table.findall(nodes.row)
    versions = [entry.next_node(nodes.paragraph).astext() for entry in head.children[1:]]
    drawn = [at for at, version in enumerate(versions) if re.fullmatch(r"\d+\.\d+", version)]
    rows = []
    for row in body:
        name = (
            row.children[0].astext().removesuffix(" of 10")
        )  # as the picture's second line has it
        rows.append((name, [_cell(row.children[1 + at]) for at in drawn]))
    return [versions[at] for at in drawn], rows


def _cell(entry):
    link = entry.next_node(nodes.reference)
    if link is None:
        return entry.astext(), None
    filled = next(name for name in link["classes"] if name.startswith("pg-heat-"))
    return link.next_node(nodes.Text).astext(), int(filled.removeprefix("pg-heat-"))


def picture(title, site, versions, rows):
    """Return the bytes of the picture, a PNG."""
    image = Image.new("RGB", [_SCALE * side for side in SIZE], _PAPER)
    draw = _Pen(image)
    width, height = SIZE
    draw.text((60, 76), title, 54, _INK, "ls", bold=True)
    draw.text((60, 116), "Of ten children, how many? By version of Python.", 25, _DULL, "ls")
    draw.text((width - 60, 70), site, 22, _BRAND, "rs")
    left, top = 400, 164
    column = (width - 60 - left) / len(versions)
    line = (height - 32 - top) / len(rows)
    for number, version in enumerate(versions):
        draw.text((left + column * (number + 0.5), top - 9), version, 20, _INK, "ms", bold=True)
    for place, (name, cells) in enumerate(rows):
        y = top + line * place
        draw.text((left - 14, y + line / 2 - 1), name, 19, _INK, "rm")
        for number, (text, filled) in enumerate(cells):
            x = left + column * number
            draw.cell((x + 1.5, y + 1.5, x + column - 1.5, y + line - 1.5), text, filled)
    result = io.BytesIO()
    image.resize(SIZE, Image.Resampling.LANCZOS).quantize(128).save(result, "PNG", optimize=True)
    return result.getvalue()


class _Pen:
    """Draws in the picture's own units. Where Pillow was built without FreeType, there are no words."""

    def __init__(self, image):
        self.image, self.draw = image, ImageDraw.Draw(image)

    def text(self, place, text, size, color, anchor, bold=False):
        font = ImageFont.load_default(size * _SCALE)
        if not isinstance(font, ImageFont.FreeTypeFont):
            return
        place = [_SCALE * one for one in place]
        stroke = size * _SCALE // 50 if bold else 0
        self.draw.text(place, text, color, font, anchor, stroke_width=stroke, stroke_fill=color)

    def cell(self, box, text, filled):
        box = [round(_SCALE * one) for one in box]
        middle = (box[0] + box[2]) / 2 / _SCALE, (box[1] + box[3]) / 2 / _SCALE - 0.5
        if filled is None:
            self.text(middle, "-", 18, _DULL, "mm")
            return
        width, height = box[2] - box[0], box[3] - box[1]
        tile = Image.new("RGB", (width, height), {0: _NONE, 10: _ALL}.get(filled, _SOME))
        inside = ImageDraw.Draw(tile)
        if filled == 10:
            for x in range(0, width + height, 16):
                inside.line([(x, 0), (x - height, height)], _ALL_LINE, 6)
        elif filled:
            inside.rectangle([0, height - 9, width * filled // 10, height], _BAR)
        mask = Image.new("L", (width, height), 0)
        ImageDraw.Draw(mask).rounded_rectangle([0, 0, width - 1, height - 1], 6, 255)
        self.image.paste(tile, box[:2], mask)
        ink = {0: _NONE_INK, 10: "#fff"}.get(filled, _SOME_INK)
        self.text(middle, text, 19, ink, "mm", bold=bool(filled))


def write(app, exception):
    """Put the picture beside the pages; one that is the same is not written again."""
    if exception or app.builder.name != "html" or not has_emblem(app.env):
        return
    versions, rows = heat_of(app.env.get_doctree(PAGE))
    drawn = picture("Which forked children hang?", app.config.project, versions, rows)
    path = Path(app.outdir, NAME)
    if not path.exists() or path.read_bytes() != drawn:
        path.write_bytes(drawn)


def setup(app):
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
