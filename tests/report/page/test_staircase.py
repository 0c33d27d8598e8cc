from __future__ import annotations

from xml.etree import ElementTree

import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.staircase import climb, describe, draw_staircase
from negres_core.statistics.multiplicity import holm


@pytest.fixture
def records(new_evidence):
    values = {"a": 0.001, "b": 0.011, "c": 0.03, "d": 0.012, "e": None}
    return [new_evidence(hypothesis=f"test_it.py::test_{name}", title=name, p_value=p) for name, p in values.items()]


def test_the_steps_agree_with_holms_corrected_p_values(records):
    steps = climb(records, members=len(records), alpha=0.05)
    assert [step.title for step in steps] == ["a, digits", "b, digits", "d, digits", "c, digits"]
    assert [step.level for step in steps] == pytest.approx([0.01, 0.0125, 0.05 / 3, 0.025])
    corrected = holm({each.title: each.p_value for each in records})
    assert [step.passes for step in steps] == [corrected[step.title[0]] < 0.05 for step in steps]
    assert [step.passes for step in steps] == [True, True, True, False]


def test_no_step_passes_after_one_that_does_not(new_evidence):
    records = [new_evidence(hypothesis=f"test_it.py::test_{p}", p_value=p) for p in (0.03, 0.04)]
    assert [step.passes for step in climb(records, members=2, alpha=0.05)] == [False, False]


def test_the_figure_says_how_many_pass(records):
    steps = climb(records, members=5, alpha=0.05)
    with drawing():
        figure = ElementTree.fromstring(draw_staircase(steps, members=5, alpha=0.05, id="f"))
    assert (
        figure.findtext("desc")
        == describe(steps, members=5, alpha=0.05)
        == (
            "The family has 5 hypotheses, of which 4 are decided and 3 stay below Holm's level at 0.05. "
            "The first that does not is p 0.03, against 0.025."
        )
    )


@pytest.mark.parametrize("p", [0.0, 1e-300, 1.0])
def test_any_p_value_can_be_drawn(new_evidence, p):
    steps = climb([new_evidence(p_value=p)], members=1, alpha=0.05)
    with drawing():
        assert draw_staircase(steps, members=1, alpha=0.05, id="f") is not None


def test_nothing_decided_is_no_staircase():
    with drawing():
        assert draw_staircase([], members=3, alpha=0.05, id="f") is None
