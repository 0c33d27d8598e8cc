"""No held-out row is a near copy of a training row: noisy, synthetic, mirrored, moved, or a window nearby."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from negres_core.arrays import digest_array, spread_rows
from negres_core.controls.neighbours import (
    SAMPLED_ROWS,
    Lookups,
    Neighbours,
    View,
    agreement,
    choose_queries,
    find_neighbours,
    held_out,
    plain_views,
    some_features,
    worst,
)
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "near copies"
WHEN = "before"
FITS = True

MAX_SHARE, MAX_WINDOW_SHARE = 0.1, 0.5
"""Most test rows that may have a near copy in the training fold, as a share, beyond those expected by chance; and that
may be the window of one training row, moved by the same number of steps."""
MIN_AGREEMENT = 0.5
"""How far the targets of near copies agree if one gives away the other's; see `neighbours.agreement`."""
NEAR = 0.2
"""A near copy is at most this fraction of the distance to the last neighbour away, or less in few dimensions."""
BY_CHANCE = 1.5e-4
"""Chance that a neighbour other than the last is that near. In m dimensions it is the fraction to the power of m."""
NEIGHBOURS, OUTER = 20, 10
"""Neighbours of each row, and the first of those from whose distances the dimension is estimated. The nearer ones may
be several copies."""
MEAN_LOG = float(np.mean([sum(1 / place for place in range(first, NEIGHBOURS)) for first in range(OUTER, NEIGHBOURS)]))
"""Expected mean of log(d20 / dj) over these neighbours in one dimension; in m dimensions it is an m-th of it."""
MIN_STEPS, MOST_STEPS, MOST_PIXELS = 8, 64, 4
"""Fewest steps of a window, most steps by which a window is moved, and most pixels by which an image is."""

_kept: dict[tuple[str | None, ...], Finding | None] = {}
"""The findings of this process, by the content of the data and the rows held out: the hypotheses of a file often share
both, and the search takes seconds."""


def check(run: Run) -> Finding | None:
    """Look up held-out rows among the training rows, as they are, mirrored, turned and moved.

    Of rows that were drawn one by one, the nearest of 20 neighbours is rarely much nearer than the last: with m
    dimensions the ratio of the two distances is below t with a chance of 1 - (1 - t^m)^19. A copy that was changed a
    little, or a synthetic row close to its source, is that near. m is estimated from the ten outer neighbours, and t
    chosen such that next to none are expected: rows on a curve are near each other by nature, and have to be nearer.
    Bitwise equal rows are left to the control "duplicates". Where the targets of the near rows do not agree, memorizing
    one does not help with the other.
    """
    kinds = held_out(run)
    held = [digest_array(rows) for lookups in kinds.values() for pair in lookups for rows in pair]
    key = (run.data.digest, run.data.output, *kinds, *held)
    if key not in _kept:
        _kept[key] = worst(_search(run, kind, lookups) for kind, lookups in choose_queries(run).items())
    return _kept[key]


def _search(run: Run, kind: str, lookups: Lookups) -> Finding | None:
    """Look up the held-out rows of one kind, test rows or validation rows."""
    queries = sum(len(test) for test, _ in lookups)
    copies: set[int] = set()
    counts: dict[str, int] = {}
    window, searched = ("", 0.0), False
    for view in _views(run):
        neighbours = find_neighbours(lookups, view, count=NEIGHBOURS)
        if neighbours is None:
            continue
        searched = True
        near = _near(neighbours)
        rows = neighbours.rows[near]
        if not len(rows) or agreement(run.data.y, rows, neighbours.nearest[near, 0]) < MIN_AGREEMENT:
            continue
        if view.steps:
            window = max(window, (view.name, len(rows) / queries), key=lambda each: each[1])
        else:
            copies.update(rows.tolist())
            counts[view.name] = counts.get(view.name, 0) + len(rows)
    if not searched:
        return None
    share, how = len(copies) / queries, max(counts, key=lambda name: counts[name], default="")
    return Finding(
        control=NAME,
        passed=share <= MAX_SHARE and window[1] <= MAX_WINDOW_SHARE,
        found=f"{share:.1%} of {queries} {kind} rows have a near copy with the same target in the training fold"
        f"{f', most of them {how}' if copies else ''}"
        f"{f'; {window[1]:.1%} overlap a training row, {window[0]}' if window[1] else ''}",
        threshold=f"expected {MAX_SHARE:.0%} or less, and {MAX_WINDOW_SHARE:.0%} for windows that overlap by the "
        "same number of steps: among independently drawn rows, hardly any is much nearer to one row than to others",
        remedy="Augment, resample and cut windows after the split; or give all rows that come from one source, such as "
        "a block of a series, the same label in `groups`.",
    )


