"""Checks of what is judged: the arms, the design and the metric of scores that were given, and the scores."""

from __future__ import annotations

import dataclasses
import itertools
import numbers
from collections.abc import Sequence

import numpy as np

from negres_core.claim import Claim, Metric
from negres_core.design import Design, LeaveOneGroupOut
from negres_core.design.leave_one_group_out import LEAST_GROUPS
from negres_core.errors import InputError
from negres_core.metrics import METRICS, check_threshold, counts_rows, find_metric, has_row_scores
from negres_core.metrics.bounds import is_share
from negres_core.scores import FOLD_COLUMNS, Cells, Columns, Table, pair, scores_in

MAX_CHANCE = 1e-4
"""Chance below which two repeats with the same scores in every fold are taken for copies."""


def check_arms(claim: Claim, treatment: object, control: object) -> list[str]:
    """Return the names of the arms as text, the treatment first."""
    if not isinstance(claim, Claim):
        remedy = 'Make one with beats("accuracy", by=0.01), matches(...) or reaches(...).'
        raise InputError("`claim` has to be a claim.", received=claim, remedy=remedy)
    arms = [str(each).strip() for each in (treatment, control) if each is not None]
    if claim.kind == "reaches" and control is not None:
        raise InputError(
            "`reaches` is a claim about one arm, but there are two.",
            received=f"judge(..., control={control!r}, claim={claim})",
            remedy="Leave the control out, or claim beats(...) or matches(...).",
        )
    if claim.kind != "reaches" and control is None:
        raise InputError(
            f"`{claim.kind}` is a claim about two arms, but there is only one.",
            received=f"judge(..., treatment={treatment!r}, claim={claim})",
            remedy="Name the control arm too, as the table does, or claim reaches(...).",
        )
    if treatment is None or not all(arms) or len(set(arms)) < len(arms):
        raise InputError(
            "The arms need different names.",
            received=f"treatment={treatment!r}, control={control!r}",
            remedy="Name the treatment and the control as the table does.",
        )
    return arms


def check_design(design: Design, rows: int | None, groups: int | None) -> tuple[Design, int | None]:
    """Return the design with the number of its groups, and that number; refuse what scores of cells cannot show."""
    if not isinstance(design, Design) or design.kind not in FOLD_COLUMNS:
        raise InputError(
            "`design` has to be a design: a splitter can be used only with a data set, and here there is none.",
            received=f"design={design!r}",
            remedy="Give the design of the runs: KFolds(5, repeats=5), Holdout(test=0.2, splits=25), "
            "LeaveOneGroupOut(groups=12), FixedSplit(...) or TimeSeries(...).",
        )
    if design.scores_rows and groups is not None:
        raise InputError(
            "This design judges single rows, which is not valid for rows in groups.",
            received=f"{design.layout()}, groups={groups!r}",
            remedy="Average the scores of each group under each seed, give a row per group, and leave `groups` out.",
        )
    if isinstance(design, LeaveOneGroupOut):
        known = design.groups if design.groups is not None else groups
        if known is None or known < LEAST_GROUPS or groups not in (None, known):
            raise InputError(
                f"Leaving one group out needs the number of groups, {LEAST_GROUPS} or more.",
                received=f"{design}, groups={groups!r}",
                remedy="Give it to the design: LeaveOneGroupOut(groups=12).",
            )
        design, groups = dataclasses.replace(design, groups=known), known
    for name, value, most in (("rows", rows, None), ("groups", groups, rows)):
        is_count = value is None or (isinstance(value, numbers.Integral) and not isinstance(value, bool))
        if not is_count or (value is not None and (value < design.parts or (most is not None and value > most))):
            raise InputError(
                f"`{name}` is the number of {name} of the data set: at least one per fold"
                f"{', and no more than rows' if name == 'groups' else ''}.",
                received=f"{name}={value!r} for {design.parts} folds"
                f"{f' and {rows} rows' if name == 'groups' and rows is not None else ''}",
                remedy="Give the number of all rows or groups that the folds divide, or leave it out.",
            )
    units = groups if groups is not None else rows
    if design.kind == "k folds" and units == design.folds and design.repeats > 1:
        raise InputError(
            "With as many folds as rows or groups, every repeat tests the same folds: its scores are copies.",
            received=f"{design.folds} folds of {units}, repeats={design.repeats}",
            remedy="Give repeats=1, and the repeats as seeds, which are averaged.",
        )
    return design, groups


