from __future__ import annotations

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.suite import make_suite
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def records(store):
    return [write_hypothesis(store, data=name, seed=n, effect=0.05) for n, name in enumerate(("a", "b", "c"))]


def make(records, family=None):
    with drawing():
        return make_suite(records, family or {each.hypothesis: each.p_value for each in records})


def test_a_claim_on_several_data_sets_is_combined(records):
    [across] = make(records).across
    assert across.title == "growth beats scratch"
    assert across.sentence.startswith("Mean effect over 3 data sets: +0.0")
    assert "(I²)" in across.sentence
    assert "says almost nothing" not in across.sentence
    assert "says almost nothing" in make(records[:2]).across[0].sentence


def test_two_arms_are_not_ranked_and_the_reason_is_given(records):
    suite = make(records)
    assert suite.ranked == []
    assert suite.unranked == "A ranking needs at least 3 arms, each recorded on the same 3 or more data sets."


def test_three_arms_on_three_data_sets_are_ranked(records):
    def third(evidence, number):
        metrics = {"accuracy": evidence.arms[0].metrics["accuracy"].updated(mean=0.9 + number / 100)}
        arm = evidence.arms[0].updated(recipe="a third net", metrics=metrics)
        return evidence.updated(hypothesis=f"{evidence.hypothesis}-3", arms=[arm])

    [ranked] = make([*records, *(third(each, number) for number, each in enumerate(records))]).ranked
    assert ranked.metric == "accuracy"
    assert ranked.sentences[0] == "On 3 data sets: a, b, c."
    assert ranked.sentences[1].startswith("Null hypothesis that all arms perform equally: Friedman p ")


def test_the_family_may_have_members_that_never_ran(records):
    family = {each.hypothesis: each.p_value for each in records} | {"test_it.py::test_never": 1.0}
    assert make(records, family).staircase_text.startswith("The family has 4 hypotheses, of which 2 are decided")


def test_smoke_runs_are_not_part_of_the_suite(records):
    smoke = [each.updated(smoke=True, verdict=None, p_value=None) for each in records]
    suite = make(smoke, family={"test_it.py::test_never": 1.0})
    assert (suite.families, suite.staircase, suite.across) == ([], None, [])
