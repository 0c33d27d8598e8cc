"""No feature is the target of a later row: in a time series, it was not known yet."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "later targets"
WHEN = "before"
FITS = True

MAX_CORRELATION = 1 - 1e-6
"""Correlation from which a feature is a target, perhaps in another unit: float32 has seven digits."""
MIN_ROWS = 30
"""Fewest rows that are compared: among fewer, a correlation of nearly 1 may be chance."""
COMPARED_ROWS, MOST_STEPS, COMPARED_FEATURES, MOST_TESTED_COLUMNS = 1_024, 400, 1_024, 8
"""Rows that are compared, the first; the farthest row whose target is looked for; the most features, and the most
columns of targets."""


def check(run: Run) -> Finding | None:
    """Correlate each feature with the targets of later rows, and of earlier ones.

    A column that was shifted in the wrong direction holds what is to be forecast, a few rows ahead. The target of an
    earlier row is known, as a rule; a series that repeats itself exactly, or a straight line, has each of its values
    before as well as after, and is not judged.
    """
    if run.design.kind != "time series":
        return None
    rows = np.arange(min(len(run.data), COMPARED_ROWS))
    steps = min(MOST_STEPS, len(rows) - MIN_ROWS)
    if steps < 1:
        return None
    features = spread_rows(run.data.width, most=COMPARED_FEATURES)
    x = run.data.flatten(rows)[:, features].astype(np.float64)
    columns = run.data.y[rows].reshape(len(rows), -1)[:, :MOST_TESTED_COLUMNS].astype(np.float64).T
    later = np.max([_largest(x, y, steps) for y in columns], axis=0)
    earlier = np.max([_largest(x[::-1], y[::-1], steps) for y in columns], axis=0)
    is_later = (later >= MAX_CORRELATION) & (earlier < MAX_CORRELATION)
    known = later[~(earlier >= MAX_CORRELATION)]
    found = f"no feature is the target of one of the next {steps} rows; the largest correlation is " + (
        f"{known.max():.4f}" if len(known) else "that of a series that repeats itself"
    )
    if is_later.any():
        feature = int(features[np.flatnonzero(is_later)[0]])
        found = f"feature {feature} is the target of a later row, but of no earlier one"
        found += f"; so are {is_later.sum() - 1} others" if is_later.sum() > 1 else ""
    return Finding(
        control=NAME,
        passed=not is_later.any(),
        found=found,
        threshold="expected none: when a row is forecast, the target of a later row is not known",
        remedy="Check the direction in which columns were shifted: with pandas, shift(1) gives the value of the row "
        "before.",
    )


def _largest(x: np.ndarray, y: np.ndarray, steps: int) -> np.ndarray:
    """Return, for each feature, the largest correlation with the targets of the row 1 to `steps` rows later."""
    largest = np.zeros(x.shape[1])
    for step in range(1, steps + 1):
        features, targets = x[:-step], y[step:]
        features, targets = features - features.mean(axis=0), targets - targets.mean()
        norms = np.sqrt((features**2).sum(axis=0) * (targets**2).sum())
        products = np.abs(targets @ features)
        np.maximum(largest, np.divide(products, norms, out=np.zeros_like(norms), where=norms > 0), out=largest)
    return largest
