"""Arms that train in no time, and differ: thresholds on one or two columns, tuned ones, and one that guesses."""

from __future__ import annotations

import functools

import numpy as np

from negres_core import Dataset, Fit, Recipe, Tuned

RNG = np.random.default_rng(4)
X = RNG.normal(size=(300, 4))
Y = (X[:, 0] + 0.4 * X[:, 1] + RNG.normal(size=300) > 0).astype(int)
DATA = Dataset(x=X, y=Y, name="two classes")
PATIENTS = Dataset(x=X, y=Y, name="patients", groups=np.arange(300) % 8)


def one_column(train, test, seed):
    """Threshold one column, with a rare random label, so that seeds differ."""
    flip = np.random.default_rng(seed).uniform(size=len(test.x)) < 0.02
    return ((test.x[:, 0] > train.x[:, 0].mean()) ^ flip).astype(int)


def two_columns(train, test, seed):
    flip = np.random.default_rng(seed).uniform(size=len(test.x)) < 0.02
    return ((test.x[:, 0] + 0.4 * test.x[:, 1] > 0) ^ flip).astype(int)


def blind(train, test, seed):
    return np.random.default_rng(seed).integers(0, 2, size=len(test.x))


ONE, TWO, BLIND = (Recipe(Fit(compute)) for compute in (one_column, two_columns, blind))


def shifted(train, test, *, shift, column=0):
    """Threshold one column, away from its mean."""
    return (test.x[:, column] > train.x[:, column].mean() + shift).astype(int)


def make_shifted(shift):
    return Recipe(Fit(functools.partial(shifted, shift=shift)))


def make_column(column):
    return Recipe(Fit(functools.partial(shifted, shift=0.4, column=column)))


SHIFTS = Tuned(make_shifted, space={"shift": [-2.0, -1.0, 0.0, 1.0, 2.0]}, trials=3)
COLUMNS = Tuned(make_column, space={"column": [0, 1, 2, 3]}, trials=3)
