"""Pictures that stand alone: a run's thumbnail, and figures for light and for dark pages."""

from __future__ import annotations

import re
from html import escape
from xml.parsers import expat

from process_gallery.model import Record

from .timeline import rows_of
from .view import View

_MIDTONES = ("#7b828c", "#2f7fc1", "#d2601a", "#12916c", "#b8669f", "#b07d00", "#2f93b8", "#828c14")
"""The colours of the processes where a picture cannot know whether the page is light or dark: 3:1
on both.
"""
_QUIET = "#7b828c"


def thumbnail_svg(record: Record) -> str:
    """Return the timeline as a small picture of its own."""
    view = View(record)
    rows = rows_of(
        view, [process for process in record.processes if not view.is_helper(process)], 9
    )
    left, right, top, bottom = 24.0, 376.0, 30.0, 250.0
    step = min((bottom - top) / len(rows), 44.0)
    thick = min(step * 0.5, 18.0)
    middle = (top + bottom) / 2 - step * (len(rows) - 1) / 2

    def x(moment: float) -> float:
        return left + view.x(moment) / 1000 * (right - left)

    parts = []
    for number, row in enumerate(rows):
        y = middle + number * step
        color = _MIDTONES[view.slots[row.processes[0].id]] if len(row.processes) == 1 else _QUIET
        asked, start, end = x(row.asked), x(row.start), max(x(row.end), x(row.start) + 3)
        first = start if row.first is None else min(max(x(row.first), start), end)
        width = thick * 0.4 if row.first is None else thick  # of one that prints nothing
        asker = row.processes[0].asked_by
        if asker is not None and number:
            up = next(
                (place for place, other in enumerate(rows) if other.processes[0].id == asker), 0
            )
            parts.append(
                f'<path d="M{asked:.1f} {middle + up * step + thick / 2:.1f}V{y:.1f}" stroke="{_QUIET}" stroke-width="1.5"/>'
            )
        if start > asked:
            parts.append(
                f'<path d="M{asked:.1f} {y:.1f}H{start:.1f}" stroke="{color}" stroke-width="3" stroke-dasharray="3 3"/>'
            )
        if first > start:
            parts.append(
                f'<path d="M{start:.1f} {y:.1f}H{first:.1f}" stroke="{color}" stroke-width="{thick:.1f}" opacity=".5"/>'
            )
        if end > first:
            parts.append(
                f'<path d="M{first:.1f} {y:.1f}H{end:.1f}" stroke="{color}" stroke-width="{width:.1f}"/>'
            )
        ticks = dict.fromkeys(round(x(t)) for t in row.ticks)
        if ticks:
            high = thick * 0.85
            marks = "".join(f"M{at} {y - high:.1f}V{y + high:.1f}" for at in ticks)
            parts.append(f'<path d="{marks}" stroke="{color}" stroke-width="3"/>')
        if len(row.processes) == 1 and view.is_odd(row.processes[0]):
            arm = thick * 0.5
            parts.append(
                f'<path d="M{end - arm:.1f} {y - arm:.1f}l{2 * arm:.1f} {2 * arm:.1f}m0 {-2 * arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"'
                f' stroke="{color}" stroke-width="4"/>'
            )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 280" width="400" height="280" fill="none">{"".join(parts)}</svg>\n'


_PAINT = re.compile(
    r'(?P<key>\b(?:fill|stroke|color|stop-color)\s*(?:=\s*"|:)\s*)'
    r"(?P<value>#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b|black\b|white\b)"
)
_DARK_INK, _DARK_PAPER = (0xCF, 0xD0, 0xD0), (0x13, 0x14, 0x16)


_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "a",
        "defs",
        "symbol",
        "use",
        "title",
        "desc",
        "style",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "image",
        "clipPath",
        "mask",
        "marker",
        "pattern",
        "linearGradient",
        "radialGradient",
        "stop",
    ]
)
"""What a figure is drawn with; all else is left out, with what is in it: scripts, animations (they
change attributes), foreign documents, and metadata, which nobody sees.
"""
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*")
_ELSEWHERE = re.compile(
    r"url\(\s*[\"']?(?!\s*[\"']?#)|@import|image-set|\\|javascript:", re.IGNORECASE
)
"""In a value or a style sheet: an address outside the figure, or a way to write one unseen."""
_UNREADABLE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 40" width="400" height="40">'
    '<text x="8" y="25" font-size="14">This figure is not well-formed SVG.</text></svg>\n'
)