def metric_of(claim: Claim, metric: Metric | None) -> Metric:
    """Return the metric of a claim: one of negres, or the one that is declared."""
    known = find_metric(claim.metric)
    found = metric or claim.own or known
    if found is None:
        raise InputError(
            f"negres does not know the metric {claim.metric!r}, so its direction has to be given.",
            received=str(claim),
            remedy=f'Declare it: metric=Metric("{claim.metric}", higher_is_better=True, unit="..."); on the command '
            "line, --higher-is-better or --lower-is-better. negres knows: " + ", ".join(METRICS) + ".",
        )
    if not isinstance(found, Metric) or found.name != claim.metric or (known is not None and found != known):
        raise InputError(
            "The declared metric is not the one that the claim names.",
            received=f"{found}; {claim}{f'; negres knows {known}' if known else ''}",
            remedy="Give both the same name. A metric that negres knows needs no declaration; one that differs from it "
            "needs another name.",
        )
    if known:
        check_threshold(claim)
    return _without_function(found)


def _without_function(metric: Metric) -> Metric:
    """Return a metric of the user's without its function, which computed nothing here: the scores are as they are."""
    known = find_metric(metric.name)
    return (
        metric if metric == known else Metric(metric.name, higher_is_better=metric.higher_is_better, unit=metric.unit)
    )


def check_metric_of_rows(claim: Claim, design: Design) -> None:
    """Refuse a metric of negres that is not a mean over rows, if single rows are judged."""
    known = find_metric(claim.metric)
    if design.scores_rows and known and known.name != "loss" and not has_row_scores(known):
        raise InputError(
            f"The {claim.metric} of the test set is not a mean over its rows, so it cannot be judged from row scores.",
            received=f"{claim}, {design.layout()}",
            remedy="Judge a metric that is a mean over rows, such as accuracy, log_loss or mse; or the scores of "
            "cells, by KFolds.",
        )


def read_cells(
    table: Table, columns: Columns, arms: Sequence[str], claim: Claim, metric: Metric, design: Design
) -> Cells:
    """Return the scores of a table in the cells of a design; refuse those that the metric cannot have."""
    scores = scores_in(table, columns, arms=arms, metric=claim.metric, kind=design.kind)
    cells = pair(scores, arms=arms, design=design)
    if not design.scores_rows:
        _check_copied(cells)
    values = np.concatenate([each.ravel() for each in cells.values])
    values = values[np.isfinite(values)]
    outside = values[(values < 0) | (values > 1)]
    if metric == find_metric(claim.metric) and is_share(claim.metric) and len(outside):
        raise InputError(
            f"{claim.metric} is a share, from 0 to 1.",
            received=f"{outside[0]:g} in {table.source}",
            remedy="Divide percent by 100, or declare another metric whose unit is percent.",
        )
    if design.scores_rows and metric == find_metric(claim.metric) and counts_rows(claim.metric, task=None):
        between = values[(values != 0) & (values != 1)]
        if len(between):
            raise InputError(
                f"The {claim.metric} of a single row is 0 or 1.",
                received=f"{between[0]:g} in {table.source}",
                remedy="Give one line per test row and seed, with 1 if the arm is right.",
            )
    return cells


def _check_copied(cells: Cells) -> None:
    """Refuse repeats with the same scores in every fold of every arm, unless they may be equal by chance.

    The chance that two scores are equal is that of two folds of one repeat. It is large for shares of a few rows, and
    for an arm that is always right, so that such repeats are not taken for copies. The arms may be equal to each other,
    so that only the one whose scores vary most is counted.
    """
    whole = np.stack(cells.values, axis=1)
    pairs = list(itertools.combinations(range(len(whole)), 2))
    copies = [(one, other) for one, other in pairs if np.array_equal(whole[one], whole[other])]
    if not copies:
        return
    one, other = copies[0]
    chance = len(pairs) * min(_chance_equal(each[one].mean(axis=1)) for each in cells.values)
    if chance < MAX_CHANCE:
        repeats = list(dict.fromkeys(score.repeat for score in cells.scores))
        more = f", and {len(copies) - 1} other pairs" if len(copies) > 1 else ""
        raise InputError(
            "Two repeats have the same scores in every fold: one was copied, or run twice on the same folds.",
            received=f"equal scores in the repeats {repeats[one]} and {repeats[other]}{more}; the chance of that is "
            f"{chance:.1g}",
            remedy="Shuffle the folds anew in every repeat, such as by another random_state. If the runs differ only "
            "in their seed, name its column `seed`, and give the design as many seeds and one repeat.",
        )


def _chance_equal(scores: np.ndarray) -> float:
    """Return the chance that every score of a repeat, (folds,), occurs again in the same place of another."""
    pairs = list(itertools.combinations(scores, 2))
    equal = sum(one == other for one, other in pairs)
    return float(((equal + 1) / (len(pairs) + 1)) ** len(scores))
