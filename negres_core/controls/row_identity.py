"""No feature numbers the rows while rows with neighbouring numbers share their target."""

from __future__ import annotations

import numpy as np

from negres_core.controls.neighbours import COUNTED_FEATURES, agreement, counters
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "row identity"
WHEN = "before"
FITS = True

MAX_AGREEMENT = 0.2
"""How far the target of a test row may agree with that of the training row whose number is next to its own."""
STANDARD_ERRORS = 5.0
"""By how many standard errors the agreement has to exceed 0, which it is if numbers and targets are unrelated."""
MIN_ROWS = 60
"""Fewest rows among which a number that no two rows share is not a coincidence."""
MAX_SMOOTH = 0.9
"""Correlation of a feature's values in rows with neighbouring numbers. If all other features are that smooth, the rows
are points of a curve or of a series, and their number is its time."""


def check(run: Run) -> Finding | None:
    """Find features that count rows, and look up the target of each test row at the training row with the next number.

    A counter has values on an even grid, and no two rows share one, although the grid has so few places that values
    drawn at random would meet. Images, and rows with a single feature, have no counter.
    """
    data = run.data
    if len(data) < MIN_ROWS or data.width < 2 or data.width > COUNTED_FEATURES or data.task == "reconstruction":
        return None
    if run.design.kind == "time series":
        return None
    x = data.flatten()
    results = [
        (*_agreement_of_next(run, x[:, feature]), feature)
        for feature in counters(x)
        if not _is_smooth(np.delete(x, feature, axis=1)[np.argsort(x[:, feature])])
    ]
    if not results:
        return None
    agreed, least, feature = max(results)
    return Finding(
        control=NAME,
        passed=agreed <= max(MAX_AGREEMENT, least),
        found=f"feature {feature} numbers the rows, and the target of a test row agrees by {agreed:.2f} with that of "
        "the training row whose number is next to its own (0: as with any row, 1: always)",
        threshold=f"expected {MAX_AGREEMENT} or less: if rows with neighbouring numbers share their target, the number "
        "tells which training rows to copy the answer from, and says nothing about a new row",
        remedy="Leave the feature out; if rows come in blocks that belong together, give each block one label in "
        "`groups`.",
    )


def _is_smooth(x: np.ndarray) -> bool:
    """Return whether every feature of rows in order changes little from one row to the next."""
    varying = x[:, np.ptp(x, axis=0) > 0].astype(np.float64)
    steps = (np.diff(varying, axis=0) ** 2).mean(axis=0) / 2
    return bool((1 - steps / np.maximum(varying.var(axis=0), 1e-300) >= MAX_SMOOTH).all())


def _agreement_of_next(run: Run, numbers: np.ndarray) -> tuple[float, float]:
    """Return how far targets of test rows agree with those of the next training rows, and what may be chance."""
    one, other = [], []
    for cell in run.cells[: run.design.folds]:
        train = cell.train[np.argsort(numbers[cell.train])]
        place = np.searchsorted(numbers[train], numbers[cell.test])
        before, after = train[np.maximum(place - 1, 0)], train[np.minimum(place, len(train) - 1)]
        wanted = numbers[cell.test].astype(np.float64)
        nearer = np.abs(numbers[before] - wanted) <= np.abs(numbers[after] - wanted)
        one.append(cell.test)
        other.append(np.where(nearer, before, after))
    independent = len(run.data) if run.data.groups is None else len(np.unique(run.data.groups))
    agreed = agreement(run.data.y, np.concatenate(one), np.concatenate(other))
    return agreed, STANDARD_ERRORS / float(np.sqrt(independent))
