"""The engine of fits: calls the function of a fit, one replicate at a time, and scores its predictions."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from negres_core.arrays import Named, digest_array, take_rows
from negres_core.dataset import Dataset, Task
from negres_core.dataset.segmentation import is_segmentation
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device, peak_memory_bytes
from negres_core.engine.inheritance import weight_paths
from negres_core.engine.interruption import interruptible, stop_if_interrupted
from negres_core.engine.scores import score
from negres_core.engine.settings import kept_settings
from negres_core.engine.trained import load_parent
from negres_core.errors import InputError
from negres_core.evidence import TrainedWeight
from negres_core.fit import OFFERED, Fit
from negres_core.metrics import Predicted, probabilities_of
from negres_core.preprocessing import prepare_inputs, sample_rows
from negres_core.recipe import Recipe, name_of
from negres_core.resampling import prepare_rows
from negres_core.seeds import derive_seed

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
    output = _call(recipe.fit.compute, recipe, data, job, prepare_inputs(recipe, data, job.cell), rows)[0]
    if isinstance(output, Mapping):
        return None
    return Predicted.of(np.asarray(output), task=data.task).shown


def answer(
    recipe: Recipe, data: Dataset, job: Job, targets: np.ndarray, rows: np.ndarray | None = None
) -> np.ndarray | dict[str, float]:
    """Compute a fit again with other targets, or other rows, in the test fold; return its predictions, or metrics."""
    assert recipe.fit is not None
    inputs = prepare_inputs(recipe, data, job.cell)
    output = _call(recipe.fit.compute, recipe, data, job, inputs, job.cell.test if rows is None else rows, targets)[0]
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
    output = _call(recipe.fit.pictures, recipe, data, job, prepare_inputs(recipe, data, job.cell), job.cell.test)[0]
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


def check_fit(fit: Fit, *, has_model: bool) -> None:
    """Raise InputError if a function of a fit requires an argument that it is not given."""
    for function in filter(None, (fit.compute, fit.pictures)):
        _check_function(function, has_model=has_model)


def _check_function(function: Callable[..., Any], *, has_model: bool) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    offered = OFFERED if has_model else OFFERED[1:]
    unknown = [name for name in required if name not in offered and name not in [p.name for p in positional[:2]]]
    if len(positional) < 2 or unknown:
        raise InputError(
            f"{name_of(function)} has to take a training fold and a test fold, and may take "
            f"{', '.join(offered[:-1])} and {offered[-1]}.",
            received=f"a function of {', '.join(p.name for p in parameters) or 'nothing'}",
            remedy="Set other arguments with functools.partial; `model` is only for a fit that inherits a stage.",
        )


def _compute_one(recipe: Recipe, fit: Fit, data: Dataset, job: Job) -> Result:
    inputs = prepare_inputs(recipe, data, job.cell)
    began = time.perf_counter()
    output, weights = _call(fit.compute, recipe, data, job, inputs, job.cell.test)
    ended = time.perf_counter()
    metrics, predictions, outputs = _score(output, fit, data, job)
    cost = {"compile_s": 0.0, "train_s": ended - began, "steady_epoch_s": ended - began}
    return Result(
        metrics=metrics,
        # Predictions may be finite where a metric is not defined, such as an AUC of rows of one class.
        finite=outputs is not None or all(np.isfinite(value) for value in metrics.values()),
        curve=[],
        predictions=predictions,
        weights=weights,
        inputs_digest=digest_array(take_rows(inputs, sample_rows(job.cell))),
        budget=dict(NO_BUDGET),
        cost=cost | {"evaluate_s": time.perf_counter() - ended, "memory_bytes": peak_memory_bytes()},
        model=None,
        outputs=outputs,
    )


def _call(
    function: Callable[..., Any],
    recipe: Recipe,
    data: Dataset,
    job: Job,
    inputs: Named[np.ndarray],
    test_rows: np.ndarray,
    targets: np.ndarray | None = None,
) -> tuple[Any, list[TrainedWeight]]:
    """Call a function with the training fold and test rows; return its output, and the weights that it was given.

    The model is its own, loaded for this call, so it may train it further. The weights are those before the call. If
    `targets` are given, they replace those of the test rows.
    """
    prepared = data if recipe.preprocess is None else dataclasses.replace(data, x=inputs)
    train = prepared.take(job.cell.train)
    if recipe.resample is not None:
        rows = prepare_rows(recipe, data, job.cell)
        train = train.with_rows(take_rows(rows.x, rows.train), rows.y[rows.train])
    seed = derive_seed("fit", repeat=job.cell.repeat, fold=job.cell.fold, seed=job.seed)
    model = load_parent(recipe.parent, data, job)
    weights = _weights_of(model) if model is not None else []
    offered = {"model": model, "seed": seed} | ({} if _sets_outputs(function) else {"outputs": data.outputs})
    arguments = {name: offered[name] for name in inspect.signature(function).parameters if name in offered}
    # A function that samples from a global generator, such as Keras', samples the same when it is called again.
    keras.utils.set_random_seed(seed)
    # Whatever the weights tell of the targets, an arm cannot read it from the rows that it predicts.
    test = prepared.take(test_rows).with_weights(None)
    if targets is not None:
        test = test.with_targets(targets)
    with kept_settings():
        return _call_on(function, train, test, arguments), weights


def _sets_outputs(function: Callable[..., Any]) -> bool:
    """Return whether a partial has set the number of outputs."""
    return isinstance(function, functools.partial) and "outputs" in function.keywords


def _call_on(function: Callable[..., Any], train: Dataset, test: Dataset, arguments: Mapping[str, Any]) -> Any:
    """Call a function on two folds, whose arrays are read-only."""
    try:
        return function(train, test, **arguments)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise InputError(
            f"{name_of(function)} changes an array of a fold in place, and folds are read-only.",
            received=str(error),
            remedy="Change a copy: x = train.x.copy(); y = train.y.copy().",
        ) from error


def _weights_of(model: Any) -> list[TrainedWeight]:
    """Return the weights of the inherited model, which identify it in the record."""
    digests = [digest_array(weight) for weight in model.weights]
    return [
        TrainedWeight(
            path=path,
            shape=tuple(weight.shape),
            trainable=False,
            frozen=True,
            start=digest,
            end=digest,
            inherited_from=index,
        )
        for index, (path, weight, digest) in enumerate(zip(weight_paths(model), model.weights, digests, strict=True))
    ]


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
    predicted = np.asarray(output)
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
    """Return probabilities, of which each row sums to 1 if they are of classes; raise InputError if they are not."""
    if (probabilities := probabilities_of(outputs, logits=False, task=task)) is None:
        if task == "multilabel":
            raise InputError(
                f"{name} returns floats for several labels a row, and they are no probabilities.",
                received=f"values from {outputs.min():.4g} to {outputs.max():.4g}",
                remedy="Return the probability of each label, from 0 to 1, or labels: (scores > 0).astype(int).",
            )
        sums = outputs.sum(axis=-1)
        raise InputError(
            f"{name} returns an array with a column for each class, and its rows are no probabilities.",
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
