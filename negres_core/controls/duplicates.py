"""No row of the test fold was learned by heart: copies of a row do not straddle the folds."""

from __future__ import annotations

import numpy as np

from negres_core.dataset import Dataset
from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "before"
FITS = True

MOST = 0.01
"""Share of the rows of a test fold that may be known by heart."""
CHUNK = 1 << 22
"""Values that are hashed at once."""
FEW = 64
"""Features on which rows are told apart first."""
ASKED, OTHERS, FEATURES = 256, 2_048, 256
"""Rows whose twins by chance are estimated, rows they are compared with, and features that are compared."""


def check(run: Run) -> Finding:
    """Count rows of the test folds whose twin, in inputs and target, is in the training fold; chance is taken off.

    Rows of discrete data have twins by nature. How many, other rows tell: one that differs from a row in a few features
    would be its twin had these come out alike. So the twins of a row that come by chance are, over all rows that differ
    from it, the sum of the products of the chances that two values of a feature are alike, over the features in which
    they differ. In data of a few categories that is many; of images and measurements next to none.
    """
    data = run.data
    inputs, whole = _hash_rows(data)
    _, twins = np.unique(whole, return_inverse=True)
    shares = []
    for cell in run.cells[: run.design.folds]:
        known = np.zeros(twins.max() + 1, dtype=bool)
        known[twins[cell.train]] = True
        shares.append(float(known[twins[cell.test]].mean()))
    share = float(np.mean(shares))
    chance = _share_by_chance(data, inputs) if share > MOST else 0.0
    return Finding(
        control="duplicates",
        passed=share - chance <= MOST,
        found=f"{share:.2%} of the rows of a test fold have a twin in the training fold, {max(shares):.2%} in the "
        f"worst of {len(shares)} folds" + (f"; by chance {chance:.2%} would" if share > MOST else ""),
        threshold=f"{MOST:.0%} on average, over what chance makes: so many rows known by heart move an accuracy by "
        "less than .01, in all arms alike",
        remedy="Drop the copies, or give rows that belong together one label in `groups`; sample anew after the split.",
    )


def _share_by_chance(data: Dataset, inputs: np.ndarray) -> float:
    """Estimate the share of rows that have a twin without being copied.

    That two values are alike is estimated with each kind of row taken once, so that copies do not vouch for themselves.
    """
    draw = np.random.default_rng(0)
    _, kinds = np.unique(inputs, return_index=True)
    once = data.flatten(draw.permutation(kinds)[:OTHERS])
    features = _various(once)
    alike = np.maximum([_alike(column) for column in once[:, features].T], 1e-12)
    asked, others = draw.permutation(len(data))[:ASKED], draw.permutation(len(data))[:OTHERS]
    x, compared = data.flatten(asked), data.flatten(others)[:, features]
    # A row of one value throughout is a blank, and none is a copy of another.
    expected = np.where(np.ptp(x, axis=1) == 0, 1.0, 0.0)
    for position, row in enumerate(x[:, features]):
        chances = np.exp((compared != row) @ np.log(alike))[inputs[others] != inputs[asked[position]]]
        expected[position] += chances.sum() * len(data) / len(others)
    return float(np.minimum(expected, 1).mean())


def _various(x: np.ndarray) -> np.ndarray:
    """Return the positions of the features with most values, on few rows."""
    ordered = np.sort(x[:ASKED], axis=0)
    return np.argsort(-(ordered[1:] != ordered[:-1]).sum(axis=0), kind="stable")[:FEATURES]


def _alike(values: np.ndarray) -> float:
    """Return the chance that two of these values are alike."""
    counts = np.unique(values, return_counts=True)[1].astype(float)
    return float((counts * (counts - 1)).sum() / max(len(values) * (len(values) - 1), 1))


def _hash_rows(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of the inputs of each row, and one of its inputs and target.

    Rows that no other is like on a few features are told apart by their number, so that images are not read to the end.
    """
    features = data.width
    few = np.linspace(0, features - 1, min(FEW, features)).astype(int)
    step = max(1, CHUNK // features)
    every = np.arange(len(data))
    rough = np.concatenate([_hash(data.flatten(rows)[:, few]) for rows in _chunks(every, step)])
    _, kind, counts = np.unique(rough, return_inverse=True, return_counts=True)
    inputs = _mix(every.astype(np.uint64))
    whole = inputs.copy()
    for rows in _chunks(np.flatnonzero(counts[kind] > 1), step):
        inputs[rows] = _hash(data.flatten(rows))
        whole[rows] = _mix(inputs[rows]) + _hash(data.y[rows].reshape(len(rows), -1))
    return inputs, whole


def _chunks(rows: np.ndarray, step: int) -> list[np.ndarray]:
    return [rows[begin : begin + step] for begin in range(0, len(rows), step)]


def _hash(values: np.ndarray) -> np.ndarray:
    """Hash rows of numbers of 4 bytes to 64 bits: a random linear form of their mixed words."""
    values = values + np.zeros((), values.dtype)  # of the two zeros, one
    if values.shape[1] % 2:
        values = np.pad(values, ((0, 0), (0, 1)))
    words = _mix(np.ascontiguousarray(values).view(np.uint64))
    factors = np.random.default_rng(0).integers(1, 1 << 63, size=words.shape[1], dtype=np.uint64) | np.uint64(1)
    hashed: np.ndarray = np.einsum("ij,j->i", words, factors)
    return hashed


def _mix(words: np.ndarray) -> np.ndarray:
    words = (words + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    words ^= words >> np.uint64(29)
    return words
