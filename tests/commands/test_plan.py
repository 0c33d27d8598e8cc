from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.stats import t

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


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    return tmp_path


def test_a_plan_states_what_designs_can_decide_given_the_recorded_spread(folder, on_data, capsys):
    evidence = on_data("a", 0.01)
    Store(folder / "evidence").write_evidence(evidence)
    Store(folder / "evidence").write_evidence(on_data("b", 0.01))
    options = ["--folds", "2", "--repeats", "2", "40", "--no-looks"]
    assert main(["plan", "evidence", "-k", "[a]", *options]) == 0
    rows = capsys.readouterr().out.splitlines()[2:4]

    sd, most_dof = evidence.estimate.sd, evidence.data.rows - 1
    floor = t.isf(0.05, most_dof) * sd
    # Four cells get a tenth of the level.
    half_widths = [
        t.isf(level, min(cells - 1, most_dof)) * sd * (1 / cells + 1) ** 0.5
        for cells, level in ((4, 0.005), (80, 0.05))
    ]
    for row, cells, half_width in zip(rows, (4, 80), half_widths, strict=True):
        assert row.startswith("growth beats scratch, on a")
        assert f"2 x {cells // 2} " in row
        assert [float(value) for value in row.split()[-2:]] == pytest.approx([half_width, floor], rel=0.006)


def test_a_plan_needs_no_evidence_if_the_spread_is_given(capsys):
    assert main(["plan", "none", "--sd", "0.01", "--repeats", "5"]) == 0
    assert "5 x 5, looks" in capsys.readouterr().out

    assert main(["plan", "none"]) == 2
    assert main(["plan", "--sd", "0"]) == 2
    assert "sd=0.0" in capsys.readouterr().err


def test_evidence_without_an_estimate_has_no_spread(folder, new_evidence, capsys):
    Store(folder / "evidence").write_evidence(new_evidence())
    assert main(["plan", "evidence"]) == 2
    assert "No hypothesis here has an estimate" in capsys.readouterr().err
