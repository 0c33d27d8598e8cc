"""Whether two recipes train the same function in the same way: the same weights give the same outputs.

Names, the code of the build functions and weights without an effect do not count. Whatever cannot be compared counts
as a difference, so that arms are never called equal by mistake.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import map_arrays, spread_rows
from negres_core.dataset import Dataset
from negres_core.engine.description import (
    config_of,
    config_of_optimizer,
    describe_monitor,
    describe_recipe,
    digest_besides_stages,
    plain_attributes,
)
from negres_core.engine.drawn_weights import NARROW, draw_weights, sample_data
from negres_core.engine.inheritance import describe_relation, freeze_layers
from negres_core.engine.layers import layers_of
from negres_core.engine.model import build_model, make_losses, make_optimizer
from negres_core.engine.named_outputs import side_by_side
from negres_core.engine.program import load_backend
from negres_core.engine.tensors import number_of
from negres_core.provenance.fingerprint import digest_code, is_library

ROWS = 8
"""Rows on which outputs are compared."""

SEEDS = (0, 1)
"""Seeds under which models are built: a weight that is loaded from somewhere does not depend on the seed."""

SCALES = (1.0, 0.01, 1e-4)
"""Scales of the drawn weights. With large ones, outputs may press against the ends of their range, where nothing has an
effect; with small ones, little passes through many layers."""

TOLERANCE = 1e-5
"""Largest difference of equal outputs, relative to the largest output: programs sum in another order."""

SAME_DRAW_P_VALUE = 1e-6
"""p-value (Kolmogorov-Smirnov) below which two sets of initial weights come from different distributions.

It is small because the configuration of Keras' layers tells their initializers apart already."""

OWN_TRAINING = (
    *("fit", "make_train_function", "train_step", "test_step", "predict_step"),
    *("compute_loss", "compute_own_loss"),
)
"""Methods by which a model trains in a way of its own."""


def same_training(one: Recipe, other: Recipe, data: Dataset) -> bool:
    """Return whether two recipes train the same function in the same way on a data set."""
    if len(one.stages) != len(other.stages) or (one.fit is None) != (other.fit is None):
        return False
    if describe_recipe(one, data).digest == describe_recipe(other, data).digest:
        return True
    if digest_besides_stages(one) != digest_besides_stages(other):
        return False
    pairs = list(zip(one.stages, other.stages, strict=True))
    # Settings are compared first, because they cost nothing.
    return all(_settings_of(mine, data) == _settings_of(theirs, data) for mine, theirs in pairs) and all(
        _same_models(mine, theirs, as_models_see(one, data), sample_data(one, data).x) for mine, theirs in pairs
    )


def _settings_of(stage: Stage, data: Dataset) -> list[Any]:
    """Return all that decides how a stage is trained, besides its model."""
    optimizer, losses = make_optimizer(stage), make_losses(stage).items()
    # Configurations leave out which weights do not decay, and what schedules of the user's do.
    rate = getattr(optimizer, "_learning_rate", None)
    schedule = rate if isinstance(rate, keras.optimizers.schedules.LearningRateSchedule) else None
    return [
        config_of_optimizer(optimizer),
        plain_attributes(optimizer),
        digest_code(schedule),
        digest_code(type(optimizer)),
        {name: digest_code(_content_of(loss, stage.losses.get(name or "", stage.loss))) for name, loss in losses},
        stage.weights_of_losses,
        digest_code(stage.objective),
        digest_code(stage.callbacks),
        digest_code(stage.start),
        stage.epochs,
        stage.batch_size,
        stage.class_weight,
        stage.share,
        stage.inherits is None,
        stage.freezes is None,
        describe_monitor(stage, data),
    ]


def _content_of(loss: Any, given: Any) -> Any:
    """Return what a loss is known by: a loss of a library itself, and what the user gave for any other."""
    is_known = is_library(loss if hasattr(loss, "__module__") else type(loss)) and hasattr(loss, "get_config")
    return loss if is_known else given


class _Weight(NamedTuple):
    """A weight that has an effect on the outputs.

    Attributes:
        variable: the variable in the model.
        layer: the configuration of its layer without names, or the code of its class.
        starts: its initial value under each seed.
    """

    variable: Any
    layer: Any
    starts: Sequence[np.ndarray]


def _same_models(one: Stage, other: Stage, data: Dataset, x: Any) -> bool:
    built = [[_build(stage, data, seed=seed) for seed in SEEDS] for stage in (one, other)]
    if _own_training(built[0][0]) != _own_training(built[1][0]):
        return False
    x = map_arrays(lambda array: array[spread_rows(len(array), most=ROWS)], x)
    mine, theirs = (_effective_weights(models, x) for models in built)
    if not mine or len(mine) != len(theirs) or not all(map(_same_weight, mine, theirs)):
        return False
    for scale in SCALES:
        values = _drawn_values(built[0][0], [weight.variable for weight in mine], seed=0, scale=scale)
        results = (
            _results_of(each[0], weights, values, x) for each, weights in zip(built, (mine, theirs), strict=True)
        )
        if not all(itertools.starmap(_is_close, itertools.zip_longest(*results))):
            return False
    return True