def harmless(svg: str) -> str:
    """Return a figure without what could run or load anything when it is opened by its own address.

    Kept are the elements that draw, references within the figure, and pictures that are in it. A
    text that is not well-formed, or declares entities, becomes a picture that says so.
    """
    parts = ['<?xml version="1.0" encoding="utf-8"?>\n']
    names: list[str] = []
    """The open elements; an empty name is left out, with all in it."""
    styles: list[str] = []
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    parser.buffer_text = True

    def start(name: str, attributes: list[str]) -> None:
        local = name.rpartition(":")[2]
        if not parts[1:] and local != "svg":
            raise ValueError("the root is no figure")
        if local not in _ELEMENTS or (names and not names[-1]):
            names.append("")
            return
        name = "g" if local == "a" else name  # a link's text, without the link
        names.append(name)
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        kept = "".join(
            f' {key}="{escape(value)}"' for key, value in pairs if _is_harmless(key, value)
        )
        parts.append(f"<{name}{kept}>")

    def end(name: str) -> None:
        del name
        name = names.pop()
        if name.rpartition(":")[2] == "style":
            sheet = "".join(styles)
            styles.clear()
            if sheet and not _ELSEWHERE.search(sheet):
                parts.append(escape(sheet, quote=False))
        if name and parts[-1].startswith(f"<{name}") and parts[-1].endswith(">"):
            parts[-1] = f"{parts[-1][:-1]}/>"  # nothing has followed its start
        elif name:
            parts.append(f"</{name}>")

    def text(data: str) -> None:
        if names[-1].rpartition(":")[2] == "style":
            styles.append(data)
        elif names[-1]:
            parts.append(escape(data, quote=False))

    def entity(*_: object) -> None:
        raise ValueError("an entity is declared")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.EntityDeclHandler = text, entity
    try:
        parser.Parse(svg.encode("utf-8", "replace"), True)
    except (expat.ExpatError, ValueError):
        return _UNREADABLE
    return "".join(parts) + "\n"


def _is_harmless(key: str, value: str) -> bool:
    local = key.rpartition(":")[2].lower()
    if key == "xmlns" or key.startswith("xmlns:"):
        return True
    if local.startswith("on") or local in ("src", "base"):
        return False
    if local == "href":
        return value.startswith("#") or _PICTURE.fullmatch(value) is not None
    return not _ELSEWHERE.search(value)


def figure_variants(svg: str) -> tuple[str, str]:
    """Return a plot for light pages and one for dark pages.

    Parameters
    ----------
    svg
        As matplotlib saves it with a transparent background. Greys change places for the dark
        variant: what is black there becomes light, what is white becomes dark; colours stay.
        Whatever could run, or load something, is left out, see :func:`harmless`.

    """
    svg = harmless(svg)

    def dark(match: re.Match[str]) -> str:
        value = {"black": "#000000", "white": "#ffffff"}.get(match["value"], match["value"])[1:]
        if len(value) == 3:
            value = "".join(digit * 2 for digit in value)
        red, green, blue = (int(value[index : index + 2], 16) for index in (0, 2, 4))
        if max(red, green, blue) - min(red, green, blue) > 12:
            return match[0]
        share = green / 255
        mixed = (
            round(ink + (paper - ink) * share)
            for ink, paper in zip(_DARK_INK, _DARK_PAPER, strict=True)
        )
        return match["key"] + "#" + "".join(f"{part:02x}" for part in mixed)

    # In tags only: a label of the plot may well say "fill: black". Text and shapes without a colour
    # inherit the root's.
    result = re.sub(
        r"<[^<>]*>|(?<=<style type=\"text/css\">)[^<]*", lambda tag: _PAINT.sub(dark, tag[0]), svg
    )
    ink = "#" + "".join(f"{part:02x}" for part in _DARK_INK)
    result = re.sub(r"<svg\b(?![^>]*\sfill=)", f'<svg fill="{ink}"', result, count=1)
    return svg, result
