"""Resampled rows come from the training fold alone, and keep their targets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, prepare_rows
from negres_core.arrays import label_arrays
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "resampled rows"
WHEN = "before"
FITS = True

MAX_TWIN_SHARE = 0.1
"""Share of held-out rows with a twin in the training fold above which values are few, so that new rows may be equal to
any others by chance, and are not looked up."""


class _Counts(NamedTuple):
    """Rows that a sampler returned, in some cells.

    Attributes:
        before: rows of the training folds.
        after: rows that were returned.
        held_out: those that are equal to a held-out row and to no training row.
        other_targets: those that are equal to a training row, and have a target that no such row has.
    """

    before: int
    after: int
    held_out: int
    other_targets: int


def check(run: Run) -> Finding | None:
    """Resample the training folds of the first repeat again, and look up each row that the sampler returns.

    A sampler may remember rows of earlier folds, or bring rows along; and its targets may be in another order than its
    inputs. New rows, such as those that lie between others, are equal to none.
    """
    cells, results, passed = run.cells[: run.design.folds], [], True
    for arm in run.arms:
        if arm.recipe.resample is None:
            continue
        counts = [_count(run, arm.recipe, cell) for cell in cells]
        before, after, held_out, other_targets = (sum(each) for each in zip(*counts, strict=True))
        passed &= held_out == 0 and other_targets == 0
        results.append(
            f"{arm.role} arm: {name_of(arm.recipe.resample)} makes {after:,} rows of {before:,} in {len(cells)} folds, "
            f"{held_out:,} of them equal to held-out rows, {other_targets:,} with the target of another row"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold="expected 0 rows that equal a held-out row but no training row, and 0 that equal a training row "
        "but have another target",
        remedy="Let `fit_resample` use only its arguments, keep no state between calls, and return each row with its "
        "own target.",
    )


def _count(run: Run, recipe: Recipe, cell: Cell) -> _Counts:
    rows = prepare_rows(recipe, run.data, cell)
    held_out = np.concatenate([cell.test, *([] if cell.validation is None else [cell.validation])])
    targets: dict[bytes, set[bytes]] = {}
    for row, target in zip(_bytes_of(rows, cell.train), _targets_of(rows, cell.train), strict=True):
        targets.setdefault(row, set()).add(target)
    tested = _bytes_of(rows, held_out)
    unseen = {row for row in tested if row not in targets}
    found, wrong = 0, 0
    if np.mean([row in targets for row in tested]) > MAX_TWIN_SHARE:
        return _Counts(len(cell.train), len(rows.train), found, wrong)
    for row, target in zip(_bytes_of(rows, rows.train), _targets_of(rows, rows.train), strict=True):
        found += row in unseen
        wrong += row in targets and target not in targets[row]
    return _Counts(len(cell.train), len(rows.train), found, wrong)


def _bytes_of(rows: PreparedRows, numbers: np.ndarray) -> Sequence[bytes]:
    """Return the bytes of some rows of inputs."""
    parts = [part[numbers].reshape(len(numbers), -1) for part in label_arrays(rows.x, "x").values()]
    # A sum with 0 turns -0 into 0.
    return [row.tobytes() for row in np.concatenate(parts, axis=1) + np.float32(0)]


def _targets_of(rows: PreparedRows, numbers: np.ndarray) -> Sequence[bytes]:
    return [row.tobytes() for row in rows.y[numbers]]
