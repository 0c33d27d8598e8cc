from __future__ import annotations

import pytest

from negres_core.diagnosis.targets_to_255 import recognize

BYTES = {"low": 10.0, "high": 255.0, "mean": 117.0, "sd": 43.0, "whole_share": 1.0}


@pytest.mark.parametrize("reach", [(0.0, 1.0), (1.0, 1.0), (-1.0, 1.0), (0.5, 0.731)])
def test_outputs_that_end_at_1_under_targets_to_255_are_recognized(new_symptoms, reach):
    assert recognize(new_symptoms(targets=BYTES, reach=reach, lost_variance=13.0)) == (
        f"targets range from 10 to 255, but no output exceeds {reach[1]:.4g}, even for inputs of extreme contrast"
    )


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None


def test_outputs_beyond_1_may_still_learn(new_symptoms):
    assert recognize(new_symptoms(targets=BYTES, reach=(-90.0, 700.0))) is None
    assert recognize(new_symptoms(targets=BYTES, reach=(0.0, 1.002), lost_variance=13.0)) is None


def test_targets_that_are_mostly_within_1_have_another_fault(new_symptoms):
    assert recognize(new_symptoms(targets={"high": 1.2, "mean": 0.5}, lost_variance=0.02)) is None
    assert recognize(new_symptoms(targets={"low": -2.0, "high": 3.0, "mean": 1.5}, lost_variance=0.5)) is None


def test_an_arm_without_a_network_has_no_reach(new_symptoms):
    assert recognize(new_symptoms(targets=BYTES, reach=None)) is None
