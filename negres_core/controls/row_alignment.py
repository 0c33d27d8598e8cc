"""Row alignment: targets belong to the inputs in the same row, not to those of the row before or after."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import is_same, spread_rows
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "row alignment"
WHEN = "before"
FITS = True

MAX_ROWS = 1500
"""Most rows whose neighbours are sought; the first ones are taken."""
MAX_COLUMNS = 20_000
"""Most values of a row; of wider inputs, every so many are used."""
MAX_POSITIONS = 256
"""Most steps or pixels whose labels are compared, spread over the row."""
CLEAR, ABSENT = 6.0, 3.0
"""Standard errors from which an association is clear, and below which there is none."""
MAX_LAG = 0.9
"""Correlation of one feature with the target of a neighbouring row from which that is a lagged value, not a fault."""
MAX_SERIAL = 0.1
"""Share of rows whose nearest row is an adjacent one from which the rows are a series."""


def check(run: Run) -> Finding | None:
    """Ask whether similar inputs have similar targets: in their own row, or only in the row before or after.

    Two files that were read with different headers are shifted by a row, and then every arm learns nothing, as if there
    were nothing to learn. Series are not judged, since their rows know of each other: the features of most forecasts
    have the target of the row before. Targets that are the inputs, in another order, are a fault as well.
    """
    if (shuffled := _is_shuffled(run)) is not None:
        return _finding(shuffled, f"{'the targets are the inputs, in another order' if shuffled else 'in order'}")
    rows = np.arange(min(MAX_ROWS, len(run.data)))
    if len(rows) < 20 or run.design.kind == "time series":
        return None
    x = run.data.flatten(rows).astype(np.float64)
    x = x[:, :: -(-x.shape[1] // MAX_COLUMNS)]
    y = run.data.y[rows].reshape(len(rows), -1)
    if run.data.task == "segmentation":
        y = y[:, spread_rows(y.shape[1], most=MAX_POSITIONS)]
    inner = rows[1:-1]
    nearest = _nearest(x, inner)
    if np.mean(np.abs(nearest - inner) == 1) > MAX_SERIAL:
        return None
    ranks = _ranks(y)
    shown = {shift: _association(ranks, inner + shift, nearest + shift) for shift in (-1, 0, 1)}
    shift = max((-1, 1), key=lambda each: shown[each])
    is_shifted = shown[shift] > CLEAR and shown[0] < ABSENT and _lag(x[inner], y[inner + shift]) < MAX_LAG
    return _finding(
        is_shifted,
        f"similar rows agree in their own targets by {shown[0]:.1f} standard errors more than chance, and in those "
        f"of the row {'before' if shift < 0 else 'after'} by {shown[shift]:.1f}",
    )


def _finding(failed: bool, found: str) -> Finding:
    return Finding(
        control=NAME,
        passed=not failed,
        found=found,
        threshold=f"expected {ABSENT:g} or more for the targets of their own row, or less than {CLEAR:g} for those "
        "of a neighbouring row; otherwise the targets have been shifted",
        remedy="Check that inputs and targets were read with the same header and sorted alike; join them by a key.",
    )


def _is_shuffled(run: Run) -> bool | None:
    """Return whether targets that are the inputs come in another order; None if they are not the inputs."""
    x, y = run.data.x, run.data.y
    if isinstance(x, dict) or run.data.has_frame or x.shape != y.shape or y.dtype.kind != "f" or is_same(x, y):
        return None
    flat, targets = (array.reshape(len(array), -1) for array in (x, y))
    if np.array_equal(flat, targets):
        return False
    one, other = (sorted(row.tobytes() for row in array) for array in (flat, targets))
    return True if one == other else None


def _nearest(x: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Return the nearest other inner row of each inner row, by standardized features."""
    spread = x.std(axis=0)
    z = ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1))[inner]
    squares = (z**2).sum(axis=1)
    distances = squares[:, None] + squares - 2 * z @ z.T
    np.fill_diagonal(distances, np.inf)
    nearest: np.ndarray = inner[distances.argmin(axis=1)]
    return nearest


def _ranks(y: np.ndarray) -> np.ndarray:
    """Return the ranks of values in each column; labels as they are, since several a row have too many ties."""
    return y if y.dtype.kind == "i" else y.argsort(axis=0).argsort(axis=0).astype(float)


def _association(y: np.ndarray, rows: np.ndarray, others: np.ndarray) -> float:
    """Return by how many standard errors labels, or ranks of values, of neighbours agree more than by chance.

    Pairs of rows that are each other's neighbour count once, so the number of rows is halved.
    """
    if y.dtype.kind == "i" and y.shape[1] == 1:
        chance = float(np.sum((np.bincount(y[:, 0]) / len(y)) ** 2))
        return float((np.mean(y[rows, 0] == y[others, 0]) - chance) / np.sqrt(chance * (1 - chance) / (len(rows) / 2)))
    ranks = y.astype(float)
    ranks = ranks - ranks.mean(axis=0)
    agreement = np.mean(ranks[rows] * ranks[others], axis=0) / np.maximum((ranks**2).mean(axis=0), 1e-12)
    return float(agreement.mean() * np.sqrt(len(rows) / 2))


def _lag(x: np.ndarray, y: np.ndarray) -> float:
    """Return the largest correlation of a feature with a column of targets."""
    z = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-12)
    t = (y - y.mean(axis=0)) / np.maximum(y.std(axis=0), 1e-12)
    return float(np.abs(z.T @ t).max() / len(z))
