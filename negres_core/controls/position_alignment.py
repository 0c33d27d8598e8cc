"""Position alignment: labels of steps or pixels belong to the inputs at their place, not to those one place further."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.controls.positions import MOST_SAMPLED_ROWS, inputs_by_position
from negres_core.dataset.segmentation import counted
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "position alignment"
WHEN = "before"
FITS = True

MIN_ROWS = 20
"""Fewest rows whose association is averaged."""
MIN_LENGTH = 5
"""Fewest places along an axis."""
MOST_VALUES = 1 << 24
"""Most input values that are looked at."""
CLEAR, ABSENT = 6.0, 3.0
"""Standard errors from which an association is clear, and below which there is none."""
MAX_LAG = 0.9
"""Correlation of a feature with the label one place further from which labels are that value by design, as in the
prediction of the next step, not by a fault."""


def check(run: Run) -> Finding | None:
    """Ask whether inputs change where labels change, or only one place before or after that.

    An index that counts from 1, or an array that was cut at the wrong end, moves all labels of a row by a step or a
    pixel. Where labels change, inputs as a rule change more than elsewhere. If they do so one place further, and not
    at all at the place itself, the labels were moved. Smooth inputs change over several places, and show nothing.
    """
    if run.data.task != "segmentation":
        return None
    rows = spread_rows(len(run.data), most=max(MIN_ROWS, min(MOST_SAMPLED_ROWS, MOST_VALUES // run.data.width)))
    x = inputs_by_position(run.data, rows)
    if x is None or len(rows) < MIN_ROWS:
        return None
    y = run.data.y[rows]
    results = []
    for axis in range(1, y.ndim - 1):
        if y.shape[axis] < MIN_LENGTH:
            continue
        inputs, labels = np.swapaxes(x, 1, axis), np.swapaxes(y, 1, axis)[..., 0]
        shown = [_association(inputs, labels, shift) for shift in (-1, 0, 1)]
        if None in shown:
            continue
        before, here, after = (0.0 if each is None else each for each in shown)
        shift = 1 if after > before else -1
        moved = max(before, after) > CLEAR and here < ABSENT and _lag(inputs, labels, shift) < MAX_LAG
        results.append((moved, axis, here, max(before, after), shift))
    if not results:
        return None
    moved, axis, here, other, shift = max(results)
    return Finding(
        control=NAME,
        passed=not moved,
        found=f"where labels change along axis {axis}, inputs change by {here:.1f} standard errors more than "
        f"elsewhere, and one place {'after' if shift > 0 else 'before'} that by {other:.1f}",
        threshold=f"expected {ABSENT:g} or more at the place itself, or less than {CLEAR:g} one place further; "
        "otherwise the labels have been shifted",
        remedy="Check how labels and inputs were cut and padded, and whether their positions are counted from 0 or "
        "from 1.",
    )


def _association(x: np.ndarray, y: np.ndarray, shift: int) -> float | None:
    """Return by how many standard errors inputs change more where labels change, moved by some places along axis 1.

    None if labels change in too few rows, or nowhere.
    """
    counts = counted(y)
    changes = (y[:, 1:] != y[:, :-1]) & counts[:, 1:] & counts[:, :-1]
    valid = counts[:, 1:] & counts[:, :-1]
    steps = np.sqrt((np.diff(x, axis=1).astype(np.float64) ** 2).sum(axis=-1))
    # The first and the last place have no neighbour, whatever the shift.
    inner = slice(1, steps.shape[1] - 1)
    moved = steps[:, 1 + shift : steps.shape[1] - 1 + shift].reshape(len(x), -1)
    changes, valid = changes[:, inner].reshape(len(x), -1), valid[:, inner].reshape(len(x), -1)
    has_both = (changes.any(axis=1)) & ((valid & ~changes).any(axis=1))
    if has_both.sum() < MIN_ROWS:
        return None
    moved, changes, others = moved[has_both], changes[has_both], (valid & ~changes)[has_both]
    gains = _mean(moved, changes) - _mean(moved, others)
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return float(gains.mean() / error) if error > 0 else 0.0


def _mean(values: np.ndarray, where: np.ndarray) -> np.ndarray:
    means: np.ndarray = (values * where).sum(axis=1) / where.sum(axis=1)
    return means


def _lag(x: np.ndarray, y: np.ndarray, shift: int) -> float:
    """Return the largest correlation of a feature with the label from which it is so many places away."""
    length = y.shape[1]
    here = slice(max(0, -shift), length - max(0, shift))
    there = slice(max(0, shift), length + min(0, shift))
    labels = y[:, here]
    features, labels = x[:, there][counted(labels)].astype(np.float64), labels[counted(labels)].astype(np.float64)
    features, labels = features - features.mean(axis=0), labels - labels.mean()
    norms = np.sqrt((features**2).sum(axis=0) * (labels**2).sum())
    return float(np.abs(labels @ features / np.where(norms > 0, norms, np.inf)).max())
