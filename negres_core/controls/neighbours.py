"""Nearest neighbours of test rows among training rows, for the controls that look for copies across folds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from negres_core.arrays import is_mapped, row_chunks, spread_rows
from negres_core.dataset.segmentation import counted, is_segmentation
from negres_core.evidence import Finding
from negres_core.metrics.of_segmentation import class_shares
from negres_core.run.run import Run

FEWEST_QUERIES, MOST_QUERIES = 100, 240
"""Held-out rows of a kind that are looked up, of all folds together: a share among them has a standard error of 3 to 5
points."""
DISTANCES = 1 << 22
"""Distances that are computed for one view, unless that makes the queries too few."""
CHUNK_VALUES = 1 << 23
"""Distances that are in memory at once."""
BLOCK_BYTES = 1 << 26
"""Bytes of training rows that are in memory at once."""
MIN_FEATURES, MIN_VALUES = 3, 16
"""Fewest features in which rows are compared, and fewest distinct values of a feature that tells copies apart."""
COMPARED_FEATURES = 256
"""Most features by which rows are compared, spread over the row."""
SAMPLED_ROWS = 2_048
"""Rows from which it is judged what kind of feature one is."""
COLLISIONS = 9.0
"""Least expected number of pairs of rows with equal values, if values were drawn from a feature's range at random. A
feature without one is a counter: the chance of that is exp(-9)."""
COUNTED_FEATURES = 4_096
"""Most features that are examined for counters."""

Lookups = list[tuple[np.ndarray, np.ndarray]]
"""For each fold, the row numbers of some held-out rows, and of all training rows."""


@dataclass(frozen=True, eq=False)
class View:
    """A way to look at rows: which features of a test row are compared with which of a training row.

    Attributes:
        name: the view in words.
        table: one row per row of the data, (rows, features), float32.
        queries: positions of the features of a test row.
        keys: positions of the features of a training row that they are compared with.
        evened: whether the mean and the spread of each row are taken out first.
        distinct: whether training rows at a distance of 0 are left out; some data have many by nature.
        steps: the number of steps by which windows are moved; 0 if the rows are not windows.
        scale: what is subtracted from each feature, and what it is divided by, (2, features of the table); or None.
    """

    name: str
    table: np.ndarray
    queries: np.ndarray
    keys: np.ndarray
    evened: bool = False
    distinct: bool = False
    steps: int = 0
    scale: np.ndarray | None = None

    def select(self, rows: np.ndarray | slice, features: np.ndarray) -> np.ndarray:
        """Return some features of some rows as they are compared."""
        values = self.table[rows][:, features]
        if self.scale is not None:
            values = (values - self.scale[0, features]) / self.scale[1, features]
        if not self.evened:
            return values
        spread = values.std(axis=1, keepdims=True)
        even: np.ndarray = (values - values.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
        return even


@dataclass(frozen=True)
class Neighbours:
    """The nearest training rows of some test rows.

    Attributes:
        rows: row numbers of the test rows, (queries,).
        nearest: row numbers of their nearest training rows, nearest first, (queries, count).
        distances: Euclidean distances to these, (queries, count).
    """

    rows: np.ndarray
    nearest: np.ndarray
    distances: np.ndarray


def held_out(run: Run) -> dict[str, Lookups]:
    """Return the rows that are held out in each fold of the first repeat, by their kind, and all training rows.

    These are the test rows, and the validation rows if the claim's target is measured on such rows.
    """
    cells = run.cells[: run.design.folds]
    kinds = {"test": [(cell.test, cell.train) for cell in cells]}
    validation = [(cell.validation, cell.train) for cell in cells if cell.validation is not None]
    return kinds | ({"validation": validation} if validation else {})


def choose_queries(run: Run) -> dict[str, Lookups]:
    """Return, for each fold of the first repeat, some random held-out rows and all training rows; see `held_out`."""
    most = max(FEWEST_QUERIES, min(MOST_QUERIES, DISTANCES // len(run.data)))
    rng = np.random.default_rng(0)
    return {
        kind: [(rng.permutation(rows)[: -(-most // len(lookups))], train) for rows, train in lookups]
        for kind, lookups in held_out(run).items()
    }


def worst(findings: Iterable[Finding | None]) -> Finding | None:
    """Return the first finding that failed, or else the first one; None if there is none."""
    found = [finding for finding in findings if finding is not None]
    return next((finding for finding in found if not finding.passed), found[0] if found else None)


def find_neighbours(lookups: Lookups, view: View, *, count: int) -> Neighbours | None:
    """Return the nearest training rows of test rows, or None if no test row has so many.

    Folds with too few training rows are left out, such as the first ones of a series.
    """
    lookups = [(test, train) for test, train in lookups if len(train) >= 3 * count]
    if not lookups:
        return None
    blocks = list(row_chunks(len(view.table), 4 * len(view.keys), most_bytes=BLOCK_BYTES))
    sample = blocks[0] if len(blocks) == 1 else spread_rows(len(view.table), most=SAMPLED_ROWS)
    centre = view.select(sample, view.keys).mean(axis=0)  # so that the squares of large means do not swallow distances
    step = max(1, CHUNK_VALUES // blocks[0].stop)
    rows, nearest, distances = [], [], []
    found: list[list[tuple[np.ndarray, np.ndarray]]] = [[] for _ in lookups]
    # Rows on disk are read once, block by block, for the test rows of all folds.
    for block in blocks:
        keys = view.select(block, view.keys) - centre
        squares = np.einsum("ij,ij->i", keys, keys)
        for place, (test, train) in enumerate(lookups):
            excluded = np.ones(len(view.table), dtype=bool)
            excluded[train] = False
            for begin in range(0, len(test), step):
                queries = view.select(test[begin : begin + step], view.queries) - centre
                rough = squares - 2 * (queries @ keys.T)
                rough[:, excluded[block]] = np.inf
                most = min(3 * count, len(keys))
                likely = np.argpartition(rough, most - 1, axis=1)[:, :most]
                # Rough distances are differences of large numbers; those of the likely neighbours are computed again.
                apart = keys[likely].astype(np.float64)
                apart -= queries[:, None]  # in place: arrays of this size take longer to get than to fill
                apart *= apart
                exact = np.sqrt(apart.sum(axis=2))
                exact[np.isinf(np.take_along_axis(rough, likely, axis=1))] = np.inf
                if view.distinct:
                    exact[exact == 0] = np.inf
                found[place].append((likely + block.start, exact))
    for (test, _), parts in zip(lookups, found, strict=True):
        likely, exact = _joined(parts, len(blocks))
        order = np.argsort(exact, axis=1, kind="stable")[:, :count]
        rows.append(test)
        nearest.append(np.take_along_axis(likely, order, axis=1))
        distances.append(np.take_along_axis(exact, order, axis=1))
    complete = np.isfinite(np.concatenate(distances)).all(axis=1)
    arrays = (np.concatenate(each)[complete] for each in (rows, nearest, distances))
    return Neighbours(*arrays) if complete.any() else None


def _joined(parts: list[tuple[np.ndarray, np.ndarray]], blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """Return likely neighbours and their distances, found block by block for some of the test rows at a time."""
    size = len(parts) // blocks
    by_block = [parts[begin : begin + size] for begin in range(0, len(parts), size)]
    whole = [[np.concatenate(each) for each in zip(*block, strict=True)] for block in by_block]
    return np.concatenate([each[0] for each in whole], axis=1), np.concatenate([each[1] for each in whole], axis=1)


def plain_views(x: np.ndarray, *, without: np.ndarray | None = None) -> Iterator[View]:
    """Yield the views of one input, (rows, ...), in which rows are compared feature by feature.

    Args:
        x: the input.
        without: of a table, which features are left out, (features,), bool.

    Of a table these are its values, and standardized ones, without features that have few values by nature. Of images
    and series they are the values, and what is left without the brightness and contrast of each row.
    """
    table = x.reshape(len(x), -1)
    if x.ndim > 2:
        every = some_features(np.arange(table.shape[1]))
        yield View("as they are", table, every, every, distinct=True)
        yield View("of another brightness", table, every, every, evened=True, distinct=True)
        return
    sample = np.sort(x[spread_rows(len(x), most=SAMPLED_ROWS)], axis=0)
    has_values = (sample[1:] != sample[:-1]).sum(axis=0) + 1 >= MIN_VALUES
    kept = np.flatnonzero(has_values if without is None else has_values & ~without)
    if len(kept) < MIN_FEATURES:
        return
    kept = some_features(kept)
    yield View("as they are", x, kept, kept, distinct=True)
    # Of a file, a sample is enough.
    values = x[spread_rows(len(x), most=SAMPLED_ROWS)][:, kept] if is_mapped(x) else x[:, kept]
    scale = np.zeros((2, x.shape[1]), dtype=np.float32)
    scale[0, kept], scale[1, kept] = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-12)
    yield View("standardized", x, kept, kept, distinct=True, scale=scale)


def counters(x: np.ndarray) -> list[int]:
    """Return which features, of rows (rows, features), number the rows: an index, or names that no two rows share."""
    sample = np.sort(x[spread_rows(len(x), most=SAMPLED_ROWS)], axis=0)
    different = np.flatnonzero((sample[1:] != sample[:-1]).all(axis=0))
    return [int(feature) for feature in different if _is_counter(x[:, feature])]


def _is_counter(values: np.ndarray) -> bool:
    """Return whether all values are different, and on an even grid on which random values would not all be."""
    ordered = np.sort(values.astype(np.float64))
    gaps = np.diff(ordered)
    if gaps.min() <= 0:
        return False
    unit = float(np.median(gaps[gaps < 1.5 * gaps.min()]))
    places = (ordered - ordered[0]) / unit
    count, reach = len(values), places[-1] + 1
    # float32 resolves a value to 6e-8 of it, which is this many steps of the grid.
    rounding = max(float(np.abs(ordered).max()) * 1e-6 / unit, 1e-3)
    return bool(
        count * (count - 1) / (2 * reach) >= COLLISIONS
        and rounding < 0.2
        and np.abs(gaps / unit - np.round(gaps / unit)).max() <= 2 * rounding
    )


def some_features(positions: np.ndarray) -> np.ndarray:
    """Return at most `COMPARED_FEATURES` of an array of positions, spread over it."""
    some: np.ndarray = positions.reshape(-1)[spread_rows(positions.size, most=COMPARED_FEATURES)]
    return some


def agreement(y: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """Return how far the targets of paired rows agree: 0 as those of any two rows do, 1 if they are the same.

    For class labels this is Cohen's kappa, also of steps or pixels, whose labels agree by chance as often as those at
    the same place of other rows. For values and several labels a row it is an intraclass correlation. It is 0 if there
    are no pairs.
    """
    if not len(one):
        return 0.0
    if is_segmentation(y):
        both = counted(y[one]) & counted(y[other])
        chances = np.broadcast_to((class_shares(y, 1 + int(y.max())) ** 2).sum(axis=-1)[..., None], both.shape)
        expected = float(chances[both].mean()) if both.any() else 1.0
        return (float(np.mean((y[one] == y[other])[both])) - expected) / (1 - expected) if expected < 1 else 0.0
    if y.dtype.kind == "i" and y.ndim == 1:
        by_chance = float(((np.bincount(y) / len(y)) ** 2).sum())
        return (float(np.mean(y[one] == y[other])) - by_chance) / max(1 - by_chance, 1e-12)
    values = y[spread_rows(len(y), most=SAMPLED_ROWS)].reshape(-1, y[0].size).astype(np.float64)
    apart = ((y[one].astype(np.float64) - y[other]) ** 2).reshape(len(one), -1).sum(axis=1).mean() / 2
    return float(1 - apart / max(values.var(axis=0).sum(), 1e-300))
