from __future__ import annotations

import numpy as np
import pytest

from negres_core.cli import main
from negres_core.design import FixedSplit
from negres_core.evidence import DesignRecord, EstimateRecord, Store
from negres_core.power import analyze_row_power
from negres_core.statistics.crossed_effects import crossed_effects
from negres_core.statistics.row_estimate import estimate_over_rows

SPLIT = FixedSplit(train=range(400, 800), test=range(400), seeds=5)


def estimate_of(seeds):
    rng = np.random.default_rng(2)
    noise = rng.normal(0, 0.3, (seeds, 1)) + rng.normal(0, 1, 400) + rng.normal(0, 0.5, (seeds, 400))
    return estimate_over_rows(crossed_effects(noise))


@pytest.fixture
def write(tmp_path, new_evidence):
    """Return a function that writes evidence of a fixed split with an estimate."""

    def write(estimate):
        record, design = EstimateRecord.of(estimate, alpha=0.05), DesignRecord.of(SPLIT).model_dump()
        Store(tmp_path).write_evidence(new_evidence(estimate=record, design=design))

    return write


def test_a_fixed_split_is_planned_by_its_seeds(write, tmp_path, capsys):
    write(estimate_of(5))
    assert main(["plan", str(tmp_path), "--repeats", "2", "5", "40"]) == 0
    headers, _, *rows = capsys.readouterr().out.splitlines()

    assert "standard error" in headers
    assert "with any seeds" in headers
    for row, seeds in zip(rows[:2], (5, 40), strict=True):
        known = analyze_row_power(FixedSplit(train=SPLIT.train, test=SPLIT.test, seeds=seeds), estimate_of(5))
        assert f" {seeds} seeds " in row
        assert [float(each) for each in row.split()[-3:]] == pytest.approx(
            [known.detectable, known.equivalence, known.floor], rel=0.006
        )
    assert rows[2] == ""


def test_a_fixed_split_of_too_few_seeds_cannot_be_planned_and_the_error_says_so(write, tmp_path, capsys):
    write(estimate_of(3))
    assert main(["plan", str(tmp_path)]) == 2
    assert "fixed splits with fewer than 4 seeds are not planned" in capsys.readouterr().err
