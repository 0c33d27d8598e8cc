"""The engine of fits: calls the function of a fit, one replicate at a time, and scores its predictions."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from typing import Any

import numpy as np

from negres_core.arms.fit import Fit
from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import prepare_inputs, sample_rows
from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array, take_rows
from negres_core.dataset import Dataset, Task
from negres_core.dataset.segmentation import is_segmentation
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device, peak_memory_bytes
from negres_core.engine.fit_call import call_fit
from negres_core.engine.interruption import interruptible, stop_if_interrupted
from negres_core.engine.scores import score
from negres_core.errors import InputError
from negres_core.metrics import Predicted, RankedLabels, probabilities_of

NO_BUDGET = dict.fromkeys(("epochs", "steps", "trainable_weights", "weights", "step_flops"), 0)
"""The training budget of a fit, which trains no network; its cost is recorded in seconds."""


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Compute the fit of a recipe on every job; see `negres_core.engine.contract.Train`."""
    del device  # the function itself decides where it computes
    assert recipe.fit is not None
    for job in jobs:
        stop_if_interrupted()
        with interruptible():
            result = _compute_one(recipe, recipe.fit, data, job)
        yield job, result


def predict(recipe: Recipe, data: Dataset, job: Job, rows: np.ndarray) -> np.ndarray | None:
    """Compute a fit again for some rows of a job's test fold: labels or values; None if it returns metrics instead."""
    assert recipe.fit is not None
    output = call_fit(recipe.fit.compute, recipe, data, job, prepare_inputs(recipe, data, job.cell), rows).output
    if isinstance(output, Mapping):
        return None
    return Predicted.of(np.asarray(output), task=data.task).shown


def answer(
    recipe: Recipe, data: Dataset, job: Job, targets: np.ndarray, rows: np.ndarray | None = None
) -> np.ndarray | dict[str, float]:
    """Compute a fit again with other targets, or other rows, in the test fold; return its predictions, or metrics."""
    assert recipe.fit is not None
    inputs = prepare_inputs(recipe, data, job.cell)
    asked = job.cell.test if rows is None else rows
    output = call_fit(recipe.fit.compute, recipe, data, job, inputs, asked, targets).output
    if isinstance(output, Mapping):
        return {name: float(value) for name, value in output.items()}
    return np.asarray(output)


def render(recipe: Recipe, data: Dataset, job: Job) -> dict[str, np.ndarray]:
    """Return the images that a fit renders for a job, by caption, unchanged; none if it has no `pictures`.

    Raises:
        InputError: it returns something else.
    """
    assert recipe.fit is not None
    if recipe.fit.pictures is None:
        return {}
    inputs = prepare_inputs(recipe, data, job.cell)
    output = call_fit(recipe.fit.pictures, recipe, data, job, inputs, job.cell.test).output
    images = {caption: np.asarray(image) for caption, image in output.items()} if isinstance(output, Mapping) else {}
    valid = (
        image.ndim in (2, 3) and image.dtype.kind in "biuf" and np.isfinite(image).all() for image in images.values()
    )
    if not images or not all(valid) or not all(isinstance(caption, str) for caption in images):
        shapes = {caption: f"{image.dtype} {image.shape}" for caption, image in images.items()}
        raise InputError(
            f"{name_of(recipe.fit.pictures)} has to map captions to images with finite values.",
            received=shapes or type(output).__name__,
            remedy='Return {"a morph": strip} with a strip of shape (height, width) or (height, width, channels).',
        )
    return images


def _compute_one(recipe: Recipe, fit: Fit, data: Dataset, job: Job) -> Result:
    inputs = prepare_inputs(recipe, data, job.cell)
    called = call_fit(fit.compute, recipe, data, job, inputs, job.cell.test)
    ended = time.perf_counter()
    metrics, predictions, outputs = _score(called.output, fit, data, job)
    weights = [] if called.record is None else called.record.weights(name_of(fit.function))
    is_finite = called.record is None or called.record.is_finite
    if not is_finite:
        metrics, predictions, outputs = dict.fromkeys(metrics, float("nan")), {}, None
    cost = {"compile_s": 0.0, "train_s": called.seconds, "steady_epoch_s": called.seconds}
    return Result(
        metrics=metrics,
        # Predictions may be finite where a metric is not defined, such as an AUC of rows of one class.
        finite=is_finite and (outputs is not None or all(np.isfinite(value) for value in metrics.values())),
        curve=[],
        predictions=predictions,
        weights=called.inherited + weights,
        inputs_digest=digest_array(take_rows(inputs, sample_rows(job.cell))),
        budget=dict(NO_BUDGET) if called.record is None else called.record.budget(weights),
        cost=cost | {"evaluate_s": time.perf_counter() - ended, "memory_bytes": peak_memory_bytes()},
        model=None,
        outputs=outputs,
    )


EXPECTED: dict[Task, tuple[str, str]] = {
    "classification": ("class labels, integers", ", probabilities of the classes, (rows, classes),"),
    "multilabel": ("0 and 1, integers,", ", the probability of each label, floats, (rows, labels),"),
    "segmentation": (
        "a class label for each step or pixel, integers,",
        ", probabilities of the classes of each, (rows, ..., classes),",
    ),
}
"""What a fit returns for labels, and what it may return instead."""