def _drawn_values(model: Any, variables: Sequence[Any], *, seed: int, scale: float) -> list[Any]:
    """Return drawn values of some variables of a model; those that are not trained keep their values."""
    drawn = draw_weights(model, np.random.default_rng(seed), width=NARROW, scale=scale)
    values = {id(variable): value for variable, value in drawn}
    return [values.get(id(variable), variable.value) for variable in variables]


def _build(stage: Stage, data: Dataset, *, seed: int) -> Any:
    model = build_model(stage.build, data, seed=seed)
    if stage.freezes is not None:
        freeze_layers(model, build_model(stage.freezes, data), wanted_by=describe_relation(stage, "freezes"))
    return model


def _own_training(model: Any) -> list[str]:
    """Digest the methods by which a model trains in a way of its own."""
    methods = [getattr(type(model), name, None) for name in OWN_TRAINING]
    return [digest_code(method) for method in methods if method is not None and not is_library(method)]


def _effective_weights(built: Sequence[Any], x: Any) -> list[_Weight]:
    """Return the weights that the outputs depend on, in the model's order; the model is given as built under each seed.

    Weights are drawn first, since a gate that begins at 0 hides what lies behind it.
    """
    model = built[0]
    places = [place for place, variable in enumerate(model.variables) if "float" in variable.dtype]
    variables = [model.variables[place] for place in places]
    owners = {id(variable): layer for layer in [model, *layers_of(model)] for variable in layer.variables}
    effects = np.sum([_effects(model, variables, x, seed, scale) for seed in SEEDS for scale in SCALES], axis=0)
    return [
        _Weight(
            variable,
            _layer_of(owners[id(variable)]),
            [ops.convert_to_numpy(each.variables[place]) for each in built],
        )
        for variable, place, effect in zip(variables, places, effects, strict=True)
        if effect > 0
    ]


def _effects(model: Any, variables: Sequence[Any], x: Any, seed: int, scale: float) -> np.ndarray:
    """Return the largest gradient of each variable, over the outputs in training and in inference mode."""
    random = np.random.default_rng(seed)
    values = _drawn_values(model, variables, seed=seed, scale=scale)

    def objective(values: Any) -> Any:
        total: Any = 0.0
        for training in (False, True):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                outputs = side_by_side(model(x, training=training))
            total = total + ops.sum(outputs * random.normal(size=outputs.shape).astype(np.float32))
        return total, ()

    gradients = load_backend().value_and_gradient(objective, values)[1]
    return np.array([np.abs(ops.convert_to_numpy(ops.convert_to_tensor(each))).max(initial=0) for each in gradients])


def _layer_of(layer: Any) -> Any:
    """Return the configuration of a layer without names and seeds; the code of its class if it is the user's own."""
    if not is_library(type(layer)):
        return digest_code(type(layer))
    return _nameless(config_of(layer))


def _nameless(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _nameless(value) for key, value in node.items() if key not in ("name", "seed", "build_config")}
    return [_nameless(value) for value in node] if isinstance(node, list) else node


def _same_weight(one: _Weight, other: _Weight) -> bool:
    """Return whether two weights have the same role and come from the same distribution."""
    from scipy.stats import ks_2samp

    traits = [
        (tuple(each.variable.shape), each.variable.dtype, each.variable.trainable, each.layer) for each in (one, other)
    ]
    if traits[0] != traits[1]:
        return False
    drawn = [not np.array_equal(each.starts[0], each.starts[1]) for each in (one, other)]
    if not any(drawn):
        return np.array_equal(one.starts[0], other.starts[0])
    values = [np.concatenate([start.ravel() for start in each.starts]) for each in (one, other)]
    return all(drawn) and bool(ks_2samp(*values).pvalue >= SAME_DRAW_P_VALUE)


def _results_of(model: Any, weights: Sequence[_Weight], values: Sequence[Any], x: Any) -> list[np.ndarray]:
    """Return outputs in inference and in training mode, added losses, and the weights after the pass in training mode.

    All generators of random numbers begin in the same state, so that layers such as dropout draw the same.
    """
    state = [(weight.variable, value) for weight, value in zip(weights, values, strict=True)]
    generators = [variable for variable in model.variables if variable.dtype == "uint32"]
    state += [(each, ops.full(each.shape, 7, dtype=each.dtype)) for each in generators]
    results = []
    for training in (False, True):
        with keras.StatelessScope(state_mapping=state, collect_losses=True) as scope:
            results.append(ops.convert_to_numpy(side_by_side(model(x, training=training))))
            results.append(np.array([number_of(loss) for loss in scope.losses]))
            after = [scope.get_current_value(weight.variable) for weight in weights]
    return results + [ops.convert_to_numpy(value) for value in after]


def _is_close(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None or one.shape != other.shape:
        return False
    scale = float(np.abs(one).max(initial=0)) or 1.0
    return bool(np.allclose(one, other, rtol=0, atol=TOLERANCE * scale))
