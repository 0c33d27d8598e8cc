"""Drawn series: with mean 0, the dependence they are named after, and errors that are those of the tests."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validation import time_series
from benchmarks.validation.time_series import SERIES, Series, as_published, errors
from negres_core.statistics.diebold_mariano import diebold_mariano


@pytest.mark.parametrize("kind", SERIES)
def test_series_have_mean_0(kind):
    means = np.array([SERIES[kind].sample(np.random.default_rng(each), 200).mean() for each in range(1_500)])

    assert abs(means.mean()) < 4 * means.std() / np.sqrt(means.size)


@pytest.mark.parametrize(
    ("series", "lag", "correlation"),
    [
        (Series(), 1, 0.0),
        (Series(gap=5), 3, 0.5),
        (Series(gap=5), 6, 0.0),
        (Series(coefficient=0.8), 2, 0.64),
        (Series(coefficient=0.5, period=7), 7, 0.5),
        (Series(coefficient=0.5, period=7), 3, 0.0),
    ],
)
def test_rows_have_the_correlation_of_their_kind(series, lag, correlation):
    values = series.sample(np.random.default_rng(0), 100_000)

    assert np.corrcoef(values[lag:], values[:-lag])[0, 1] == pytest.approx(correlation, abs=0.03)


def test_errors_are_those_of_the_tests_and_of_the_interval():
    effect = diebold_mariano(0.5 + np.random.default_rng(0).normal(size=200)).judged
    (low, high), (lower, upper) = effect.interval(0.9), effect.interval(0.95)

    assert errors(effect, low - 1e-6)[:3] == (1, 0, 0)
    assert errors(effect, high + 1e-6)[:3] == (0, 1, 0)
    assert errors(effect, lower - 1e-6)[:3] == (1, 0, 1)
    assert errors(effect, upper + 1e-6)[:3] == (0, 1, 1)
    assert errors(effect, effect.effect) == (0, 0, 0, 1)


def test_the_published_test_uses_its_whole_level():
    published = diebold_mariano(np.random.default_rng(0).exponential(size=100)).published

    assert as_published(published).interval(0.95) == pytest.approx(published.interval(0.95))


def test_sizes_that_are_refused_are_not_simulated(monkeypatch):
    monkeypatch.setattr(time_series, "ROWS", (60, 100, 200))
    kinds = {name: SERIES[name] for name in ("white noise", "overlap of 25 rows")}
    monkeypatch.setattr(time_series, "SERIES", kinds | {"overlap of 40 rows": Series(gap=39)})

    rows = list(time_series.simulate(20))

    assert [(row["kind"], row["rows"]) for row in rows] == [
        ("white noise", 100),
        ("white noise", 200),
        ("overlap of 25 rows", 100),
        ("overlap of 25 rows", 200),
        ("overlap of 40 rows", 200),
    ]
    assert all(row["judged"]["runs"] == row["published"]["runs"] == 20 for row in rows)
    assert rows == list(time_series.simulate(20))
