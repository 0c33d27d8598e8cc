"""No held-out row was memorized in training: copies of a row do not straddle the folds."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.controls.neighbours import COUNTED_FEATURES, Lookups, counters, held_out, worst
from negres_core.dataset import Dataset
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "duplicates"
WHEN = "before"
FITS = True

MAX_TWIN_SHARE = 0.01
"""Most rows of a test fold that may have a twin in the training fold, as a share, beyond those expected by chance."""
MIN_NUMBERED_ROWS, MIN_OTHERS = 60, 2
"""Fewest rows that a feature is said to number, and fewest other features by which rows are then compared."""
HASHED_VALUES = 1 << 22
"""Values that are hashed at once."""
ROUGH_FEATURES = 64
"""Features by which rows are told apart first."""
ESTIMATED_ROWS, OTHER_ROWS, COMPARED_FEATURES = 256, 2_048, 256
"""Rows for which the number of twins by chance is estimated, rows they are compared with, and features compared."""


def check(run: Run) -> Finding | None:
    """Count held-out rows with a twin, in inputs and target, in the training fold, beyond those by chance.

    Rows of discrete data have twins by nature. The expected number is estimated from near-twins: rows that differ in
    few features, weighted by the chance that those features had agreed. So the number of twins of a row by chance is a
    sum over all rows that differ from it; each adds the product, over the features that differ, of the chance that two
    values of that feature are equal. It is large for data of a few categories, and next to nothing for images and
    measurements. A feature that numbers the rows, such as the name of a patient, is left out: with new numbers, copies
    are copies all the same.
    """
    data = run.data if run.design.kind == "time series" else _without_numbers(run.data)
    input_hashes, row_hashes = _hash_rows(data)
    _, twins = np.unique(row_hashes, return_inverse=True)
    return worst(_count_twins(data, kind, lookups, twins, input_hashes) for kind, lookups in held_out(run).items())


def _without_numbers(data: Dataset) -> Dataset:
    """Return a data set without the features that number its rows, as identifiers do, if two others are left."""
    if len(data) < MIN_NUMBERED_ROWS or data.width > COUNTED_FEATURES or data.task == "reconstruction":
        return data
    numbers = counters(data.flatten())
    if not numbers or data.width - len(numbers) < MIN_OTHERS:
        return data
    return data.with_inputs(np.delete(data.flatten(), numbers, axis=1))


def _count_twins(data: Dataset, kind: str, lookups: Lookups, twins: np.ndarray, input_hashes: np.ndarray) -> Finding:
    """Count twins of the held-out rows of one kind; `twins` has the same number for rows that are equal."""
    shares = []
    for rows, train in lookups:
        in_training = np.zeros(twins.max() + 1, dtype=bool)
        in_training[twins[train]] = True
        shares.append(float(in_training[twins[rows]].mean()))
    share = float(np.mean(shares))
    chance = _share_by_chance(data, input_hashes) if share > MAX_TWIN_SHARE else 0.0
    return Finding(
        control=NAME,
        passed=share - chance <= MAX_TWIN_SHARE,
        found=f"{share:.2%} of the rows of a {kind} fold have a twin in the training fold, {max(shares):.2%} in the "
        f"worst of {len(shares)} folds" + (f"; expected by chance: {chance:.2%}" if share > MAX_TWIN_SHARE else ""),
        threshold=f"expected {MAX_TWIN_SHARE:.0%} or less on average, beyond chance: memorizing that few rows changes "
        "an accuracy by less than 0.01, and in all arms alike",
        remedy="Drop the copies, or give rows that belong together the same label in `groups`; oversample only after "
        "the split.",
    )


def _share_by_chance(data: Dataset, input_hashes: np.ndarray) -> float:
    """Estimate the share of rows that have a twin without being copied.

    The chance that two values are equal is estimated with each distinct row taken once, so that copies do not make
    their own values look common.
    """
    rng = np.random.default_rng(0)
    _, distinct = np.unique(input_hashes, return_index=True)
    sample = data.flatten(rng.permutation(distinct)[:OTHER_ROWS])
    features = _most_varied(sample)
    equal = np.maximum([_chance_equal(column) for column in sample[:, features].T], 1e-12)
    rows, others = rng.permutation(len(data))[:ESTIMATED_ROWS], rng.permutation(len(data))[:OTHER_ROWS]
    x, compared = data.flatten(rows), data.flatten(others)[:, features]
    # A row whose values are all the same is blank, and not a copy of another.
    expected = np.where(np.ptp(x, axis=1) == 0, 1.0, 0.0)
    for position, row in enumerate(x[:, features]):
        differs = input_hashes[others] != input_hashes[rows[position]]
        chances = np.exp((compared != row) @ np.log(equal))[differs]
        expected[position] += chances.sum() * len(data) / len(others)
    return float(np.minimum(expected, 1).mean())


def _most_varied(x: np.ndarray) -> np.ndarray:
    """Return the positions of the features with the most distinct values, on few rows."""
    ordered = np.sort(x[:ESTIMATED_ROWS], axis=0)
    return np.argsort(-(ordered[1:] != ordered[:-1]).sum(axis=0), kind="stable")[:COMPARED_FEATURES]


def _chance_equal(values: np.ndarray) -> float:
    """Return the chance that two of these values are equal."""
    counts = np.unique(values, return_counts=True)[1].astype(float)
    return float((counts * (counts - 1)).sum() / max(len(values) * (len(values) - 1), 1))


def _hash_rows(data: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of the inputs of each row, and a hash of its inputs and target.

    A row that equals no other on a few features is told apart by its number, so that images are not read to the end.
    """
    few = spread_rows(data.width, most=ROUGH_FEATURES)
    step = max(1, HASHED_VALUES // data.width)
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
    """Hash rows of 4-byte numbers to 64 bits: a random linear form of their mixed words.

    For 20,000 images of 64 x 64 x 3 this takes 4 s, and `pandas.util.hash_pandas_object`, which works column by column,
    takes 54 s. For Covertype's 581,012 rows of 54 features it is 0.1 s against 0.4 s, and 5 s for `np.unique(axis=0)`.
    """
    values = values + np.zeros((), values.dtype)  # turns -0 into 0
    if values.shape[1] % 2:
        values = np.pad(values, ((0, 0), (0, 1)))
    words = _mix(np.ascontiguousarray(values).view(np.uint64))
    factors = np.random.default_rng(0).integers(1, 1 << 63, size=words.shape[1], dtype=np.uint64) | np.uint64(1)
    hashes: np.ndarray = np.einsum("ij,j->i", words, factors)
    return hashes


def _mix(words: np.ndarray) -> np.ndarray:
    """Spread the bits of 64-bit words by Fibonacci hashing: the factor is 2^64 divided by the golden ratio."""
    words = (words + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    words ^= words >> np.uint64(29)
    return words
