from __future__ import annotations

from negres_core.report.paper.arms import write_arms
from tests.fakes import BUDGET
from tests.report.page.suites import write_hypothesis
from tests.report.paper.typeset import check, rows_of


def test_each_arm_has_a_row_with_its_budget_and_its_metric(store, study_of):
    evidence = write_hypothesis(store, "a_b", effect=0.05)
    longer = evidence.arms[1].updated(budget=BUDGET | {"steps": 6_000})
    tex = write_arms(study_of(evidence.updated(arms=[evidence.arms[0], longer])))
    check(f"% Made by negres\n{tex}")
    assert rows_of(tex)[1:] == [
        ["a_b, digits", "treatment: treatment net (4 epochs)", "2", "6", "8", "0.7500 (0.0200)"],
        ["", "control: control net (4 epochs)", "2", "6,000", "8", "0.7000 (0.0200)"],
    ]


def test_what_is_not_known_is_left_empty(store, study_of):
    evidence = write_hypothesis(store)
    spread = {"mean": None, "sd": None, "min": None, "max": None}
    fit = evidence.arms[0].updated(budget=dict.fromkeys(BUDGET, 0), metrics={"accuracy": spread})
    none = evidence.arms[1].updated(metrics={"accuracy": spread | {"mean": 0.5}})
    _, first, second = rows_of(write_arms(study_of(evidence.updated(arms=[fit, none]))))
    assert first[2:] == ["", "", "", "not finite"]
    assert second[5] == "0.5000"
    assert write_arms(study_of(evidence.updated(arms=[]))) == ""
