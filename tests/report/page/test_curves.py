from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.curves import MOST_POINTS, draw_curves


def draw(curves):
    with drawing():
        figure = draw_curves(curves, what="training loss", id="f")
    return None if figure is None else ElementTree.fromstring(figure)


def test_each_arm_has_its_median_in_its_colour():
    figure = draw({"treatment": [[4, 2, 1], [4, 3, 2], [4, 9, 3]], "control": [[3, 3, 3]]})
    assert figure.findtext("title") == "Training loss by epoch"
    assert "Treatment arm: the median of 3 replicates goes from 4 to 2 in 3 epochs." in figure.findtext("desc")
    assert "Control arm: the median of 1 replicate goes from 3 to 3 in 3 epochs." in figure.findtext("desc")
    dashed = {each.get("stroke"): "stroke-dasharray" in each.attrib for each in figure.iter("path")}
    assert (dashed["#0072b2"], dashed["#d55e00"]) == (False, True)


def test_the_figure_says_what_it_shows_to_those_who_see_it():
    """A title of an SVG is read by screen readers alone."""
    assert "Training loss by epoch" in [each.text for each in draw({"treatment": [[4, 2, 1]]}).iter("text")]


@pytest.mark.parametrize("curves", [{}, {"treatment": [[1.0], [2.0]]}, {"treatment": [[None, None]]}, {"control": []}])
def test_there_is_no_figure_of_nothing(curves):
    assert draw(curves) is None


def test_a_curve_that_ends_early_or_turned_nan_is_drawn_as_far_as_it_goes():
    figure = draw({"treatment": [[4.0, None, None], [4.0, 3.0], [5.0, 4.0, 3.0]]})
    assert "goes from 4 to 3 in 3 epochs" in figure.findtext("desc")


def test_values_of_different_sizes_have_a_logarithmic_scale():
    texts = [each.text for each in draw({"treatment": [[100.0, 1.0, 0.1]]}).iter("text")]
    assert "logarithmic scale" in texts
    texts = [each.text for each in draw({"treatment": [[100.0, 1.0, -0.1]]}).iter("text")]
    assert "logarithmic scale" not in texts


def test_a_long_curve_has_a_bounded_number_of_points_with_both_ends():
    figure = draw({"treatment": [[float(epoch) for epoch in range(1000, 11_000)]]})
    [line] = [each for each in figure.iter("path") if each.get("stroke") == "#0072b2" and each.get("d").count("L") > 1]
    assert line.get("d").count("L") == MOST_POINTS - 1
    assert "goes from 1000 to 1.1e+04" in figure.findtext("desc")
