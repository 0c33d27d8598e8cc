from __future__ import annotations

import pytest

from negres_core.diagnosis.standardized import recognize

STANDARD = {"low": -2.5, "high": 3.3, "mean": 0.01, "sd": 1.0}


@pytest.mark.parametrize("reach", [(0.0, 1.0), (0.05, 0.9), (0.0, 40.0)], ids=["sigmoid", "nearly", "relu"])
def test_outputs_that_end_at_0_under_targets_around_it_are_recognized(new_symptoms, reach):
    assert recognize(new_symptoms(targets=STANDARD, reach=reach, lost_variance=0.87)) == (
        f"targets range from -2.5 to 3.3 (mean 0.01, standard deviation 1), but no output is below {reach[0]:.3g}, "
        "even for inputs of extreme contrast: clipping the targets to the outputs' range costs 87% of their variance"
    )


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None


def test_outputs_below_0_can_represent_such_targets(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=(-300.0, 200.0))) is None
    assert recognize(new_symptoms(targets=STANDARD, reach=(-1e-3, 1.0), lost_variance=0.87)) is None


def test_outputs_of_a_dead_network_end_somewhere_else(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=(0.06, 0.3), lost_variance=0.9)) is None


def test_a_few_targets_just_below_0_do_no_harm(new_symptoms):
    assert recognize(new_symptoms(targets={"low": -0.01}, lost_variance=0.009)) is None


def test_an_arm_without_a_network_has_no_reach(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=None)) is None
