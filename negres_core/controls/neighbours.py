"""Nearest neighbours of test rows among training rows, for the controls that look for copies across folds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.dataset.segmentation import counted, is_segmentation
from negres_core.evidence import Finding
from negres_core.metrics.of_segmentation import class_shares
from negres_core.run import Run

FEWEST_QUERIES, MOST_QUERIES = 100, 240
"""Held-out rows of a kind that are looked up, of all folds together: a share among them has a standard error of 3 to 5
points."""
DISTANCES = 1 << 22
"""Distances that are computed for one view, unless that makes the queries too few."""
CHUNK_VALUES = 1 << 23
"""Distances that are in memory at once."""
MIN_FEATURES, MIN_VALUES = 3, 16
"""Fewest features in which rows are compared, and fewest distinct values of a feature that tells copies apart."""
COMPARED_FEATURES = 256
"""Most features by which rows are compared, spread over the row."""
SAMPLED_ROWS = 2_048
"""Rows from which it is judged what kind of feature one is."""

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
        distinct: whether training rows at a distance of 0 are left out, of which some data have many by nature.
        steps: the number of steps by which windows are moved; 0 if the rows are no windows.
    """

    name: str
    table: np.ndarray
    queries: np.ndarray
    keys: np.ndarray
    evened: bool = False
    distinct: bool = False
    steps: int = 0

    def select(self, rows: np.ndarray | slice, features: np.ndarray) -> np.ndarray:
        """Return some features of some rows as they are compared."""
        values = self.table[rows][:, features]
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
    keys = view.select(slice(None), view.keys)
    centre = keys.mean(axis=0)  # so that the squares of large means do not swallow small distances
    keys = keys - centre
    squares = np.einsum("ij,ij->i", keys, keys)
    step = max(1, CHUNK_VALUES // len(keys))
    rows, nearest, distances = [], [], []
    for test, train in lookups:
        excluded = np.ones(len(keys), dtype=bool)
        excluded[train] = False
        for begin in range(0, len(test), step):
            chunk = test[begin : begin + step]
            queries = view.select(chunk, view.queries) - centre
            rough = squares - 2 * (queries @ keys.T)
            rough[:, excluded] = np.inf
            likely = np.argpartition(rough, 3 * count - 1, axis=1)[:, : 3 * count]
            # The rough distances are differences of large numbers; those of the likely neighbours are computed again.
            exact = np.sqrt(((keys[likely].astype(np.float64) - queries[:, None]) ** 2).sum(axis=2))
            if view.distinct:
                exact[exact == 0] = np.inf
            order = np.argsort(exact, axis=1, kind="stable")[:, :count]
            rows.append(chunk)
            nearest.append(np.take_along_axis(likely, order, axis=1))
            distances.append(np.take_along_axis(exact, order, axis=1))
    complete = np.isfinite(np.concatenate(distances)).all(axis=1)
    found = (np.concatenate(each)[complete] for each in (rows, nearest, distances))
    return Neighbours(*found) if complete.any() else None


def plain_views(x: np.ndarray) -> Iterator[View]:
    """Yield the views of one input, (rows, ...), in which rows are compared feature by feature.

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
    kept = np.flatnonzero((sample[1:] != sample[:-1]).sum(axis=0) + 1 >= MIN_VALUES)
    if len(kept) < MIN_FEATURES:
        return
    kept = some_features(kept)
    values = x[:, kept]
    scaled = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-12)
    every = np.arange(len(kept))
    yield View("as they are", values, every, every, distinct=True)
    yield View("standardized", scaled, every, every, distinct=True)


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
