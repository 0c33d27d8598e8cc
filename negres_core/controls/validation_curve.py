"""Metrics were measured on the validation rows: saved models give the same there as the curves that were recorded."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.evidence import Finding, Replicate
from negres_core.metrics import monitored_metric
from negres_core.rescoring import agrees, relative_rounding, rescore
from negres_core.run.arm import Arm
from negres_core.run.models import Models
from negres_core.run.run import Run

NAME = "validation curve"
WHEN = "after"


class _Curve(NamedTuple):
    """A metric, what was recorded of it for the epoch whose weights were saved, and whether that epoch was the best."""

    metric: Metric
    recorded: float | None
    is_best: bool = True


def check(run: Run) -> Finding | None:
    """Predict the validation rows by the saved models of the first repeat of each arm, and score them.

    The curves are those of what a claim watches and of what a stage monitors. A metric that was measured on other rows,
    such as test rows, may agree by chance in one cell, but not in all. A stage that restores its best epoch has the
    weights of the epoch with the best value, which is compared, too.
    """
    differ: list[str] = []
    compared = 0
    for arm in run.arms:
        for recipe, stage in zip(arm.recipe.lineage, arm.stages, strict=True):
            for replicate in stage[: run.design.folds * run.design.seeds_per_cell]:
                for metric, recorded, is_best in _curves(run, arm, recipe, replicate):
                    score = None if run.models is None else _score(run, run.models, recipe, replicate, metric)
                    if score is None:
                        continue
                    compared += 1
                    shown = "not finite" if recorded is None else f"{recorded:.6g}"
                    if not is_best:
                        differ.append(f"the best epoch of the {arm.role} arm is not the best of its curve")
                    elif not agrees(recorded, *score):
                        differ.append(
                            f"{metric.name} of the {arm.role} arm is {shown}, and {score[0]:.6g} for its model"
                        )
    if not compared:
        return None
    return Finding(
        control=NAME,
        passed=not differ,
        found=f"{len(differ)} of {compared} curves differ from what the saved model gives on the validation "
        f"rows{': ' if differ else ''}{'; '.join(differ[:2])}",
        threshold="expected 0: targets and early stopping are measured on validation rows, which are neither trained "
        "nor tested on",
        remedy="Report this as a bug of negres, unless a layer handles `training` wrongly.",
    )


def _curves(run: Run, arm: Arm, recipe: Recipe, replicate: Replicate) -> list[_Curve]:
    """Return the curves of a replicate, at the epoch whose weights its model has."""
    if replicate.status != "finished" or recipe.fit is not None:
        return []
    restored = recipe.last.restores_best and replicate.best_epoch is not None
    place = (replicate.best_epoch or 0) - 1 if restored else -1
    curves = []
    if replicate.validation and recipe == arm.recipe:
        curves.append(_Curve(run.metric, replicate.validation[place]))
    if replicate.monitored:
        metric = monitored_metric(recipe.last.monitor, task=run.data.task, targets=run.data.y)
        values = np.array([np.nan if each is None else each for each in replicate.monitored])
        best = int(np.nanargmax(values) if metric.higher_is_better else np.nanargmin(values)) + 1
        curves.append(_Curve(metric, replicate.monitored[place], is_best=best == replicate.best_epoch))
    return curves


def _score(
    run: Run, models: Models, recipe: Recipe, replicate: Replicate, metric: Metric
) -> tuple[float, float] | None:
    """Return a metric of a saved model on the validation rows, and its tolerance; None if it is unknown."""
    rows = run.trained_cell(recipe, run.cell_of(replicate)).validation
    if rows is None:
        return None
    predictions = models.predictions(recipe, replicate, rows)
    if not np.isfinite(predictions.outputs).all():
        return None
    relative = relative_rounding(devices=[replicate.key.device])
    return rescore(predictions, relative=relative, also=[metric]).get(metric.key)
