from __future__ import annotations

from xml.etree import ElementTree

import matplotlib
import pytest

from negres_core.report.page.canvas import PRINTED_SHARE, Canvas, drawing, with_glyphs
from negres_core.report.page.scale import Scale


@pytest.fixture(autouse=True)
def _drawing():
    with drawing():
        yield


def finish(canvas):
    return ElementTree.fromstring(canvas.finish(id="f", title="A title", description="A text"))


def test_pixels_are_counted_from_the_upper_left_corner():
    canvas = Canvas(100)
    canvas.line([0, 640], [10, 90], "#1d2228")
    canvas.box((5, 15), (20, 40), "#c3cad1")
    line, box = finish(canvas).iter("path")
    assert line.get("d").split() == ["M", "0", "10", "L", "640", "90"]
    assert box.get("d").split() == ["M", "5", "20", "L", "15", "20", "L", "15", "40", "L", "5", "40", "z"]


def test_many_marks_are_one_element():
    canvas = Canvas(100)
    canvas.lines([((0, 0), (1, 1)), ((2, 2), (3, 3))], "#1d2228", width=1)
    canvas.boxes([((0, 1), (0, 1)), ((2, 3), (2, 3))], "#c3cad1", opacity=0.5)
    canvas.boxes([], "#c3cad1")
    assert len(list(finish(canvas).iter("path"))) == 2


def test_text_is_text_and_shown_as_such():
    canvas = Canvas(100)
    canvas.text(5, 5, "$a$ <b> \x1b[31m \u202e \ud800")
    canvas.text(5, 25, "x" * 500, align="right")
    first, second = finish(canvas).iter("text")
    assert first.text == r"$a$ <b> \x1b[31m \u202e \ud800"
    assert second.text == f"{'x' * 36}... (464 more)"
    assert second.get("text-anchor") == "end"


def test_an_axis_has_its_ticks_as_text():
    canvas = Canvas(100)
    canvas.axis(Scale(0, 1, 10, 600), 60, sign=True, above=5)
    canvas.side_axis(Scale(1, 5, 90, 10), 50, to=600)
    texts = [each.text for each in finish(canvas).iter("text")]
    assert texts == ["0", "+0.2", "+0.4", "+0.6", "+0.8", "+1.0", "1", "2", "3", "4", "5"]


def test_drawing_leaves_the_settings_as_they_were(monkeypatch):
    monkeypatch.setitem(matplotlib.rcParams, "svg.hashsalt", "mine")
    monkeypatch.setitem(matplotlib.rcParams, "lines.linewidth", 9.0)
    with drawing():
        assert matplotlib.rcParams["svg.hashsalt"] == "negres"
        assert matplotlib.rcParams["lines.linewidth"] != 9.0
    assert matplotlib.rcParams["svg.hashsalt"] == "mine"
    assert matplotlib.rcParams["lines.linewidth"] == 9.0


def test_the_same_figure_is_the_same_text():
    def draw():
        canvas = Canvas(50)
        canvas.marks([1, 2], [3, 4], "#1d2228")
        return canvas.finish(id="f", title="A title", description="A text")

    assert draw() == draw()


def test_a_printed_figure_has_its_texts_where_the_page_has_them():
    class Pages:
        def savefig(self, figure):
            self.figure = figure

    canvas, pages = Canvas(100, 500), Pages()
    canvas.text(250, 40, "half $way$ \x1b", "#1d2228", size=10, align="right", bold=True)
    canvas.print_on(pages)
    [text] = pages.figure.texts
    assert text.get_text() == "half $way$ \\x1b"
    assert not text.get_parse_math()
    assert text.get_position() == pytest.approx((0.5, 1 - 43.6 / 100))
    assert (text.get_horizontalalignment(), text.get_fontweight(), text.get_fontsize()) == (
        "right",
        600,
        pytest.approx(10 * PRINTED_SHARE),
    )


def test_characters_without_a_glyph_are_printed_by_their_codes():
    assert with_glyphs("plain") == "plain"
    assert with_glyphs("\u00e9 \u2265 \u4e2d \U0001f9ea") == "\u00e9 \u2265 \\u4e2d \\U0001f9ea"
