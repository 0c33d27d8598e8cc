"""No feature is the mean target of the rows that share its value: such a mean contains targets of test rows."""

from __future__ import annotations

import functools

import numpy as np

from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "target encoding"
WHEN = "before"
FITS = True

MIN_VALUES, MIN_FITTED = 12, 0.7
"""Fewest different values, of rows with different targets, that can be told from means, since four numbers are fitted
to them; and the share of them that has to fit: two categories with the same mean share a value, and may not."""
MIN_MEANS = 8
"""Fewest different means among these, twice the number of numbers that are fitted."""
TOLERANCE = 1e-3
"""How near a value fits, as a share of the spread of all."""
TRIALS = 64
"""Times that the numbers are solved for from as many random values."""
MOST_NUMBERS = 1 << 24
"""Numbers in a data set above which the control is left out."""


def check(run: Run) -> Finding | None:
    """Recompute each feature from the targets of the rows that share its value.

    If a value u is the mean target of its n rows, drawn towards the mean of all rows as if m more rows had it, then the
    sum of the n targets is (n + m) u less a constant. So it is a linear function of n u, n, u and 1, also if the
    feature was scaled or moved afterwards. For a feature that was measured, these sums are scattered around any
    such function. Evenly spaced values are labels or settings of an experiment, not means.
    """
    data = run.data
    if data.width * len(data) > MOST_NUMBERS or (data.y.ndim > 1 and data.task != "multilabel"):
        return None
    if data.task == "classification":
        targets = [(data.y == label).astype(np.float64) for label in np.unique(data.y)]
    else:
        targets = list(data.y.reshape(len(data), -1).T.astype(np.float64))
    x = data.flatten()
    features = [feature for feature in range(data.width) if _has_shared_values(x[:, feature])]
    if not features:
        return None
    found = [(feature, rows) for feature in features if (rows := _rows_averaged(x[:, feature], targets))]
    told = f"none of {len(features)} features with shared values is the mean target of the rows that share one"
    if found:
        feature, rows = found[0]
        told = f"feature {feature} is the mean target of the rows that share its value, {rows:.1f} rows on average"
    return Finding(
        control=NAME,
        passed=not found,
        found=told + (f"; so are {len(found) - 1} others" if len(found) > 1 else ""),
        threshold="expected none: a mean over all rows contains the targets of the test rows, and the fewer rows share "
        "a value, the more it tells about them",
        remedy="Keep the categories in the data set, and encode them from the training fold: by `preprocess`, by a "
        "layer of the model, or in a fit.",
    )


def _has_shared_values(values: np.ndarray) -> bool:
    """Return whether enough values are those of several rows, and not evenly spaced."""
    unique, counts = np.unique(values, return_counts=True)
    spacing = np.diff(unique)
    return bool((counts > 1).sum() >= MIN_VALUES and np.ptp(spacing) >= TOLERANCE * spacing.mean())


def _rows_averaged(values: np.ndarray, targets: list[np.ndarray]) -> float:
    """Return the mean number of rows that share a value, if the feature is a mean of targets; else 0."""
    unique, group, counts = np.unique(values.astype(np.float64), return_inverse=True, return_counts=True)
    for target in targets:
        means = np.bincount(group, target) / counts
        within = np.bincount(group, target**2) / counts - means**2
        # Rows that share a value and the target tell nothing: there are many such values where a feature is good.
        mixed = (counts > 1) & (within > 1e-9 * target.var())
        if mixed.sum() >= MIN_VALUES and _is_function(unique[mixed], counts[mixed], means[mixed]):
            return float(counts[mixed].mean())
    return 0.0


def _is_function(values: np.ndarray, counts: np.ndarray, means: np.ndarray) -> bool:
    """Return whether most mean targets follow from the values and the numbers of rows, as those of encodings do.

    Where most values have one row of a rare class, means are 1 / n: they follow from the numbers alone. Then they tell
    of an encoding only if the values do so, too.
    """
    u, n = (values - values.mean()) / values.std(), counts.astype(np.float64)
    # The linear function of n u, n, u and 1, divided by n, so that large groups do not hide small ones.
    number = np.column_stack([np.ones_like(u), 1 / n])
    best = _fitted(np.column_stack([u, u / n, number]), means)
    if best.mean() < MIN_FITTED or len(np.unique(means[best])) < MIN_MEANS:
        return False
    alone = _fitted(number, means)
    return bool(alone.mean() < MIN_FITTED or _fitted(number, u)[alone].mean() >= MIN_FITTED)


def _fitted(terms: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return which targets equal a linear function of the terms, the one of `TRIALS` that most of them equal."""
    chosen = _chosen(*terms.shape)
    solutions = np.einsum("tij,tj->ti", np.linalg.pinv(terms[chosen]), targets[chosen])
    fitted = np.abs(terms @ solutions.T - targets[:, None]) <= TOLERANCE * targets.std()
    best: np.ndarray = fitted[:, int(fitted.sum(axis=0).argmax())]
    return best


@functools.cache
def _chosen(rows: int, terms: int) -> np.ndarray:
    """Return the rows of each trial, (trials, terms). Features of one data set have few different numbers of values."""
    return np.stack([np.random.default_rng(trial).permutation(rows)[:terms] for trial in range(TRIALS)])
