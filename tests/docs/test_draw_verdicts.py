"""The drawings of docs/verdicts.md: each row of the rules has one, and its interval is where the rule says."""

import pytest

from docs.draw_verdicts import DRAWINGS, FOLDER, MARGIN, REACH, draw

RULES = {
    "beats": ["worse", "equivalent", f"not better by {MARGIN:g}", "meaningfully better"],
    "matches": ["equivalent", "better", "worse"],
    "reaches": ["not reached", "reached"],
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_picture_in_the_documentation_is_the_drawing_as_it_is(name):
    picture = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert picture == draw(DRAWINGS[name]), "draw it again: python -m docs.draw_verdicts"


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_rule_has_one_interval_in_the_order_of_the_rules(name):
    drawing = DRAWINGS[name]
    verdicts = [example.judge(drawing.claim) for example in drawing.examples]
    decided = [verdict.finding for verdict in verdicts if verdict.verdict != "inconclusive"]
    assert decided == RULES[name]
    assert verdicts[-1].verdict == "inconclusive"


@pytest.mark.parametrize("name", DRAWINGS)
def test_intervals_end_on_the_axis(name):
    for example in DRAWINGS[name].examples:
        low, high = example.estimate.interval(0.95)
        assert -REACH < low < high < REACH


def test_the_undecided_margin_lies_inside_an_interval_above_zero():
    drawing = DRAWINGS["beats"]
    [example] = [each for each in drawing.examples if "margin" in each.note]
    low, high = example.estimate.interval(0.9)
    assert example.estimate.interval(0.95)[0] > 0
    assert low < MARGIN < high
    assert example.judge(drawing.claim).finding.startswith("better than 0; margin 0.01 undecided")


def test_each_rule_is_named_in_its_picture():
    picture = (FOLDER / "beats.svg").read_text(encoding="utf-8")
    for finding in ("worse", "equivalent", "not better by δ", "meaningfully better"):
        assert f": {finding}</text>" in picture
