from __future__ import annotations

import math

import pytest

from negres_core.diagnosis.unscaled_tanh import recognize


@pytest.mark.parametrize("reach", [(-1.0, 1.0), (-0.1, 0.95)])
def test_outputs_below_0_that_end_at_1_are_recognized(new_symptoms, reach):
    assert recognize(new_symptoms(reach=reach)) == (
        f"outputs stay between {reach[0]:.3g} and {reach[1]:.3g} even for inputs of extreme contrast, while targets "
        "range from 0.04 to 1"
    )


def test_outputs_that_a_cross_entropy_drove_away_from_0_are_recognized_by_the_first_epoch(new_symptoms):
    driven = {"reach": (0.13, 1.0)}

    observation = recognize(new_symptoms(**driven, first_loss=2.38))
    assert observation.endswith(
        "; the cross-entropy of the first epoch is 2.38, while that of an untrained sigmoid is 0.693"
    )
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
def test_targets_with_another_range_are_not(new_symptoms, targets):
    assert recognize(new_symptoms(targets=targets, reach=(-1.0, 1.0))) is None
