"""Drawn cells: judged for all runs at once as `decide` judges each, and drawn with the right moments."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validation import cells
from negres_core.claim import beats, reaches
from negres_core.design import KFolds
from negres_core.experiment.decision import decide
from negres_core.statistics.skewness import skewness_of


@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("kind", ["normal", "exponential", "log-normal", "collapse in 10%"])
@pytest.mark.parametrize(("claim", "most_dof"), [(beats("mse"), None), (reaches("mse", bar=0), 4)])
def test_all_runs_at_once_are_judged_as_decide_judges_each(kind, claim, most_dof, looks):
    drawn = cells.SAMPLERS[kind](np.random.default_rng(1), 150, 4, 5)
    design = KFolds(folds=5, repeats=4, looks=looks)

    decisions = [decide(run, claim, design) for run in drawn]
    rates = cells.judge_looks(drawn, design, most_dof=most_dof)

    verdicts = [decision.verdict.verdict for decision in decisions]
    assert (rates.greater, rates.less) == (verdicts.count("supported"), verdicts.count("refuted"))
    assert rates.runs == 150
    # An interval that excludes the effect at a look up to the decision excludes it at some look.
    missed = sum(any(low > 0 or high < 0 for low, high in intervals_of(decision)) for decision in decisions)
    assert missed <= rates.missed


def intervals_of(decision):
    return [look.interval_95 for look in decision.looks]


@pytest.mark.parametrize("kind", cells.SAMPLERS)
def test_cells_have_mean_0(kind):
    drawn = cells.SAMPLERS[kind](np.random.default_rng(0), 40_000, 2, 5)

    scale = drawn.std()
    # The shared part of a run leaves about two independent values of ten.
    assert abs(drawn.mean()) < 5 * scale / np.sqrt(2 * 40_000)
    if not kind.startswith("collapse"):
        assert scale == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize(("times", "correlation"), [(0.0, 0.0), (1.0, 0.2), (1.5, 0.3)])
def test_cells_are_correlated_by_a_multiple_of_one_in_k(times, correlation):
    drawn = cells.correlated(np.random.Generator.standard_normal, times=times)(np.random.default_rng(0), 100_000, 1, 5)

    measured = np.corrcoef(drawn[:, 0].T)

    assert measured[np.triu_indices(5, 1)] == pytest.approx(np.full(10, correlation), abs=0.015)


def test_the_skewness_of_each_row_is_that_of_its_cells():
    values = np.random.default_rng(0).exponential(size=(20, 10))
    values[0] = 0.25

    assert cells.skewness_by_row(values) == pytest.approx([skewness_of(row) for row in values])


def test_normal_cells_are_simulated_on_the_grid_and_others_under_a_few_designs(monkeypatch):
    monkeypatch.setattr(cells, "GRID", ((5, 2),))
    monkeypatch.setattr(cells, "DESIGNS", ((3, 2),))
    monkeypatch.setattr(cells, "BLOCK_RUNS", 30)

    rows = list(cells.simulate(50))

    assert [(row["kind"], row["folds"], row["repeats"]) for row in rows[:2]] == [
        ("normal", 5, 2),
        ("normal, correlation 0", 3, 2),
    ]
    assert len(rows) == len(cells.SAMPLERS)
    assert {row[rule]["runs"] for row in rows for rule in ("looks", "one look")} == {50}
    assert rows == list(cells.simulate(50))
