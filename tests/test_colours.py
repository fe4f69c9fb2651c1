"""The colours of the drawings can be read, and told apart."""

import itertools
import re
from pathlib import Path

import pytest

from process_gallery import drawing
from process_gallery.drawing.pictures import _MIDTONES
from process_gallery.drawing.view import SLOTS

STATIC = Path(drawing.__file__).parent / "static"


def luminance(color):
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def palettes():
    """Return the colours of the style sheet, light, dark, and dark by the system's choice."""
    css = (STATIC / "process_gallery.css").read_text(encoding="utf-8")
    blocks = re.findall(r"--pg-0:[^}]*", css)
    return [dict(re.findall(r"--pg-([0-7h]|odd): (#[0-9a-f]{6});", block)) for block in blocks]


def test_colours_can_be_read():
    light, dark, system = palettes()
    assert dark == system
    assert len(light) == len(dark) == SLOTS + 2
    for palette, backgrounds in ((light, ("#ffffff", "#f2f2f2")), (dark, ("#131416", "#2b2b2b"))):
        for color, background in itertools.product(palette.values(), backgrounds):
            assert contrast(color, background) >= 4.5, (color, background)
    assert len(_MIDTONES) == SLOTS
    for color, background in itertools.product(_MIDTONES, ("#ffffff", "#131416")):
        assert contrast(color, background) >= 3, (color, background)


def test_bars_can_be_seen_on_the_page():
    """WCAG 1.4.11: 3:1. Of what is hollow it is the edge that is seen, and ticks stand out of their bar."""
    css = (STATIC / "timeline.css").read_text(encoding="utf-8")
    opacities = {
        kind: float((re.search(r"opacity: ([\d.]+)", rule) or ["", "1"])[1])
        for kind, rule in re.findall(r"\.pg-bars \.pg-(\w+) \{([^}]*)\}", css)
    }
    assert {"ask", "pale", "full", "mute", "tick"} <= opacities.keys()
    for palette, page in zip(palettes()[:2], ("#ffffff", "#131416"), strict=True):
        for color, kind in itertools.product(
            palette.values(), ("ask", "pale", "full", "mute", "tick")
        ):
            share = opacities[kind]
            mixed = "#" + "".join(
                f"{round(int(color[i : i + 2], 16) * share + int(page[i : i + 2], 16) * (1 - share)):02x}"
                for i in (1, 3, 5)
            )
            assert contrast(mixed, page) >= 3, (kind, color, page)


# Machado, Oliveira and Fernandes 2009, for a complete lack of one kind of cone.
VISIONS = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deutan": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritan": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def oklab(color, vision):
    parts = [int(color[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    red, green, blue = (
        min(1, max(0, sum(a * b for a, b in zip(row, linear, strict=True)))) for row in vision
    )
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


@pytest.mark.parametrize("kind", VISIONS)
def test_colours_differ_for_every_kind_of_vision(kind):
    """The first five colours: an output with more processes has its lanes and names. 0.02 is a just noticeable difference."""
    for palette in palettes()[:2]:
        places = [oklab(palette[str(slot)], VISIONS[kind]) for slot in range(5)]
        for one, other in itertools.combinations(places, 2):
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 0.04


def test_a_heat_map_can_be_read():
    css = (STATIC / "heat.css").read_text(encoding="utf-8")
    blocks = re.findall(r"--pg-none: [^}]*", css)
    light, dark, system = [dict(re.findall(r"--pg-([\w-]+): (#[0-9a-f]+);", one)) for one in blocks]
    assert dark == system
    for colors in (light, dark):
        assert contrast(colors["none-ink"], colors["none"]) >= 4.5
        assert contrast(colors["some-ink"], colors["some"]) >= 4.5
        assert contrast(colors["bar"], colors["some"]) >= 3
        assert contrast("#ffffff", colors["all"]) >= 4.5
        assert contrast("#ffffff", colors["all-line"]) >= 4.5
        assert contrast(colors["all"], colors["none"]) >= 3
