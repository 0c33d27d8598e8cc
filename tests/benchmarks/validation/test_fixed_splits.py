"""Drawn tables: judged for all runs at once as `crossed_effects` judges each, and drawn with the truth they name."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validation import cells, fixed_splits
from negres_core.statistics.crossed_effects import crossed_effects

DRAWS = {
    "normal": np.random.Generator.standard_normal,
    "exponential": cells.lower_tail,
    "heavy": cells.heavy,
    "answers": lambda generator, shape: generator.integers(-1, 2, shape).astype(float),
}


def draw_tables(draw, seeds: int, *, runs=40, rows=60) -> np.ndarray:
    generator = np.random.default_rng(seeds)
    row_effects, seed_effects = draw(generator, (runs, 1, rows)), draw(generator, (runs, seeds, 1))
    return row_effects + 0.2 * seed_effects + draw(generator, (runs, seeds, rows))


@pytest.mark.parametrize("least", [0.0, 0.3])
@pytest.mark.parametrize("seeds", [3, 4, 10])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_all_runs_at_once_are_judged_as_each(draw, seeds, least):
    tables = draw_tables(draw, seeds)

    scopes = fixed_splits.judge(fixed_splits.summarize(tables, {}, least))

    for run, differences in enumerate(tables):
        result = crossed_effects(differences, least_standard_error=least)
        for scope in fixed_splits.SCOPES:
            effect, effects = getattr(result, scope), scopes.get(scope)
            assert (effect is not None) == (effects is not None and effects.judged[run])
            if effect is not None:
                for field in ("effect", "standard_error", "dof", "share_greater", "share_less"):
                    assert getattr(effects, field)[run] == pytest.approx(getattr(effect, field), rel=1e-6)


def test_errors_are_those_of_the_tests_and_of_the_interval():
    tables = draw_tables(cells.lower_tail, 5, runs=300)
    truths = np.zeros(300)

    rates = fixed_splits.count(fixed_splits.judge(fixed_splits.summarize(tables, {}))["over_rows"], truths)

    effects = [crossed_effects(each).over_rows for each in tables]
    # The 90% interval ends where the one-sided tests at 5% end.
    assert rates.greater == sum(each.interval(0.9)[0] > 0 for each in effects) > 0
    assert rates.less == sum(each.interval(0.9)[1] < 0 for each in effects) > 0
    missed = sum(not low <= 0 <= high for low, high in (each.interval(0.95) for each in effects))
    assert (rates.missed, rates.runs) == (missed, 300)


def test_noise_is_drawn_as_what_a_whole_table_of_noise_has():
    drawn = fixed_splits.additive(0.0, 0.0)(np.random.default_rng(6), 20_000, 4, 8)
    whole = np.random.default_rng(7).normal(0, np.sqrt(32), (20_000, 4, 8))
    expected = fixed_splits.summarize(whole, {})

    for ours, theirs in zip(drawn[:3], expected[:3], strict=True):
        assert ours.mean() == pytest.approx(theirs.mean(), abs=0.02 * np.abs(theirs).mean())
        assert ours.std() == pytest.approx(theirs.std(), rel=0.02)
    assert drawn.seed_means.mean(axis=1) == pytest.approx(drawn.row_means.mean(axis=1))
    assert np.cov(drawn.seed_means.T) == pytest.approx(np.cov(expected.seed_means.T), abs=0.15)


@pytest.mark.parametrize("kind", fixed_splits.SAMPLERS)
def test_the_effect_is_the_truth_on_average_in_each_scope(kind):
    tables = fixed_splits.SAMPLERS[kind](np.random.default_rng(3), 2_000, 6, 60)
    effects = tables.row_means.mean(axis=1)

    for scope in fixed_splits.SCOPES:
        errors = effects - tables.truths[scope]
        assert abs(errors.mean()) <= 4.5 * errors.std() / np.sqrt(2_000)


def test_the_shares_of_the_variance_of_the_mean_are_those_asked_for():
    tables = fixed_splits.additive(0.25, 0.6)(np.random.default_rng(4), 20_000, 5, 10)

    parts = [tables.truths["over_rows"], tables.truths["over_seeds"], tables.row_means.mean(axis=1)]

    assert [each.var() for each in parts] == pytest.approx([0.25, 0.6, 1.0], rel=0.05)


def test_the_mean_over_a_normal_effect_is_exact():
    centres = np.array([[[0.0], [1.5]]])
    draws = np.random.default_rng(5).normal(size=400_000)

    simulated = np.mean([1 / (1 + np.exp(-(centre + 2 * draws))) for centre in centres.ravel()])

    assert fixed_splits.means_over_normal(centres, 2.0) == pytest.approx([simulated], abs=0.002)
    assert fixed_splits.means_over_normal(centres, 0.0) == pytest.approx([(0.5 + 1 / (1 + np.exp(-1.5))) / 2])


def test_every_kind_is_simulated_with_every_number_of_seeds_and_rows(monkeypatch):
    monkeypatch.setattr(fixed_splits, "ROWS", (30, 40))
    monkeypatch.setattr(fixed_splits, "MANY_VALUES", 100)
    monkeypatch.setattr(fixed_splits, "SEEDS", (3, 5))
    monkeypatch.setattr(fixed_splits, "BLOCK_VALUES", 1_000)

    rows = list(fixed_splits.simulate(50))

    assert len(rows) == 4 * len(fixed_splits.SAMPLERS)
    assert [(row["rows"], row["seeds"]) for row in rows[:4]] == [(30, 3), (30, 5), (40, 3), (40, 5)]
    assert all(
        list(row)[3:] == (["over_rows"] if row["seeds"] == 3 else ["over_rows", "over_both", "over_seeds"])
        for row in rows
    )
    for row in rows:
        takes_long = row["kind"].startswith("answers, accuracy") and row["rows"] * row["seeds"] >= 100
        assert row["over_rows"]["runs"] == (10 if takes_long else 50)
    assert rows == list(fixed_splits.simulate(50))
