from __future__ import annotations

import numpy as np
import pytest

from negres_core.design import FixedSplit, Rows, TimeSeries
from negres_core.errors import InputError
from negres_core.experiment.row_judgement import judge_rows

SPLIT = FixedSplit(train=Rows(100, "a"), test=Rows(300, "b"), seeds=5)


def test_a_fixed_split_is_judged_in_three_scopes():
    rows = np.random.default_rng(0).normal(0.1, 1, (5, 300))

    judged = judge_rows(rows, SPLIT, is_counted=False)

    assert judged.estimate.effect == pytest.approx(rows.mean())
    assert [scope for scope, _ in judged.scopes] == [
        "any seeds, on this test set",
        "these trainings, on rows like these",
        "any seeds, on rows like these",
    ]


def test_arms_that_agree_on_all_rows_may_still_differ_on_a_few_of_others():
    agree = np.zeros((5, 300))

    judged = judge_rows(agree, SPLIT, is_counted=True)

    assert judged.estimate.effect == 0
    assert judged.estimate.standard_error > 0
    with pytest.raises(InputError, match="no variance"):
        judge_rows(agree, SPLIT, is_counted=False)


def test_a_time_series_is_judged_by_the_mean_over_seeds_with_its_gap():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=302)
    rows = 0.1 + (noise[2:] + noise[1:-1] + noise[:-2]) + rng.normal(0, 0.1, (2, 300))

    with_gap, without = (judge_rows(rows, TimeSeries(5, gap=gap), is_counted=False) for gap in (2, 0))

    assert with_gap.estimate.scope == "this stretch of time"
    assert with_gap.estimate.effect == pytest.approx(rows.mean())
    assert (with_gap.estimate.seeds, with_gap.estimate.rows) == (2, 300)
    assert with_gap.estimate.standard_error != without.estimate.standard_error
