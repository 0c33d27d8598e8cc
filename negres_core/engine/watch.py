"""What is watched of a replicate: metrics on validation rows after each epoch, and what follows from them.

A claim about the time to a target watches a metric, and a stage with validation rows monitors one. Both are measured on
the same outputs.
"""

from __future__ import annotations

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.dataset import Dataset
from negres_core.early_stopping import Course
from negres_core.engine.contract import Job
from negres_core.engine.monitor import monitor_of
from negres_core.engine.output_layer import takes_logits
from negres_core.engine.scores import score_images
from negres_core.errors import InputError
from negres_core.metrics import Predicted, score_metric


class Watch:
    """Scores outputs on validation rows, in any thread: only its constructor touches Keras.

    Args:
        recipe: the recipe whose last stage is trained.
        data: the data set.
    """

    def __init__(self, recipe: Recipe, data: Dataset) -> None:
        self._data = data
        self._logits = recipe.fit is None and takes_logits(recipe.last, data.output)
        self._monitor = None if recipe.fit is not None else monitor_of(recipe.last, data)

    def rows_of(self, job: Job) -> np.ndarray | None:
        """Return the validation rows of a job; None if nothing is measured on them."""
        return None if job.watched is None and self._monitor is None else job.cell.validation

    def begin(self, job: Job) -> Watched:
        """Return what is watched of a job that has not begun."""
        course = None if self._monitor is None else self._monitor.begin()
        restores = self._monitor is not None and self._monitor.restores_best
        return Watched(self, job, course, restores_best=restores)

    def scores(self, job: Job, outputs: np.ndarray, loss: float) -> tuple[float, float]:
        """Return the metric that the claim watches and the one that the stage monitors; NaN if there is none.

        Args:
            job: the job.
            outputs: the raw outputs for its validation rows, (rows, ...).
            loss: the mean loss on them.
        """
        monitored = None if self._monitor is None else self._monitor.metric
        watched = float("nan") if job.watched is None else self.score(job, outputs, loss)
        if monitored is None or monitored == job.watched:
            return watched, watched
        return watched, self._score(job, monitored, outputs, loss)

    def score(self, job: Job, outputs: np.ndarray, loss: float) -> float:
        """Return the watched metric of a job; NaN if an output is not finite."""
        assert job.watched is not None, "the job has nothing to watch"
        return self._score(job, job.watched, outputs, loss)

    def _score(self, job: Job, metric: Metric, outputs: np.ndarray, loss: float) -> float:
        cell = job.cell
        assert cell.validation is not None, "its cell has no validation rows"
        if not (np.isfinite(outputs).all() and np.isfinite(loss)):
            return float("nan")
        if metric.name == "loss" and metric.compute is None:
            return float(loss)
        targets = self._data.y[cell.validation]
        predicted = Predicted.of_network(outputs, targets, logits=self._logits, task=self._data.task)
        if metric.compute is not None:
            value = score_metric(metric, targets, predicted)
            return float("nan") if value is None else value
        mean = self._data.y[cell.train].mean(axis=0)
        return score_images(targets, predicted.best, mean=mean, span=self._data.span)[metric.name]


class Watched:
    """What was watched of one replicate so far.

    Attributes:
        rows: the validation rows to predict after each epoch; None if nothing is watched.
        keeps: whether the result of the training is the state after the latest epoch, as far as is known.
        restores_best: whether an earlier state may be the result in the end.
    """

    def __init__(self, watch: Watch, job: Job, course: Course | None, *, restores_best: bool) -> None:
        self._watch, self._job, self._course = watch, job, course
        self._values: list[float] = []
        self.rows = watch.rows_of(job)
        self.keeps = True
        self.restores_best = restores_best

    def add(self, outputs: np.ndarray, loss: float) -> None:
        """Score the outputs after another epoch; for the arguments, see `Watch.scores`.

        Raises:
            InputError: the monitored metric is not defined on the validation rows.
        """
        watched, monitored = self._watch.scores(self._job, outputs, loss)
        self._values.append(watched)
        if self._course is None:
            return
        if not np.isfinite(monitored) and np.isfinite(outputs).all() and np.isfinite(loss):
            cell = self._job.cell
            raise InputError(
                "The metric that a stage monitors is not defined on its validation rows.",
                received=f"repeat {cell.repeat}, fold {cell.fold}: {monitored} on {len(outputs)} rows",
                remedy='Monitor "loss", or hold out more rows, so that every class is among them.',
            )
        self._course.add(monitored)
        if self.restores_best:
            self.keeps = self._course.best_epoch == len(self._course.values)

    @property
    def is_over(self) -> bool:
        """Whether the training is over."""
        return self._course is not None and self._course.is_over

    @property
    def rate(self) -> np.float32 | None:
        """The learning rate of the next epoch; None if it is the optimizer's own."""
        return None if self._course is None else self._course.rate

    @property
    def validation(self) -> list[float] | None:
        """The metric that the claim watches after each epoch; None if it watches none."""
        return None if self._job.watched is None else self._values

    @property
    def monitored(self) -> list[float] | None:
        """The metric that the stage monitors after each epoch; None if it has no validation rows."""
        return None if self._course is None else self._course.values

    @property
    def best_epoch(self) -> int | None:
        """The best epoch, from 1; None if the stage has no validation rows."""
        return None if self._course is None else self._course.best_epoch
