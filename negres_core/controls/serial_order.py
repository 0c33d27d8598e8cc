"""Rows do not give away their place in the file: the nearest training row is not always at the same distance in it."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import row_chunks
from negres_core.controls.neighbours import Lookups, agreement, choose_queries, find_neighbours, plain_views, worst
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "serial order"
WHEN = "before"
FITS = True

MAX_SHARE_NEXT, MAX_SHARE = 0.6, 0.25
"""Most test rows whose nearest training row may be the next in the file, and the same number of rows away otherwise, as
a share. In the whole of Covertype, whose file goes from place to place, 40% are next to their nearest row."""
MIN_AGREEMENT = 0.5
"""How far the targets of these rows agree if one gives away the other's; see `neighbours.agreement`."""
MIN_ROWS = 60
"""With fewer rows, so large a share may be chance."""


def check(run: Run) -> Finding | None:
    """Look up held-out rows among the training rows, and count how often the nearest is the same number of rows away.

    In a file of frames, or of measurements in time, it is the next row; in a file that was augmented block by block, it
    is the row from which a row was made. Rows that were drawn one by one have their nearest anywhere. A feature that
    only rises or falls through the file, such as the evenly spaced inputs of a curve, is left out: neighbours in the
    file are then neighbours by design. So they are in a time series, in which only the past is trained on: the same
    day of the year before is the same number of rows away.
    """
    if len(run.data) < MIN_ROWS or run.design.kind == "time series":
        return None
    return worst(_search(run, kind, lookups) for kind, lookups in choose_queries(run).items())


def _search(run: Run, kind: str, lookups: Lookups) -> Finding | None:
    """Look up the held-out rows of one kind, test rows or validation rows."""
    results = []
    for x in run.data.arrays.values():
        for view in plain_views(x, without=_is_monotone(x) if x.ndim == 2 else None):
            neighbours = find_neighbours(lookups, view, count=1)
            if neighbours is None:
                continue
            offsets = np.abs(neighbours.nearest[:, 0] - neighbours.rows)
            offset = int(np.bincount(offsets).argmax())
            at = offsets == offset
            agreed = agreement(run.data.y, neighbours.rows[at], neighbours.nearest[at, 0])
            share, most = float(at.mean()), MAX_SHARE_NEXT if offset == 1 else MAX_SHARE
            results.append((share > most and agreed >= MIN_AGREEMENT, share, offset, agreed))
    if not results:
        return None
    failed, share, offset, agreed = max(results)
    return Finding(
        control=NAME,
        passed=not failed,
        found=f"the nearest training row is {offset} rows away in the file for {share:.1%} of the {kind} rows, and "
        f"its target agrees by {agreed:.2f} (0: as with any row, 1: always)",
        threshold=f"expected {MAX_SHARE:.0%} or less ({MAX_SHARE_NEXT:.0%} for the next row), or an agreement of "
        f"less than {MIN_AGREEMENT}: the nearest row of an independently drawn row is anywhere in the file, while in "
        "a series it is the next row, and among augmented rows it is a copy",
        remedy="Give rows that belong together, such as a block of a series or an image with its augmented copies, the "
        "same label in `groups`.",
    )


def _is_monotone(x: np.ndarray) -> np.ndarray:
    """Return which features never fall, or never rise, from the first row of the file to the last."""
    rises = falls = np.ones(x.shape[1], dtype=bool)
    for rows in row_chunks(len(x) - 1, x[:1].nbytes):
        steps = np.diff(x[rows.start : rows.stop + 1], axis=0)
        rises, falls = rises & (steps >= 0).all(axis=0), falls & (steps <= 0).all(axis=0)
    return rises | falls
