"""One call of the function of a fit: its folds and arguments, its seeds, and what it leaves as it was."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import inspect
import random
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import ThreadpoolController

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import prepare_rows
from negres_core.arrays import Named, digest_array, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.recorded_weights import Recorder
from negres_core.errors import InputError
from negres_core.evidence import TrainedWeight
from negres_core.seeds import derive_seed

FRAMEWORKS = ("keras", "tensorflow", "torch")
"""Libraries with a generator of random numbers of their own; those of JAX are made from a key."""

FEW_ROWS = 1000
"""Training folds of up to so many rows, such as those of small runs, are too small to share among threads."""


class Called(NamedTuple):
    """What came of a call.

    Attributes:
        output: what the function returned.
        inherited: the weights of the model that it was given, as they were before the call.
        record: what it recorded; None if it did not ask for `record`.
        seconds: the time that it took.
    """

    output: Any
    inherited: list[TrainedWeight]
    record: Recorder | None
    seconds: float


def call_fit(
    function: Callable[..., Any],
    recipe: Recipe,
    data: Dataset,
    job: Job,
    inputs: Named[np.ndarray],
    test_rows: np.ndarray,
    targets: np.ndarray | None = None,
) -> Called:
    """Call a function with the training fold and test rows.

    The model that it may ask for is its own, loaded for this call, so it may train it further. If `targets` are given,
    they replace those of the test rows.

    A framework that is imported during the call drew from a generator that nobody had seeded. Then the function is
    called once more, so that the first replicate of a process is the same as in any other process.
    """
    before = _imported()
    called = _call_once(function, recipe, data, job, inputs, test_rows, targets)
    if _imported() == before:
        return called
    return _call_once(function, recipe, data, job, inputs, test_rows, targets)


def _call_once(
    function: Callable[..., Any],
    recipe: Recipe,
    data: Dataset,
    job: Job,
    inputs: Named[np.ndarray],
    test_rows: np.ndarray,
    targets: np.ndarray | None,
) -> Called:
    # A fit predicts the output that the claim is about, and is given no others.
    seen = data.without_other_outputs()
    prepared = seen if recipe.preprocess is None else dataclasses.replace(seen, x=inputs)
    train = prepared.take(job.cell.train)
    if recipe.resample is not None:
        rows = prepare_rows(recipe, data, job.cell)
        train = train.with_rows(take_rows(rows.x, rows.train), rows.y[rows.train])
    seed = derive_seed("fit", repeat=job.cell.repeat, fold=job.cell.fold, seed=job.seed)
    model, inherited = None, []
    if job.parent is not None:
        from negres_core.engine.trained import load_parent

        model = load_parent(recipe.parent, as_models_see(recipe, data), job)
        inherited = _weights_of(model)
    record = Recorder()
    offered = {"model": model, "seed": seed, "outputs": data.outputs, "record": record}
    set_by_partial = function.keywords.keys() & {"outputs", "record"} if isinstance(function, functools.partial) else ()
    arguments = {
        name: offered[name]
        for name in inspect.signature(function).parameters
        if name in offered and name not in set_by_partial
    }
    # Whatever the weights tell of the targets, an arm cannot read it from the rows that it predicts.
    test = prepared.take(test_rows).with_weights(None)
    if targets is not None:
        test = test.with_targets(targets)
    # A function that samples from a global generator, such as Keras', samples the same when it is called again.
    seed_generators(seed)
    with _kept_settings(), _few_threads(len(job.cell.train)):
        began = time.perf_counter()
        output = _call_on(function, train, test, arguments)
        seconds = time.perf_counter() - began
    return Called(output, inherited, record if "record" in arguments else None, seconds)


def seed_generators(seed: int) -> None:
    """Seed the global generators of Python and NumPy, and of each framework that has been imported."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  # the generator that functions without one of their own draw from
    imported = _imported()
    if "keras" in imported:
        import keras

        keras.utils.set_random_seed(seed)
    # Keras seeds only its own backend.
    if "tensorflow" in imported:
        import tensorflow

        tensorflow.random.set_seed(seed)
    if "torch" in imported:
        import torch

        torch.manual_seed(seed)


def _imported() -> frozenset[str]:
    return frozenset(FRAMEWORKS) & sys.modules.keys()


def _kept_settings() -> contextlib.AbstractContextManager[Any]:
    """Undo what a function changes of Keras' global settings, if Keras is there."""
    if "keras" not in sys.modules:
        return contextlib.nullcontext()
    from negres_core.engine.settings import kept_settings

    return kept_settings()


def _few_threads(rows: int) -> contextlib.AbstractContextManager[Any]:
    """Let a function of few rows use one thread: on a busy machine, threads wait for each other far longer."""
    return contextlib.nullcontext() if rows > FEW_ROWS else _thread_pools(len(sys.modules)).limit(limits=1)


@functools.lru_cache(maxsize=1)
def _thread_pools(modules: int) -> ThreadpoolController:  # the key: a module imported later may bring another
    """Find the libraries that compute with threads, which takes longer than a small fit."""
    return ThreadpoolController()


def _call_on(function: Callable[..., Any], train: Dataset, test: Dataset, arguments: Mapping[str, Any]) -> Any:
    """Call a function on two folds, whose arrays are read-only."""
    try:
        return function(train, test, **arguments)
    except ValueError as error:
        if "read-only" not in str(error):
            raise
        raise InputError(
            f"{name_of(function)} changes an array of a fold in place, but folds are read-only.",
            received=str(error),
            remedy="Change a copy: x = train.x.copy(); y = train.y.copy().",
        ) from error


def _weights_of(model: Any) -> list[TrainedWeight]:
    """Return the weights of the inherited model, which identify it in the record."""
    from negres_core.engine.inheritance import weight_paths

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
