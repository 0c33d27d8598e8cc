from __future__ import annotations

import math

import pytest

from negres_core.diagnosis.unscaled_tanh import recognize


@pytest.mark.parametrize("reach", [(-1.0, 1.0), (-0.1, 0.95)])
def test_outputs_under_0_that_stop_at_1_are_named(new_symptoms, reach):
    found = recognize(new_symptoms(reach=reach))

    assert found == f"outputs from {reach[0]:.3g} to {reach[1]:.3g}, however driven, for targets from 0.04 to 1"


def test_outputs_that_a_cross_entropy_drove_away_from_0_are_named_by_its_start(new_symptoms):
    driven = {"reach": (0.13, 1.0)}

    assert "a cross-entropy of 2.38 in the first epoch" in recognize(new_symptoms(**driven, first_loss=2.38))
    assert recognize(new_symptoms(**driven, first_loss=2 * math.log(2))) is None
    assert recognize(new_symptoms(**driven, first_loss=2.38, loss_floor=0.0)) is None  # a squared error
    assert recognize(new_symptoms(**driven, first_loss=2.38, outputs={"spread": 1e-6})) is None  # a rate too high
    assert recognize(new_symptoms(reach=(0.0, 1.0), first_loss=2.38)) is None  # a sigmoid
    assert recognize(new_symptoms(**driven, first_loss=None)) is None


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None


@pytest.mark.parametrize("reach", [(-6.0, 36.0), (-0.1, 1.01), (-1.01, 1.0), (-0.5, 0.9), None])
def test_outputs_without_these_bounds_are_not(new_symptoms, reach):
    assert recognize(new_symptoms(reach=reach)) is None


@pytest.mark.parametrize("targets", [{"low": -1.0}, {"high": 255.0}], ids=["scaled", "bytes"])
def test_targets_that_are_scaled_otherwise_are_not(new_symptoms, targets):
    assert recognize(new_symptoms(targets=targets, reach=(-1.0, 1.0))) is None
