from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.majority_class import check
from negres_core.design import Cell

UNEVEN = (np.arange(40) % 4 == 0).astype(int)  # three quarters are of class 0
VALUES = np.linspace(-1, 1, 40)  # of variance .35


def test_arms_that_learned_something_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.control == "majority class"
    assert finding.found == (
        "trivial predictor accuracy 0.5; treatment +0.4015 accuracy against it, control +0.3515 accuracy against it"
    )


@pytest.mark.parametrize("faulty", ["treatment", "control"])
def test_an_arm_at_the_majority_class_fails_by_its_role(new_run, faulty):
    """Accuracy .75 is much where classes are even, and nothing here."""
    finding = check(new_run(y=UNEVEN, **{faulty: 0.7499}))

    assert not finding.passed
    assert "trivial predictor accuracy 0.75" in finding.found
    assert finding.found.count("(not shown)") == 1
    assert f"{faulty} +0.0014 accuracy against it (not shown)" in finding.found


def test_a_value_is_compared_with_the_mean_and_lower_is_better(new_run):
    clean = check(new_run(y=VALUES, metric="mse", treatment=0.01, control=0.02))
    faulty = check(new_run(y=VALUES, metric="mse", treatment=0.01, control=0.5))

    assert clean.passed
    assert clean.control == faulty.control == "mean prediction"
    assert not faulty.passed
    assert "control +0" in faulty.found
    assert "treatment -0.3" in faulty.found


def test_the_trivial_predictor_knows_the_training_fold_alone(new_run):
    """Trained on one class and tested on the other, it is always wrong."""
    run = new_run()
    zeros, ones = (np.flatnonzero(run.data.y == label) for label in (0, 1))
    cells = [Cell(r, f, *((zeros, ones) if f else (ones, zeros))) for r in (0, 1) for f in (0, 1)]

    assert check(replace(run, cells=cells)).found.startswith("trivial predictor accuracy 0; treatment +0.9015")


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_arms_without_any_spread_are_compared_by_their_mean(new_run, plant, value):
    run = new_run()
    for arm in (0, 1):
        for position in range(8):
            run = plant(run, arm=arm, position=position, metrics={"accuracy": value})

    assert check(run).passed == (value > 0.5)


def test_an_arm_that_is_not_finite_is_left_to_that_control(new_run, plant):
    run = plant(new_run(), arm=0, metrics={"accuracy": None})

    assert "treatment" not in check(run).found
    assert check(plant(run, arm=1, metrics={"accuracy": None})) is None
