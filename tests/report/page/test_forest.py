from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.forest import draw_forest, draw_parts, scale_key, shared_ranges, unit_in_words
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def evidence(store):
    return write_hypothesis(store, effect=0.05)


def draw(evidence, limits=(-0.1, 0.1)):
    with drawing():
        figure = draw_forest(evidence, limits, id="f")
    return None if figure is None else ElementTree.fromstring(figure)


def test_hypotheses_of_a_metric_share_a_scale_that_holds_all_of_them(store, evidence):
    other = write_hypothesis(store, "another", effect=-0.5, by=0.2)
    ranges = shared_ranges([evidence, other])

    assert scale_key(evidence) == scale_key(other) == ("accuracy", "accuracy", False)
    [(low, high)] = ranges.values()
    values = [value for each in (evidence, other) for row in each.differences for value in row]
    assert low <= min(values)
    assert high >= max(0.2, *values)


def test_claims_about_a_bar_have_a_scale_of_their_own(store, evidence):
    bar = evidence.updated(claim=evidence.claim.updated(kind="reaches", threshold=0.9))
    assert len(shared_ranges([evidence, bar])) == 2


def test_an_interval_that_is_far_too_long_does_not_squeeze_the_others(evidence):
    estimate = evidence.estimate.updated(interval_95=(-1e6, 1e6))
    [(low, high)] = shared_ranges([evidence.updated(estimate=estimate)]).values()
    assert high - low < 1

    description = draw(evidence.updated(estimate=estimate), (low, high)).findtext("desc")
    assert "The interval is longer than the scale, and is cut." in description


def test_the_figure_says_what_it_shows(evidence):
    figure = draw(evidence)
    low, high = evidence.estimate.interval_95
    description = figure.findtext("desc")
    assert f"its 95% interval reaches from {low:+.4f} to {high:+.4f}." in description
    assert "The shaded band lies within the margin of 0.01." in description
    assert "10 cells, a row of points for each repeat" in description
    texts = [each.text for each in figure.iter("text")]
    assert texts[-1] == "difference between the arms, in accuracy; more is better"
    assert "← control arm better" in texts


def test_every_cell_is_a_point(evidence):
    points = [
        each for each in draw(evidence).iter("use") if each.get("fill-opacity") == "0" or each.get("fill") == "none"
    ]
    assert len(points) == 10


def test_a_claim_about_a_bar_says_so(evidence):
    claim = evidence.claim.updated(kind="reaches", metric="psnr", unit="dB")
    texts = [each.text for each in draw(evidence.updated(claim=claim)).iter("text")]
    assert "better than the bar →" in texts
    assert texts[-1] == "distance from the bar, psnr in dB; more is better"


def test_a_run_without_numbers_has_no_figure(evidence):
    assert draw(evidence.updated(estimate=None, differences=[])) is None
    assert draw(evidence.updated(estimate=None, differences=[[None] * 5])) is None


def test_a_metric_that_is_its_unit_is_named_once(evidence):
    assert unit_in_words(evidence) == "in accuracy"


def test_parts_are_drawn_beside_all_rows(evidence):
    part = {"part": "all rows", "rows": 40, "effect": 0.1, "interval_95": (0.0, 0.2), "better": 10, "worse": 2}
    parts = [part, *(part | {"part": f"class {n}", "effect": 0.1 + n / 50} for n in range(20))]
    with drawing():
        assert draw_parts(evidence, id="f") is None
        figure = ElementTree.fromstring(draw_parts(evidence.updated(parts=parts), id="f"))
    texts = [each.text for each in figure.iter("text")]
    assert texts[texts.index("all rows") :][1:15] == [f"class {n}" for n in range(6, 20)]
    assert "class 19: +0.4800." in figure.findtext("desc")
