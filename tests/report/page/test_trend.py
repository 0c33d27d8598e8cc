from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.colours import SHADE
from negres_core.report.page.trend import MOST_LABELS, draw_trend


@pytest.fixture
def run(on_data):
    """Evidence of one hypothesis on a day of 2025."""

    def make(day, effect=0.01, **fields):
        timings = {"started_at": f"2025-{day // 28 + 1:02d}-{day % 28 + 1:02d}T10:00:00+00:00"}
        return on_data("a", effect, timings=timings, **fields)

    return make


def draw(runs):
    with drawing():
        figure = draw_trend(runs, id="f")
    root = ElementTree.fromstring(figure)
    return figure, [each.text for each in root.iter("text")], root.findtext("desc")


def test_every_run_has_a_column_and_flips_are_named(run):
    runs = [run(0, verdict="supported"), run(1, verdict="supported"), run(2, -0.02), run(3, -0.03)]
    _, texts, description = draw(runs)
    assert texts.count("flip") == 1
    assert [each for each in texts if each.startswith("2025")] == [f"2025-01-0{n}" for n in (1, 2, 3, 4)]
    assert description == (
        "4 runs from 2025-01-01 to 2025-01-04. The verdict flipped on 2025-01-03 from supported to refuted. "
        "The latest effect is -0.0300 [-1.0000, +1.0000]."
    )


def test_a_flip_is_seen_across_an_interrupted_run(run):
    begun = run(1, status="started", verdict=None, finding=None, estimate=None)
    _, texts, description = draw([run(0, verdict="supported"), begun, run(2)])
    assert texts.count("flip") == 1
    assert "on 2025-01-03 from supported to refuted" in description


def test_runs_on_another_metric_have_only_a_verdict(run):
    other = run(0, claim={"metric": "macro_f1", "unit": "macro F1"})
    figure, _, description = draw([other, run(1), run(2)])
    assert description.endswith("The effects of 1 run on another metric are not drawn.")
    assert figure.count("<use") == draw([run(0), run(1), run(2)])[0].count("<use") - 1


def test_many_runs_are_drawn_with_few_dates(run):
    _, texts, description = draw([run(day) for day in range(150)])
    dates = [each for each in texts if each.startswith("2025")]
    assert len(dates) == MOST_LABELS
    assert (dates[0], dates[-1]) == ("2025-01-01", "2025-06-10")
    assert description.startswith("150 runs from 2025-01-01 to 2025-06-10. No verdict flipped.")


def test_runs_without_any_estimate_are_drawn(run):
    begun = run(0, status="started", verdict=None, finding=None, estimate=None)
    _, texts, description = draw([begun])
    assert "verdict" in texts
    assert description == "1 run from 2025-01-01 to 2025-01-01. No verdict flipped."


def test_the_bar_of_a_claim_is_no_margin(run):
    claim = {"threshold": 0.9}
    margin, bar = (draw([run(0, 0.01, claim=claim | {"kind": kind})])[0] for kind in ("beats", "reaches"))
    assert SHADE in margin
    assert SHADE not in bar


def test_labels_of_many_flips_do_not_overlap(run):
    runs = [run(day, verdict=("supported", "refuted")[day % 2]) for day in range(150)]
    _, texts, description = draw(runs)
    assert 10 < texts.count("flip") < 30
    assert "The verdict flipped 149 times, the last 10 of them on 2025-06-01 from refuted to supported; " in description
    assert description.count(" from supported to refuted") == 5
