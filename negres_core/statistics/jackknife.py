"""Jackknife pseudo-values: what each row, group or block of rows contributes to a metric of all rows together."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from negres_core.errors import InputError

MOST_COLUMNS = 200
"""Most parts that are left out one by one: each costs one computation of the metric per seed."""

PARTITION_SEED = 0
"""Rows are assigned to blocks at random, always in the same way: sorted rows would make blocks that are not alike."""


def pseudo_values(
    metric: Callable[[np.ndarray, np.ndarray], float],
    targets: np.ndarray,
    outputs: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    most_columns: int = MOST_COLUMNS,
) -> np.ndarray:
    """Turn a metric of all rows into a table of pseudo-values, (seeds, columns), for `crossed_effects`.

    A column is a row, a group, or, if there are more than `most_columns` of these, a block of them. The pseudo-value
    of column j for seed s is theta_s + (J - 1) (mean of theta_s without each column - theta_s without j), so that the
    mean over columns is the metric itself, theta_s, and their variance over J is the jackknife's variance. For a mean
    over rows, with a column per row, they are the scores of the rows.

    The metric has to be smooth in the rows, as AUC, F1, and correlations are; medians and other quantiles are not.

    Args:
        metric: computes the metric from the targets and outputs of some rows.
        targets: (rows, ...).
        outputs: (seeds, rows, ...), one arm's. The columns depend only on the number of rows and on the groups, so the
            tables of two arms can be subtracted.
        groups: (rows,), the group of each row, if rows of a group are not independent.
        most_columns: the most columns, 2 or more; each costs one call of the metric per seed.

    Returns:
        (seeds, columns).

    Raises:
        InputError: the shapes do not fit, there are fewer than 2 columns, or the metric is not finite without some
            column.

    References:
        Tukey (1958), Bias and confidence in not quite large samples, Annals of Mathematical Statistics 29.
        Shao & Wu (1989), A general theory for jackknife variance estimation, Annals of Statistics 17: blocks.

    Examples:
        >>> import numpy as np
        >>> targets, outputs = np.array([1, 0, 1, 1]), np.array([[1, 1, 1, 0]])
        >>> table = pseudo_values(lambda target, output: float(np.mean(target == output)), targets, outputs)
        >>> table.round(9)
        array([[1., 0., 1., 0.]])
    """
    rows = len(targets)
    if outputs.ndim < 2 or outputs.shape[1] != rows or (groups is not None and len(groups) != rows):
        raise InputError(
            "Targets, outputs and groups need the same rows.",
            received=f"targets {targets.shape}, outputs {outputs.shape}"
            + ("" if groups is None else f", groups {np.shape(groups)}"),
            remedy="Give targets as (rows, ...), outputs as (seeds, rows, ...) and groups as (rows,).",
        )
    column_of = columns(rows, groups, most=most_columns)
    count = int(column_of.max()) + 1
    kept = [np.flatnonzero(column_of != column) for column in range(count)]
    table = np.empty((len(outputs), count))
    for seed, output in enumerate(outputs):
        whole = _finite(metric(targets, output), "of all rows")
        without = np.array([_finite(metric(targets[rest], output[rest]), "without some rows") for rest in kept])
        table[seed] = whole + (count - 1) * (without.mean() - without)
    return table


def group_scores(differences: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Turn row scores into a table of groups, (seeds, groups), for `crossed_effects`; its mean is the mean over rows.

    These are the jackknife's pseudo-values of the mean over rows, leaving out one group at a time: a large group weighs
    as much as its rows do. If all groups have the same size, they are the groups' means.

    Args:
        differences: (seeds, rows).
        groups: (rows,), the group of each row, any values.

    Returns:
        (seeds, groups), in the sorted order of the groups.

    Raises:
        InputError: the shapes do not fit, or there are fewer than 2 groups.

    Examples:
        >>> import numpy as np
        >>> group_scores(np.array([[0.0, 2.0, 4.0, 4.0]]), np.array(["a", "a", "b", "b"]))
        array([[1., 4.]])
    """
    if differences.ndim != 2 or len(groups) != differences.shape[1]:
        raise InputError(
            "Differences and groups need the same rows.",
            received=f"differences {differences.shape}, groups {np.shape(groups)}",
            remedy="Give differences as (seeds, rows) and groups as (rows,).",
        )
    column_of = columns(differences.shape[1], groups, most=differences.shape[1])
    sizes = np.bincount(column_of)
    sums = np.stack([np.bincount(column_of, weights=row) for row in np.asarray(differences, dtype=np.float64)])
    totals = sums.sum(axis=1, keepdims=True)
    without: np.ndarray = (totals - sums) / (sizes.sum() - sizes)
    scores: np.ndarray = totals / sizes.sum() + (sizes.size - 1) * (without.mean(axis=1, keepdims=True) - without)
    return scores


def columns(rows: int, groups: np.ndarray | None, *, most: int) -> np.ndarray:
    """Return the column of each row: its own, its group's, or that of a block of rows or groups; (rows,).

    Args:
        rows: number of rows.
        groups: (rows,), the group of each row; None if each row is its own.
        most: the most columns.

    Raises:
        InputError: there are fewer than 2 columns.
    """
    units = np.arange(rows) if groups is None else np.unique(groups, return_inverse=True)[1].ravel()
    count = int(units.max(initial=-1)) + 1
    if min(count, most) < 2:
        raise InputError(
            "The jackknife leaves out one part at a time, so it needs at least 2 parts.",
            received=f"{count} {'rows' if groups is None else 'groups'}, most columns {most}",
            remedy="Give more test rows, or groups.",
        )
    if count <= most:
        return units
    block_of = np.empty(count, dtype=np.intp)
    block_of[np.random.default_rng(PARTITION_SEED).permutation(count)] = np.arange(count) % most
    return block_of[units]


def _finite(value: float, where: str) -> float:
    if not np.isfinite(value):
        raise InputError(
            f"The metric {where} is not finite, so its uncertainty cannot be computed.",
            received=f"{value}",
            remedy="Give a test set in which every class has many rows.",
        )
    return float(value)
