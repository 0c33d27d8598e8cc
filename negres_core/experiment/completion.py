"""Completion: a stored replicate is given the metric of a claim that it lacks, without training it again.

Replicates of earlier versions have fewer metrics, and a test may bring a metric of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arrays import spread_rows
from negres_core.claim import Metric
from negres_core.claim.cost import watched_metric
from negres_core.dataset import Dataset
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Replicate
from negres_core.experiment.comparison import compare
from negres_core.metrics import Predicted, constant_score, probabilities_of, score_metric
from negres_core.run.run import Run

if TYPE_CHECKING:
    from negres_core.engine.contract import Job, Result
    from negres_core.engine.device import Device
    from negres_core.engine.inspection import SavedModels

SAME_FIT = 1e-4
"""How far a metric of a fit may be from what it was, relative to its size: threads may sum in another order."""

FRESH = "Run with --negres-fresh, which computes every replicate again and keeps the old ones in set-aside/."


CHECK_ROWS = 200
"""Rows, spread over the data set, on whose targets the function of a metric is tried before anything is trained."""


def check_metric(metric: Metric, recipes: Sequence[Recipe], data: Dataset) -> None:
    """Raise InputError if the metric of a claim cannot be computed of what the arms predict.

    Of a fit, only its result shows whether it gives probabilities.
    """
    if metric.code is not None:
        y = data.y[spread_rows(len(data), most=CHECK_ROWS)]
        try:
            constant_score(metric, y, y, classes=data.classes)
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"The function of the metric {metric.name!r} does not run on a constant prediction of {data.name!r}.",
                received=f"{type(error).__name__}: {error}",
                remedy="Take (targets, outputs): the targets of the data set, and probabilities of the classes, (rows, "
                "..., classes), or values in the shape of the targets. For predicted labels, give the metric takes="
                '"labels".',
            ) from error
    if metric.compute is None or metric.takes == "labels" or not data.has_labels:
        return
    for recipe in recipes:
        if recipe.fit is not None:
            continue
        from negres_core.engine.output_layer import gives_probabilities

        if not gives_probabilities(recipe, data):
            raise without_probabilities(recipe, metric)


def check_monitor(recipe: Recipe, claimed: Metric, data: Dataset) -> None:
    """Raise InputError if what the last stage of a recipe monitors is not known of its outputs, or spoils the claim.

    Args:
        recipe: stages without a fit.
        claimed: the metric of the claim.
        data: the data set.
    """
    from negres_core.engine.monitor import monitor_of

    monitor = monitor_of(recipe.last, data)
    if monitor is None:
        return
    check_metric(monitor.metric, [recipe], data)
    if monitor.patience is not None and watched_metric(claimed) is not None:
        raise InputError(
            "An arm may end its training early, but the claim counts a run that never reaches the target at its "
            "whole budget.",
            received=f"{claimed.name}, and patience={monitor.patience} in {name_of(recipe.last.build)}",
            remedy="Leave `patience` out: each run is trained for all its `epochs`, and the claim measures when it "
            'reached the target. For the epochs that early stopping needs, claim beats("epochs").',
        )


def claimed_metric(recipe: Recipe, run: Run, job: Job, result: Result) -> dict[str, float]:
    """Return the metric of the claim, by the name under which it is recorded, for a replicate that was just made.

    Returns:
        Nothing if the replicate has the metric, or if it does not follow from predictions of this task.

    Raises:
        InputError: the metric needs probabilities, and the arm has none.
    """
    metric = run.metric
    if metric.compute is None or metric.key in result.metrics or (metric.tasks and run.data.task not in metric.tasks):
        return {}
    if result.outputs is None:
        return {} if result.finite else {metric.key: float("nan")}
    predicted = Predicted.of(result.outputs, task=run.data.task)
    value = score_metric(metric, run.data.y[job.cell.test], predicted)
    if value is None:
        raise without_probabilities(recipe, metric)
    return {metric.key: value}


def without_probabilities(recipe: Recipe, metric: Metric) -> InputError:
    """Return the error about an arm that has no probabilities, which the metric of the claim needs."""
    if recipe.fit is not None:
        return InputError(
            f"The metric {metric.name!r} needs probabilities, but {name_of(recipe.fit.function)} returns labels.",
            received="labels",
            remedy="Return probabilities, (rows, classes), such as those of predict_proba(test.x); negres takes the "
            "most probable classes as labels; or, for several labels a row, the probability of each, (rows, labels). "
            "For an estimator without predict_proba, return CalibratedClassifierCV(...) of it.",
        )
    return InputError(
        f"The metric {metric.name!r} needs probabilities, and the outputs of {name_of(recipe.last.build)} are none.",
        received="outputs below 0 or above 1, or rows of classes that do not sum to 1",
        remedy="End in a softmax, or in one sigmoid for two classes and a sigmoid for each of several labels a row; or "
        "give a loss with from_logits=True.",
    )


def add_metrics(
    replicate: Replicate, recipe: Recipe, run: Run, job: Job, models: SavedModels, device: Device
) -> dict[str, float]:
    """Return the metrics that a stored replicate lacks, of what its model or its fit predicts now.

    A stored model predicts the test fold again. A fit is computed again, since it has no model.

    Raises:
        EvidenceError: the predictions give other metrics than those of the record.
        InputError: the metric of the claim needs probabilities, and the arm has none.
    """
    if recipe.fit is not None:
        return _of_fit(replicate, recipe, run, job, device)
    cell = run.cell_of(replicate)
    scores, problems = compare(models, recipe, replicate, cell, run.data, device=device.kind, also=[run.metric])
    if problems:
        raise EvidenceError(
            f"A stored replicate lacks {run.metric.name}, and its stored weights do not reproduce the metrics that "
            "it has.",
            received=f"replicate {replicate.id}: {problems[0]}",
            remedy=FRESH,
        )
    if run.metric.compute is not None and run.metric.key not in scores:
        raise without_probabilities(recipe, run.metric)
    return {name: value for name, (value, _) in scores.items() if name not in replicate.metrics}


def predict_again(
    recipe: Recipe, replicate: Replicate, data: Dataset, job: Job, models: SavedModels, device: Device
) -> np.ndarray:
    """Return what a stored replicate predicts for its test rows: probabilities, labels, or values.

    A stored model predicts the test fold again. A fit is computed again, since it has no model.

    Raises:
        InputError: a fit returns numbers in place of predictions.
    """
    if recipe.fit is None:
        predictions = models.predict_fold(recipe, replicate).predictions
        if not data.has_labels:
            return predictions.predicted
        probabilities = probabilities_of(predictions.outputs, logits=predictions.logits, task=data.task)
        return predictions.predicted if probabilities is None else probabilities
    from negres_core.engine.selection import train

    [(_, result)] = train(recipe, data, [job], device=device)
    if result.outputs is None:
        raise InputError(
            f"{name_of(recipe.fit.function)} returns metrics as numbers, but this design needs the scores of single "
            "test rows.",
            received=f"metrics {', '.join(result.metrics)}",
            remedy="Return predictions of the test fold, or use KFolds.",
        )
    return result.outputs


def _of_fit(replicate: Replicate, recipe: Recipe, run: Run, job: Job, device: Device) -> dict[str, float]:
    from negres_core.engine.selection import train

    [(_, result)] = train(recipe, run.data, [job], device=device)
    now = result.metrics | claimed_metric(recipe, run, job, result)
    differ = [
        f"{name} is {recorded} in the record, and now {now.get(name)}"
        for name, recorded in replicate.metrics.items()
        if "@" not in name and not _is_same(recorded, now.get(name))
    ]
    if differ:
        raise EvidenceError(
            f"A stored replicate lacks {run.metric.name}, and its fit gives different metrics when it is computed "
            "again.",
            received=f"{recipe}, replicate {replicate.id}: {differ[0]}",
            remedy=f"Let the fit seed all its random numbers by its parameter `seed`. {FRESH}",
        )
    return {name: value for name, value in now.items() if name not in replicate.metrics}


def _is_same(recorded: float | None, now: float | None) -> bool:
    if recorded is None or now is None:
        return recorded is None and (now is None or not np.isfinite(now))
    return bool(abs(recorded - now) <= SAME_FIT * max(1.0, abs(recorded)))
