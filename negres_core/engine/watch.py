"""The watched metric of a replicate: measured on validation rows after each epoch."""

from __future__ import annotations

import numpy as np

from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.output_layer import takes_logits
from negres_core.engine.scores import score_images
from negres_core.metrics import Predicted, score_metric
from negres_core.recipe import Recipe


class Watch:
    """Scores outputs on validation rows, in any thread: nothing here touches Keras.

    Args:
        recipe: the recipe whose last stage is trained.
        data: the data set.
    """

    def __init__(self, recipe: Recipe, data: Dataset) -> None:
        self._data = data
        self._logits = recipe.fit is None and takes_logits(recipe.last)

    @staticmethod
    def rows_of(job: Job) -> np.ndarray | None:
        """Return the validation rows of a job; None if it has no metric to measure on them."""
        return None if job.watched is None else job.cell.validation

    def score(self, job: Job, outputs: np.ndarray, loss: float) -> float:
        """Return the watched metric of a job; NaN if an output is not finite.

        Args:
            job: a job with a metric to watch.
            outputs: the raw outputs for its validation rows, (rows, ...).
            loss: the mean loss on them.
        """
        metric, cell = job.watched, job.cell
        assert metric is not None, "the job has nothing to watch"
        assert cell.validation is not None, "its cell has no validation rows"
        if not (np.isfinite(outputs).all() and np.isfinite(loss)):
            return float("nan")
        targets = self._data.y[cell.validation]
        predicted = Predicted.of_network(outputs, targets, logits=self._logits, task=self._data.task)
        if metric.compute is not None:
            value = score_metric(metric, targets, predicted)
            return float("nan") if value is None else value
        if metric.name == "loss":
            return float(loss)
        mean = self._data.y[cell.train].mean(axis=0)
        return score_images(targets, predicted.best, mean=mean, span=self._data.span)[metric.name]
