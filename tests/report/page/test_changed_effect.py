from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.change import Change, EffectChange
from negres_core.report.page.canvas import drawing
from negres_core.report.page.changed_effect import draw_change, limits_of
from negres_core.report.page.forest import shared_ranges
from tests.report.page.suites import write_hypothesis

PAIRED = EffectChange(change=-0.02, interval_95=(-0.04, 0.01), paired=True)


@pytest.fixture
def draw(store):
    """Draw the change of a hypothesis with itself; return the texts of the figure and its description."""
    evidence = write_hypothesis(store)

    def make(effect=PAIRED, limits=(-0.1, 0.1), **after):
        change = Change(before=evidence, after=evidence.updated(**after), effect=effect)
        with drawing():
            figure = draw_change(change, limits, id="f")
        if figure is None:
            return None
        root = ElementTree.fromstring(figure)
        return [each.text for each in root.iter("text")], root.findtext("desc")

    return make


def test_both_runs_and_the_change_have_a_lane(draw):
    texts, description = draw()
    assert [each for each in texts if each in ("before", "after", "change")] == ["before", "after", "change"]
    assert texts[-1] == "effect and its change, in accuracy; more is better"
    assert description.startswith("Before: +0.0")
    assert description.endswith("Change: -0.0200, 95% interval [-0.0400, +0.0100].")


def test_what_did_not_change_and_what_cannot_be_compared(draw):
    texts, description = draw(EffectChange(change=0.0, interval_95=None, paired=True))
    assert "none in any cell" in texts
    assert description.endswith("No cell changed.")
    texts, _ = draw(None)
    assert "change" not in texts


def test_a_run_without_an_estimate_says_so_and_two_have_no_figure(draw, on_data):
    texts, description = draw(None, estimate=None)
    assert "no estimate" in texts
    assert description.endswith("After: no estimate.")
    nothing = on_data("a", 0.01, estimate=None)
    assert draw_change(Change(before=nothing, after=nothing), (-1, 1), id="f") is None


def test_runs_on_other_scales_have_no_common_figure(draw, store):
    claim = write_hypothesis(store).claim
    assert draw(None, claim=claim.updated(metric="macro_f1", unit="macro F1")) is None


def test_an_interval_that_leaves_the_scale_ends_in_an_arrow(draw, store):
    evidence = write_hypothesis(store)

    def marks(interval):
        effect = EffectChange(change=-0.02, interval_95=interval, paired=False)
        with drawing():
            figure = draw_change(Change(before=evidence, after=evidence, effect=effect), (-0.2, 0.2), id="f")
        return figure.count("<use")

    assert marks((-9.0, 0.1)) == marks((-0.1, 0.1)) + 1
    assert marks((-9.0, 9.0)) == marks((-0.1, 0.1)) + 2


def test_the_scale_holds_every_change_and_cuts_only_long_intervals(on_data):
    before, after = on_data("a", 0.18), on_data("a", 0.03)
    short = {"interval_95": (0.1, 0.2), "interval_90": (0.1, 0.2)}
    before, after = (each.updated(estimate=each.estimate.updated(**short)) for each in (before, after))
    far = Change(before=before, after=after, effect=EffectChange(change=-0.15, interval_95=(-0.25, 8.0), paired=True))
    [(low, high)] = limits_of([far], [before, after]).values()
    assert low == -0.25
    assert 0.2 < high < 1
    none = Change(before=before, after=after, effect=EffectChange(change=0.0, interval_95=None, paired=True))
    assert limits_of([none, Change(before=before, after=after)], [before, after]) == shared_ranges([before, after])