def _near(neighbours: Neighbours) -> np.ndarray:
    """Return which rows have a near copy: (queries,), bool."""
    last = neighbours.distances[:, -1:]
    outer = np.maximum(neighbours.distances[:, OUTER - 1 :], 1e-12 * last + 1e-300)
    logs = np.log(outer[:, -1:] / outer[:, :-1]).mean(axis=1)
    dimensions = MEAN_LOG / max(float(np.median(logs)), 1e-3)
    fraction = min(NEAR, BY_CHANCE ** (1 / dimensions))
    near: np.ndarray = neighbours.distances[:, 0] < fraction * last[:, 0]
    return near


def _views(run: Run) -> Iterator[View]:
    """Yield the views of each input."""
    for x in run.data.arrays.values():
        shape = _image_shape(x.shape[1]) if x.ndim == 2 and _is_image(x) else None
        image = x if shape is None else x.reshape(len(x), *shape)
        yield from plain_views(image)
        if image.ndim == 4 or (image.ndim == 3 and min(image.shape[1:]) >= 4):
            yield from _views_of_image(image)
        if x.ndim <= 3 and x.shape[1] >= MIN_STEPS and _is_series(x):
            yield from _views_of_windows(x)


def _views_of_image(x: np.ndarray) -> Iterator[View]:
    """Yield images mirrored and turned, and moved by a few pixels in each direction, compared where they overlap."""
    table = x.reshape(len(x), -1)
    places = np.arange(table.shape[1]).reshape(x.shape[1:])
    height, width = x.shape[1], x.shape[2]
    turned = [places, places.swapaxes(0, 1)] if height == width else [places]
    for image, vertical, horizontal in itertools.product(turned, (1, -1), (1, -1)):
        if image is not places or (vertical, horizontal) != (1, 1):
            image = image[::vertical, ::horizontal]
            yield View("mirrored or turned", table, some_features(image), some_features(places))
    most = max(1, min(MOST_PIXELS, min(height, width) // 12))
    for down, across in itertools.product(range(-most, most + 1), repeat=2):
        if down or across:
            here = places[max(down, 0) : height + min(down, 0), max(across, 0) : width + min(across, 0)]
            there = places[max(-down, 0) : height + min(-down, 0), max(-across, 0) : width + min(-across, 0)]
            yield View("moved", table, some_features(here), some_features(there))


def _views_of_windows(x: np.ndarray) -> Iterator[View]:
    """Yield the later part of each row beside the earlier part of others, and the other way round."""
    table = x.reshape(len(x), -1)
    places = np.arange(table.shape[1]).reshape(x.shape[1:])
    for steps in range(1, min(len(places) // 2, MOST_STEPS) + 1):
        late, early = some_features(places[steps:]), some_features(places[:-steps])
        name = f"by all but {steps} of {len(places)} steps"
        yield View(name, table, late, early, evened=True, steps=steps)
        yield View(name, table, early, late, evened=True, steps=steps)


def _image_shape(width: int) -> tuple[int, ...] | None:
    """Return the shape of a flattened square image, grey or in colour; None if the width is that of none."""
    for channels in (1, 3):
        side = math.isqrt(width // channels)
        if side >= 6 and side * side * channels == width:
            return (side, side, channels)
    return None


def _is_image(x: np.ndarray) -> bool:
    """Return whether most features of a table reach from nearly the same value to nearly the same, as pixels do."""
    sample = x[spread_rows(len(x), most=SAMPLED_ROWS)]
    low, high = sample.min(axis=0), sample.max(axis=0)
    return bool(np.median(high - low) >= 0.5 * (high.max() - low.min()))


def _is_series(x: np.ndarray) -> bool:
    """Return whether all steps of a row have nearly the same spread, as in a window of a series."""
    spread = x[spread_rows(len(x), most=SAMPLED_ROWS)].std(axis=0)
    return bool((spread.min(axis=0) > 0.5 * spread.max(axis=0)).all())
