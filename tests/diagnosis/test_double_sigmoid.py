from __future__ import annotations

import math

import pytest

from negres_core.diagnosis.double_sigmoid import recognize


def sigmoid(odds):
    return 1 / (1 + math.exp(-odds))


@pytest.mark.parametrize("odds", [(0.0, 1.0), (0.05, 0.95)])
def test_outputs_between_the_sigmoids_of_0_and_1_are_recognized(new_symptoms, odds):
    low, high = map(sigmoid, odds)

    assert recognize(new_symptoms(reach=(low, high))) == (
        f"outputs stay between {low:.3f} and {high:.3f} (log-odds from {odds[0]:.2f} to {odds[1]:.2f}) even for inputs "
        "of extreme contrast, while targets range from 0.04 to 1"
    )


@pytest.mark.parametrize(
    "odds",
    [(-0.01, 1.0), (0.0, 1.01), (0.06, 1.0), (0.0, 0.94)],
    ids=["exceeds 0", "exceeds 1", "misses 0", "misses 1"],
)
def test_outputs_that_exceed_a_bound_or_stay_away_from_it_are_not(new_symptoms, odds):
    assert recognize(new_symptoms(reach=tuple(map(sigmoid, odds)))) is None


@pytest.mark.parametrize("reach", [(0.0, 1.0), (-20.0, 30.0), (-1.0, 1.0), (0.6, 0.6), None])
def test_other_outputs_are_not(new_symptoms, reach):
    assert recognize(new_symptoms(reach=reach)) is None