def _score(
    output: Any, fit: Fit, data: Dataset, job: Job
) -> tuple[dict[str, float], dict[str, Any], np.ndarray | None]:
    """Return the metrics of what a fit returned, the summary of its predictions, and these if they are finite."""
    name = name_of(fit.function)
    if isinstance(output, Mapping):
        if not output or not all(isinstance(key, str) and np.ndim(value) == 0 for key, value in output.items()):
            raise InputError(
                f"{name} has to map each metric's name to one number.",
                received=dict(output),
                remedy='Return {"accuracy": 0.9}, or predictions of the test fold.',
            )
        return {key: float(value) for key, value in output.items()}, {}, None
    predicted = output if isinstance(output, RankedLabels) else np.asarray(output)
    y = data.y[job.cell.test]
    is_dense = data.task == "segmentation"
    if is_dense and predicted.dtype.kind in "biu" and predicted.shape == y.shape[:-1]:
        predicted = predicted[..., None]
    shape = (*y.shape[: -1 if is_dense else 1], data.outputs)
    are_probabilities = data.has_labels and predicted.shape == shape and predicted.dtype.kind == "f"
    has_kind = (predicted.dtype.kind in "biu") == data.has_labels and predicted.shape == y.shape
    if data.task == "multilabel":
        has_kind = has_kind and bool(((predicted == 0) | (predicted == 1)).all())
    if is_dense:
        has_kind = has_kind and bool(((predicted >= 0) & (predicted < data.outputs)).all())
    if not has_kind and not are_probabilities:
        expected, or_else = EXPECTED.get(data.task, ("finite values", ","))
        raise InputError(
            f"{name} has to return predictions of the test fold, {expected} in the shape of its targets{or_else} or "
            "metrics.",
            received=f"an array of shape {predicted.shape} and dtype {predicted.dtype}"
            f"{_range_of(predicted) if is_dense else ''} for targets of shape {y.shape}",
            remedy=_remedy_for_predictions(predicted, y),
        )
    finite = bool(np.isfinite(predicted).all())
    if finite and are_probabilities:
        predicted = _checked_probabilities(predicted, name, data.task)
    summary = score(
        data,
        job.cell,
        Predicted.of(predicted, task=data.task),
        finite=finite,
        classes=data.classes,
    )
    return *summary, predicted if finite else None


def _checked_probabilities(outputs: np.ndarray, name: str, task: Task) -> np.ndarray:
    """Return probabilities, whose rows sum to 1 if they are of classes; raise InputError if they are none."""
    if (probabilities := probabilities_of(outputs, logits=False, task=task)) is None:
        if task == "multilabel":
            raise InputError(
                f"{name} returns floats for several labels a row that are not probabilities.",
                received=f"values from {outputs.min():.4g} to {outputs.max():.4g}",
                remedy="Return the probability of each label, from 0 to 1, or labels: (scores > 0).astype(int).",
            )
        sums = outputs.sum(axis=-1)
        raise InputError(
            f"{name} returns an array with a column for each class whose rows are not probabilities.",
            received=f"values from {outputs.min():.4g} to {outputs.max():.4g}, and rows that sum to {sums.min():.4g} "
            f"to {sums.max():.4g}",
            remedy=f"Return predict_proba(...), or labels: scores.argmax(axis={-1 if outputs.ndim > 2 else 1}).",
        )
    return probabilities


def _range_of(predicted: np.ndarray) -> str:
    return f", from {predicted.min()} to {predicted.max()}," if predicted.size else ""


def _remedy_for_predictions(predicted: np.ndarray, y: np.ndarray) -> str:
    """Return how to turn what a fit returned into predictions of the test fold's targets, if that is plain."""
    has_rows = predicted.ndim > 0 and len(predicted) == len(y)
    if is_segmentation(y):
        return (
            "Return a class for each step or pixel, from 0: probabilities.argmax(axis=-1); or these, as floats. If the "
            "targets are values, such as counts, give the data set floats: y=y.astype(float)."
        )
    if y.dtype.kind == "i" and y.ndim == 2:
        if predicted.shape == (y.shape[1], len(y), 2):
            return "Return one column for each label: np.stack([each[:, 1] for each in probabilities], axis=1)."
        return "Return a column for each label: its probability, as floats, or 0 and 1, as integers."
    if has_rows and predicted.ndim == y.ndim + 1 and predicted.shape[-1] == 1 and y.dtype.kind != "i":
        return "Return one value for each row: predictions[:, 0]."
    if has_rows and predicted.ndim == 2 and y.ndim == 1 and y.dtype.kind == "i":
        if predicted.shape[1] == 1:
            return "Return a label for each row: (probabilities[:, 0] > 0.5).astype(int)."
        if predicted.dtype.kind == "f":
            return (
                "Return one column for each class of the data set, whether or not the training fold has rows of it. "
                "A parameter named `outputs` is given their number."
            )
        return "Return the label of the largest score: scores.argmax(axis=1); or probabilities, as floats."
    if predicted.shape == y.shape and predicted.dtype.kind == "f":
        return (
            "Return labels: (probabilities > 0.5).astype(int), or labels.astype(int); or a column of probabilities for "
            "each class, as predict_proba does."
        )
    return "Return one prediction for each row of the second data set, or a mapping of metrics."
