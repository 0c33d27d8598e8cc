from __future__ import annotations

import numpy as np

from negres_core.evidence import EstimateRecord
from negres_core.statistics import Look, corrected_resampled_t

NOISE = np.array([[1, -2, 0, 2, -1], [2, 0, -1, -2, 1]]) / 1000


def test_an_estimate_is_restored_from_its_record():
    estimate = corrected_resampled_t(NOISE + 0.05, test_train_ratio=0.25)

    assert EstimateRecord.of(estimate, alpha=0.05).as_estimate() == estimate


def test_intervals_over_several_looks_are_wider():
    estimate = corrected_resampled_t(NOISE[:1] + 0.05, test_train_ratio=0.25)
    once = EstimateRecord.of(estimate, alpha=0.05)
    first = EstimateRecord.of(estimate, look=Look(5, 1, 5), alpha=0.05)

    for narrow, wide in ((once.interval_90, first.interval_90), (once.interval_95, first.interval_95)):
        assert wide[0] < narrow[0] < narrow[1] < wide[1]
    assert once.p_two_sided == first.p_two_sided
