"""Tuned arms in words."""

from __future__ import annotations

import re

import pytest

from negres_core import KFolds, beats
from negres_core.report.tuning import describe_tuning
from tests.experiment.simple_arms import COLUMNS, DATA, ONE, SHIFTS


@pytest.fixture
def evidence(new_experiment):
    return new_experiment().compare(
        SHIFTS, against=COLUMNS, on=DATA, claim=beats("accuracy", by=0.05), design=KFolds(3, repeats=1)
    )


def test_arms_that_are_not_tuned_have_no_lines(new_experiment):
    evidence = new_experiment().compare(
        SHIFTS,
        against=ONE,
        on=DATA,
        claim=beats("accuracy", by=0.05),
        design=KFolds(3, repeats=1),
        waive={"unequal tuning": "it is what the claim is about"},
    )

    assert describe_tuning(evidence.arms[1:]) == []


def test_the_trials_what_was_chosen_and_what_it_took(evidence):
    spent, chosen, _, _, first = describe_tuning(evidence.arms)

    seconds = evidence.arms[0].tuning.budget.seconds
    assert spent == f"treatment arm: 3 trials in each of 3 cells, random sampler, {seconds:,.1f} s of training"
    assert re.match(r"treatment arm: chose shift=-?\d in [23] of 3 cells; accuracy 0\.", chosen)
    assert "too good" in chosen
    shift, column = (next(iter(arm.tuning.searches[0].best.settings.values())) for arm in evidence.arms)
    assert first == (
        "controls before training were given what the first cell chose: "
        f"treatment arm shift={shift:g}; control arm column={column}"
    )


def test_epochs_steps_and_operations_of_networks(evidence):
    arm = evidence.arms[0]
    budget = {"epochs": 2000, "steps": 30_000, "flops": 123_456_789, "seconds": None}
    tuned = arm.updated(tuning=arm.tuning.updated(budget=budget))

    assert describe_tuning([tuned])[0].endswith("random sampler, 2,000 epochs, 30,000 steps, 1.23e+08 operations")


def test_the_whole_account_has_them(evidence):
    assert "  tuned       treatment arm: 3 trials in each of 3 cells" in str(evidence)
    assert "make_shifted, tuned: 3 trials: accuracy mean" in str(evidence)
