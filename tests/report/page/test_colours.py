from __future__ import annotations

import re
from importlib import resources

import pytest

from negres_core.pictures.labels import ARM_COLOURS
from negres_core.report.page import colours

STYLE = resources.files("negres_core.report.page").joinpath("templates/style.css").read_text(encoding="utf-8")
ALL = [*(getattr(colours, name) for name in ("INK", "MUTED", "LINE", "SHADE")), *colours.ARMS.values()]
ALL += colours.VERDICTS.values()


def luminance(colour):
    """Return the relative luminance of a colour as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", ALL)
def test_the_dark_page_has_another_colour_for_each(colour):
    assert f'[fill="{colour}"]' in STYLE
    assert f'[stroke="{colour}"]' in STYLE or colour == colours.SHADE


def test_arms_have_the_colours_that_they_have_in_pictures():
    assert {role: colour.lower() for role, colour in ARM_COLOURS.items()} == colours.ARMS


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_has_enough_contrast(theme):
    """WCAG 2 asks for 4.5 to 1."""
    values = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)[theme]
    known = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", values))
    texts = ("ink", "muted", "link", "supported", "refuted", "inconclusive", "invalid", "alarm", "control-text")
    for name in texts:
        assert contrast(known[name], known["paper"]) >= 4.5, name


def test_every_verdict_has_a_colour_and_a_mark():
    assert set(colours.VERDICTS) == set(colours.MARKS) == {"supported", "refuted", "inconclusive", "invalid"}
    assert len(set(colours.MARKS.values())) == 4
