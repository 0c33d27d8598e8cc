from __future__ import annotations

import math

import pytest

from negres_core.diagnosis.double_sigmoid import recognize


def sigmoid(odds):
    return 1 / (1 + math.exp(-odds))


@pytest.mark.parametrize("odds", [(0.0, 1.0), (0.05, 0.95)])
def test_outputs_between_the_sigmoids_of_0_and_1_are_named(new_symptoms, odds):
    found = recognize(new_symptoms(reach=tuple(map(sigmoid, odds))))

    assert found is not None
    assert f"log-odds from {odds[0]:.2f} to {odds[1]:.2f}" in found


@pytest.mark.parametrize(
    "odds", [(-0.01, 1.0), (0.0, 1.01), (0.06, 1.0), (0.0, 0.94)], ids=["passes 0", "passes 1", "no 0", "no 1"]
)
def test_outputs_that_pass_a_bound_or_stay_away_from_it_are_not(new_symptoms, odds):
    assert recognize(new_symptoms(reach=tuple(map(sigmoid, odds)))) is None


@pytest.mark.parametrize("reach", [(0.0, 1.0), (-20.0, 30.0), (-1.0, 1.0), (0.6, 0.6), None])
def test_other_outputs_are_not(new_symptoms, reach):
    assert recognize(new_symptoms(reach=reach)) is None
