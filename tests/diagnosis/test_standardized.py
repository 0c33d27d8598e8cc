from __future__ import annotations

import pytest

from negres_core.diagnosis.standardized import recognize

STANDARD = {"low": -2.5, "high": 3.3, "mean": 0.01, "sd": 1.0}


@pytest.mark.parametrize("reach", [(0.0, 1.0), (0.05, 0.9), (0.0, 40.0)], ids=["sigmoid", "nearly", "relu"])
def test_outputs_that_stop_at_0_under_targets_around_it_are_named(new_symptoms, reach):
    found = recognize(new_symptoms(targets=STANDARD, reach=reach, lost=0.87))

    assert found is not None
    assert "targets from -2.5 to 3.3 (mean 0.01, standard deviation 1)" in found
    assert "87% of their variance" in found


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None


def test_outputs_that_go_under_0_can_say_what_they_are_asked(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=(-300.0, 200.0))) is None
    assert recognize(new_symptoms(targets=STANDARD, reach=(-1e-3, 1.0), lost=0.87)) is None


def test_outputs_of_a_network_that_is_dead_stop_somewhere_else(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=(0.06, 0.3), lost=0.9)) is None


def test_a_few_targets_a_hair_under_0_do_no_harm(new_symptoms):
    assert recognize(new_symptoms(targets={"low": -0.01}, lost=0.009)) is None


def test_an_arm_without_a_network_has_no_reach(new_symptoms):
    assert recognize(new_symptoms(targets=STANDARD, reach=None)) is None
