from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import Canvas, drawing
from negres_core.report.page.svg import inline


@pytest.fixture
def figure():
    with drawing():
        canvas = Canvas(60)
        canvas.text(10, 10, "5 < 6 & a 'b'", bold=True)
        canvas.marks([10, 20], [30, 30], "#0072b2")
        canvas.marks([15], [40], "#d55e00", open=True)
        canvas.line([0, 40], [50, 50], "#1d2228", dashed=True)
        return canvas.finish(id="f", title="<Title>", description="What it\x1b shows")


def test_it_is_one_element_that_is_named_and_described(figure):
    root = ElementTree.fromstring(figure)
    assert root.tag == "svg"
    assert root.get("viewBox") == "0 0 640 60"
    assert root.get("aria-labelledby") == "f-title f-text"
    assert [(each.tag, each.get("id"), each.text) for each in root[:2]] == [
        ("title", "f-title", "<Title>"),
        ("desc", "f-text", r"What it\x1b shows"),
    ]


def test_nothing_needs_a_style_that_a_strict_policy_refuses(figure):
    root = ElementTree.fromstring(figure)
    assert not list(root.iter("style"))
    assert not list(root.iter("metadata"))
    assert not [each for each in root.iter() if "style" in each.attrib]
    [text] = root.iter("text")
    assert (text.text, text.get("font-size"), text.get("font-weight")) == ("5 < 6 & a 'b'", "12", "600")
    dashed = [each for each in root.iter("path") if "stroke-dasharray" in each.attrib]
    assert [each.get("stroke") for each in dashed] == ["#1d2228"]


def test_ids_belong_to_the_figure_and_every_reference_has_its_target(figure):
    root = ElementTree.fromstring(figure)
    ids = [each.get("id") for each in root.iter() if "id" in each.attrib]
    assert all(id.startswith("f-") for id in ids)
    uses = [each.get("href") for each in root.iter("use")]
    assert len(uses) == 3
    assert {f"#{id}" for id in ids} - {"#f-title", "#f-text"} == set(uses)


def test_a_marker_takes_its_colours_from_where_it_is_used(figure):
    root = ElementTree.fromstring(figure)
    assert [each.attrib.keys() & {"fill", "stroke"} for defs in root.iter("defs") for each in defs] == [set(), set()]
    assert [each.get("fill") for each in root.iter("use")][:2] == ["#0072b2"] * 2


def test_coordinates_have_two_decimals():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 2"><path d="M 0.123456 -1.000001 L 20 1e-05"/></svg>'
    assert 'd="M 0.12 -1 L 20 1e-05"' in inline(svg, id="a", title="A title", description="A text")
