from __future__ import annotations

import pytest


@pytest.fixture
def on_data(new_evidence):
    """Make the evidence of one test on a data set, with the standard error sqrt(0.0002); any field can be given."""

    def make(data, effect, /, **fields):
        error = 0.0002**0.5
        estimate = {
            "effect": effect,
            "standard_error": error,
            "dof": 24,
            "sd": 0.01,
            "cell_count": 25,
            "test_train_ratio": 0.25,
            "statistic": effect / error,
            "p_greater": 0.5,
            "p_less": 0.5,
            "p_two_sided": 1.0,
            "interval_90": (-1.0, 1.0),
            "interval_95": (-1.0, 1.0),
            "probability_better": 0.5,
        }
        content = {
            "hypothesis": f"test_growth.py::test_growth_beats_scratch[{data}]",
            "data": {"name": data, "digest": f"digest of {data}"},
            "estimate": estimate,
        }
        return new_evidence(**content | fields)

    return make
