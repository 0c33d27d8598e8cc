from __future__ import annotations

from xml.etree import ElementTree

from negres_core.report.page.canvas import drawing
from negres_core.report.page.timeline import Span, describe, draw_timeline, lanes_of, spans_of
from tests.report.page.suites import STARTED, new_replicate

PARTS = (0.5, 4.0, 0.25)


def test_a_replicate_began_as_long_before_its_record_as_its_parts_took():
    [span] = spans_of([("treatment", new_replicate("a", 0, 0, 0.5))], started_at=STARTED)
    assert span == Span(10 - 4.75, 10.0, PARTS, "treatment")


def test_replicates_from_the_store_are_older_than_the_run():
    assert spans_of([(None, new_replicate("a", 0, 0, 0.5))], started_at="2025-01-01T00:00:11+00:00") == []


def test_unknown_costs_take_no_time():
    replicate = new_replicate("a", 0, 0, 0.5)
    replicate = replicate.updated(cost={"train_s": float("nan")})
    [span] = spans_of([("control", replicate)], started_at=STARTED)
    assert span.parts == (0.0, 0.0, 0.0)


def test_replicates_of_one_time_lie_above_each_other():
    def span(start, end):
        return Span(start, end, (0.0, end - start, 0.0), None)

    spans = [span(0, 10), span(2, 8), span(10, 20), span(11, 12)]
    assert lanes_of(spans) == [[spans[0], spans[3]], [spans[1], spans[2]]]


def test_a_run_is_drawn_by_part_and_arm():
    lanes = lanes_of([Span(5.25, 10.0, PARTS, "treatment"), Span(10.25, 15.0, PARTS, "control")])
    with drawing():
        figure = ElementTree.fromstring(draw_timeline(lanes, wall_s=20.0, id="f"))
    texts = [each.text for each in figure.iter("text")]
    assert {"compile", "train, treatment", "train, control", "evaluate"} <= set(texts)
    assert "shared stages and small runs" not in texts
    assert "2 replicates trained in this run, up to 1 at a time" in figure.findtext("desc")
    assert "compile 1.0 s, train 8.0 s, evaluate 0.5 s" in figure.findtext("desc")


def test_a_run_that_trained_nothing_says_so():
    with drawing():
        assert draw_timeline([], wall_s=1.0, id="f") is None
    assert describe([]).startswith("Nothing was trained in this run")
