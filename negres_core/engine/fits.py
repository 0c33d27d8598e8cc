"""The engine of fits: calls what a recipe ends in, a replicate at a time, and scores what it predicts."""

from __future__ import annotations

import dataclasses
import inspect
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from negres_core.arrays import Named, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job, Result, Weight
from negres_core.engine.device import Device, peak_memory_bytes
from negres_core.engine.model import load_model, weight_paths
from negres_core.engine.scores import score
from negres_core.errors import InputError
from negres_core.fit import OFFERED, Fit
from negres_core.preprocessing import digest_array, prepare_inputs, sample_rows
from negres_core.recipe import Recipe, name_of
from negres_core.seeds import derive_seed

BUDGET = dict.fromkeys(("epochs", "steps", "trainable_weights", "weights", "step_flops"), 0)
"""Nothing is trained; what a fit costs is in its seconds."""


def train(recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device) -> Iterator[tuple[Job, Result]]:
    """Compute the fit of a recipe on every job; see `negres_core.engine.contract.Train`."""
    del device  # what is called knows where it computes
    assert recipe.fit is not None
    for job in jobs:
        yield job, _compute_one(recipe, recipe.fit, data, job)


def predict(recipe: Recipe, data: Dataset, job: Job, rows: np.ndarray) -> np.ndarray | None:
    """Compute a fit again for some rows of a job's test fold; None where it returns metrics, not predictions."""
    assert recipe.fit is not None
    made = _call(recipe.fit.compute, recipe, data, job, prepare_inputs(recipe, data, job.cell), rows)[0]
    return None if isinstance(made, Mapping) else np.asarray(made)


def render(recipe: Recipe, data: Dataset, job: Job) -> dict[str, np.ndarray]:
    """Return the images that a fit draws of a job, by caption, as they come; none where it draws nothing.

    Raises:
        InputError: it returns something else.
    """
    assert recipe.fit is not None
    if recipe.fit.pictures is None:
        return {}
    made = _call(recipe.fit.pictures, recipe, data, job, prepare_inputs(recipe, data, job.cell), job.cell.test)[0]
    images = {caption: np.asarray(image) for caption, image in made.items()} if isinstance(made, Mapping) else {}
    good = (
        image.ndim in (2, 3) and image.dtype.kind in "biuf" and np.isfinite(image).all() for image in images.values()
    )
    if not images or not all(good) or not all(isinstance(caption, str) for caption in images):
        shapes = {caption: f"{image.dtype} {image.shape}" for caption, image in images.items()}
        raise InputError(
            f"{name_of(recipe.fit.pictures)} has to map captions to images, of finite values.",
            received=shapes or type(made).__name__,
            remedy='Return {"a morph": strip} with a strip of shape (height, width) or (height, width, channels).',
        )
    return images


def check_fit(fit: Fit, *, has_model: bool) -> None:
    """Raise InputError where a function of a fit requires an argument that it is not given."""
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
            f"{name_of(function)} takes a training fold and a test fold, and may name {' and '.join(offered)}.",
            received=f"a function of {', '.join(p.name for p in parameters) or 'nothing'}",
            remedy="Give the rest with functools.partial; `model` is for a fit that inherits a stage.",
        )


def _compute_one(recipe: Recipe, fit: Fit, data: Dataset, job: Job) -> Result:
    inputs = prepare_inputs(recipe, data, job.cell)
    began = time.perf_counter()
    made, model = _call(fit.compute, recipe, data, job, inputs, job.cell.test)
    computed = time.perf_counter()
    metrics, predictions = _read(made, fit, data, job)
    cost = {"compile_s": 0.0, "train_s": computed - began, "steady_epoch_s": computed - began}
    return Result(
        metrics=metrics,
        finite=all(np.isfinite(value) for value in metrics.values()),
        curve=[],
        predictions=predictions,
        weights=_weights_of(model) if model is not None else [],
        inputs_digest=digest_array(take_rows(inputs, sample_rows(job.cell))),
        budget=dict(BUDGET),
        cost=cost | {"evaluate_s": time.perf_counter() - computed, "memory_bytes": peak_memory_bytes()},
        model=None,
    )


def _call(
    function: Callable[..., Any],
    recipe: Recipe,
    data: Dataset,
    job: Job,
    inputs: Named[np.ndarray],
    tested: np.ndarray,
) -> tuple[Any, Any]:
    """Return what a function makes of the training fold and of rows to test; and the model it was given, or None."""
    prepared = data if recipe.preprocess is None else dataclasses.replace(data, x=inputs)
    model = load_model(job.parent) if job.parent else None
    seed = derive_seed("fit", repeat=job.cell.repeat, fold=job.cell.fold, seed=job.seed)
    offered = {"model": model, "seed": seed}
    named = {name: offered[name] for name in inspect.signature(function).parameters if name in offered}
    # What draws from the global generators, Keras' among them, draws the same when it is computed again.
    keras.utils.set_random_seed(seed)
    return function(prepared.take(job.cell.train), prepared.take(tested), **named), model


def _weights_of(model: Any) -> list[Weight]:
    """Return the weights that were looked at, so that the record says which model's they were."""
    digests = [digest_array(weight) for weight in model.weights]
    paths = zip(weight_paths(model), model.weights, digests, strict=True)
    return [
        Weight(path, tuple(weight.shape), False, True, digest, digest, index)
        for index, (path, weight, digest) in enumerate(paths)
    ]


def _read(made: Any, fit: Fit, data: Dataset, job: Job) -> tuple[dict[str, float], dict[str, Any]]:
    name = name_of(fit.compute)
    if isinstance(made, Mapping):
        if not made or not all(isinstance(key, str) and np.ndim(value) == 0 for key, value in made.items()):
            raise InputError(
                f"{name} has to map the names of metrics to one number each.",
                received=dict(made),
                remedy='Return {"accuracy": 0.9}, or predictions of the test fold.',
            )
        return {key: float(value) for key, value in made.items()}, {}
    predicted = np.asarray(made)
    y = data.y[job.cell.test]
    wanted = "class labels, integers" if data.task == "classification" else "finite values"
    if predicted.shape != y.shape or (data.task == "classification") != (predicted.dtype.kind in "biu"):
        raise InputError(
            f"{name} has to return predictions of the test fold, {wanted} in the shape of its targets, or metrics.",
            received=f"an array of shape {predicted.shape} and dtype {predicted.dtype} for targets of shape {y.shape}",
            remedy="Return one prediction for each row of the second data set, or a mapping of metrics.",
        )
    finite = bool(np.isfinite(predicted).all())
    return score(data, job.cell, predicted, finite=finite, classes=data.outputs)
