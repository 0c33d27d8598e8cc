"""Checks of a recipe on a data set that find mistakes before anything is trained."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import Named, map_arrays, spread_rows, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.adapted import adapt_layers, unadapted_layers
from negres_core.engine.callbacks import check_callbacks
from negres_core.engine.drawn_weights import sample_data
from negres_core.engine.fit_checks import check_besides_stages
from negres_core.engine.hooks import refuse_hooks
from negres_core.engine.inheritance import describe_relation, freeze_layers, inherit_weights
from negres_core.engine.lora import lora_layers
from negres_core.engine.loss_checks import (
    check_ignored,
    check_loss_of_labels,
    check_loss_of_multilabel,
    check_loss_of_values,
    check_loss_runs,
)
from negres_core.engine.loss_scale import chain_of
from negres_core.engine.model import build_model, make_losses, make_optimizer, output_shape, output_shapes
from negres_core.engine.monitor import monitor_of
from negres_core.engine.objective import call_objective
from negres_core.engine.saved_copy import save_and_load
from negres_core.engine.seeding import check_seeds
from negres_core.engine.selection import needs_reference
from negres_core.engine.start_rule import start_by_rule
from negres_core.engine.target_use import outputs_predict
from negres_core.engine.tokens import check_tokens
from negres_core.engine.weight_checks import check_weights
from negres_core.errors import InputError

ADAPTED_CHECK_ROWS = 256
"""Number of rows that layers are adapted to, to check that they can be."""


def check_recipe(recipe: Recipe, data: Dataset) -> None:
    """Build every stage of a recipe once, untrained, and raise InputError at the first mistake."""
    parent = None
    check_besides_stages(recipe, data)
    inputs_of_models = functools.partial(_with_inputs_of_models, recipe, data)
    data = as_models_see(recipe, data)
    for stage in recipe.stages:
        model = build_model(stage.build, data)
        _check_optimizer(stage)
        monitor_of(stage, data)
        check_weights(stage, data)
        check_model(model, stage, data, is_inherited=stage is not recipe.stages[-1])
        refuse_hooks(stage, model)
        _check_adaptation(stage, model, data)
        check_tokens(model, inputs_of_models, name=name_of(stage.build))
        if stage.start is not None:
            _try_start(recipe, stage, model, parent, data)
        elif stage.inherits is not None:
            inherit_weights(model, parent, wanted_by=describe_relation(stage, "inherits"))
        if stage.freezes is not None:
            freeze_layers(model, build_model(stage.freezes, data), wanted_by=describe_relation(stage, "freezes"))
        check_callbacks(stage, model)
        if stage.objective is not None:
            _check_objective(stage, model, data)
        if not model.trainable_weights:
            raise InputError(
                f"{name_of(stage.build)} has no weights to train.",
                received=f"{len(model.weights)} weights, none trainable",
                remedy="Freeze fewer layers, or drop the stage.",
            )
        parent = save_and_load(model, stage, data, needed=stage is not recipe.last or recipe.fit is not None)
        # These look models up by a digest, which one that cannot be saved does not have.
        check_seeds(model, stage, data)
        _check_training(stage, data)


def _try_start(recipe: Recipe, stage: Stage, model: Any, parent: Any, data: Dataset) -> None:
    """Let the rule of a stage set the weights of its model, with a few rows if it asks for any."""
    few = sample_data(recipe, data.origin)

    def rows() -> tuple[Any, Named[np.ndarray]]:
        return few.x, few.targets_of(stage.losses)

    try:
        start_by_rule(stage, model, parent, rows=rows, seed=0)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"The start rule of {name_of(stage.build)} fails on untrained models.",
            received=f"{type(error).__name__}: {error}",
            remedy="Take (model, parent), which are Keras models, and assign to weights of `model`.",
        ) from error


def _with_inputs_of_models(recipe: Recipe, data: Dataset) -> Dataset:
    """Return a data set with the inputs that its models are given; with a transformer, some rows of it."""
    return data if recipe.preprocess is None else sample_data(recipe, data)


def check_model(model: Any, stage: Stage, data: Dataset, *, is_inherited: bool = False) -> None:
    """Raise InputError if a model cannot take the data's rows, or its outputs do not fit their targets.

    Outputs of a stage with an objective that another stage inherits need not: the objective may have no use for them.
    """
    name = name_of(stage.build)
    if stage.saved_as == "h5" and (adapted := [layer.name for layer in lora_layers(model)]):
        raise InputError(
            f"{name} returns a model with LoRA, which changes the order of the weights of a layer, and HDF5 "
            "keeps the weights of a layer in their order.",
            received=f"enable_lora() in {', '.join(adapted)}, and saved_as='h5'",
            remedy='Give saved_as="keras".',
        )
    for loss in make_losses(stage).values():
        reduction = getattr(loss, "reduction", "mean")
        if reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
            raise InputError(
                f"The loss of {name} is not a mean over rows, so folds of different sizes cannot be compared.",
                received=f"reduction={reduction!r}",
                remedy="Leave `reduction` at its default.",
            )
    shapes = output_shapes(model, data, name=name)
    if isinstance(shapes, dict) or stage.losses:
        _check_losses(stage, shapes)
    for output in stage.losses or [data.output]:
        _check_output(model, stage, data if output is None else data.seen_as(output), is_inherited=is_inherited)


def _check_losses(stage: Stage, shapes: Named[tuple[int, ...]]) -> None:
    """Raise InputError unless a stage has a loss for each of the outputs of its model, by its name, and no other."""
    names = sorted(shapes) if isinstance(shapes, dict) else []
    if names == sorted(stage.losses):
        return
    has_names = f"outputs {', '.join(names)}" if names else "one output"
    raise InputError(
        f"{name_of(stage.build)} needs a loss for each output of its model.",
        received=f"{has_names}, and "
        + (f"losses of {', '.join(stage.losses)}" if stage.losses else f"loss={stage.loss!r}"),
        remedy=f"Give one by the name of each: loss={{{names[0]!r}: ..., ...}}."
        if names
        else "Give one loss; or return the outputs in a dictionary, keras.Model(inputs, "
        f"{{{', '.join(f'{name!r}: ...' for name in stage.losses)}}}).",
    )


def _check_output(model: Any, stage: Stage, data: Dataset, *, is_inherited: bool) -> None:
    """Raise InputError if an output of a model does not fit its targets, or its loss does not."""
    name = name_of(stage.build)
    shape = output_shape(model, data, name=name)
    if is_inherited and not outputs_predict(stage, model, data, shape):
        return
    if data.task == "multilabel":
        if shape != (data.outputs,):
            raise InputError(
                f"{name} returns a model whose outputs do not have the shape of the labels of {data.name!r}.",
                received=f"outputs of shape {shape} for {data.outputs} labels a row",
                remedy=f'End in a layer with an output for each label, Dense({data.outputs}, "sigmoid"), and '
                'loss="binary_crossentropy"; the build function may take `outputs`.',
            )
        check_loss_of_multilabel(stage, data)
    elif data.task == "segmentation":
        _check_positions(stage, model, data, shape)
    elif data.task != "classification":
        if shape not in {data.y.shape[1:], (data.outputs,)}:
            raise InputError(
                f"{name} returns a model whose outputs do not have the shape of the targets of {data.name!r}.",
                received=f"outputs of shape {shape} for targets of shape {data.y.shape[1:]}",
                remedy=f"End in a layer with {data.outputs} outputs; the build function may take `outputs`. "
                "Floats are values: give class labels as integers, y=y.astype(int), or y.argmax(axis=1) for one-hot "
                "rows.",
            )
        check_loss_of_values(stage, data)
    elif len(shape) != 1:
        raise InputError(
            f"{name} returns a model whose outputs have the wrong shape for a classification.",
            received=f"outputs of shape {shape} per row",
            remedy="End in a layer with one output per class; flatten or pool before it, and let a recurrent layer "
            "return its last step only, without return_sequences.",
        )
    elif data.y.max() >= max(shape[0], 2):
        raise InputError(
            f"Labels of {data.name!r} are out of range for the outputs of {name}.",
            received=f"labels from {data.y.min()} to {data.y.max()}, and {shape[0]} outputs",
            remedy=f"Give the last layer {data.outputs} outputs; the build function may take `outputs`. If the labels "
            "are values, such as counts, give floats: y=y.astype(float).",
        )
    else:
        check_loss_of_labels(stage, model, data, outputs=shape[0])
    check_loss_runs(stage, model, data)


def _check_adaptation(stage: Stage, model: Any, data: Dataset) -> None:
    """Raise InputError if a layer that is not adapted cannot be."""
    if unadapted_layers(model):
        # Another model: this one goes on as it was built.
        rows = spread_rows(len(data), most=ADAPTED_CHECK_ROWS)
        adapt_layers(build_model(stage.build, data), lambda: take_rows(data.x, rows), name=name_of(stage.build))


def _check_positions(stage: Stage, model: Any, data: Dataset, shape: tuple[int, ...]) -> None:
    """Raise InputError if a model does not give each step or pixel an output for each class, or its loss fits not."""
    name, positions = name_of(stage.build), data.y.shape[1:-1]
    if shape[:-1] != positions or data.outputs > max(shape[-1], 2):
        each = "step" if len(positions) == 1 else "pixel"
        raise InputError(
            f"{name} returns a model whose outputs are not an output for each class at each {each} of {data.name!r}.",
            received=f"outputs of shape {shape} for labels of shape {positions}, from 0 to {data.outputs - 1}",
            remedy=f"End in outputs of shape {(*positions, data.outputs)}, such as those of "
            f'{"Dense" if len(positions) == 1 else "Conv2D"}({data.outputs}, ..., activation="softmax"), or, for two '
            "classes, of one sigmoid; the build function may take `outputs`. If the targets are values, such as "
            "counts, give floats: y=y.astype(float).",
        )
    check_loss_of_labels(stage, model, data, outputs=shape[-1])
    check_ignored(stage, model, data)


def _check_training(stage: Stage, data: Dataset) -> None:
    """Raise InputError if no engine trains a stage as it is written, or if an objective would need `fit`."""
    reason = needs_reference(Recipe(replace(stage, inherits=None, start=None)), data)
    if reason is not None and stage.objective is not None:
        raise InputError(
            f"{name_of(stage.build)} cannot be trained with an objective.",
            received=f"{reason}; and keras.Model.fit, which could, takes no objective",
            remedy="Use a loss instead of the objective, or remove what needs keras.Model.fit.",
        )


def _check_optimizer(stage: Stage) -> None:
    """Raise InputError if an optimizer is not new at every call, or averages weights."""
    optimizer = make_optimizer(stage)
    if optimizer is make_optimizer(stage):
        raise InputError(
            f"The optimizer of stage {name_of(stage.build)} has to be a new object at every call.",
            received=f"the same {type(optimizer).__name__} twice",
            remedy="Create it inside the function: optimizer=lambda: keras.optimizers.Adam(1e-4).",
        )
    averaging = next((each for each in chain_of(optimizer) if each.use_ema), None)
    if averaging is not None:
        raise InputError(
            f"The optimizer of stage {name_of(stage.build)} averages weights, which negres does not support.",
            received=f"{type(averaging).__name__}(use_ema=True), whose averages Keras swaps in when `fit` returns",
            remedy="Leave out use_ema.",
        )


def _try_objective(stage: Stage, model: Any, x: Any, data: Dataset) -> Any:
    """Return what an objective returns for a batch of two rows, trained with weights if there are any, and tested."""
    assert stage.objective is not None
    y = data.y[:2]
    call_objective(stage.objective, model, x, y, training=False)
    is_weighted = stage.class_weight is not None or data.sample_weight is not None
    weights = np.ones(len(y), np.float32) if is_weighted else None
    return call_objective(stage.objective, model, x, y, training=True, sample_weight=weights)


def _check_objective(stage: Stage, model: Any, data: Dataset) -> None:
    """Raise InputError if an objective does not run, or its players do not train every weight exactly once."""
    name = name_of(stage.objective) if stage.objective else ""
    batch = take_rows(data.x, slice(2))
    try:
        losses = _try_objective(stage, model, batch, data) if stage.objective else 0.0
    except Exception as error:
        raise InputError(
            f"The objective {name} does not run on a batch of {data.name!r}.",
            received=f"inputs of shape {map_arrays(np.shape, batch)}, and: {error}",
            remedy="Take (model, x, y, *, training), call model(x, training=training), and use keras.ops.",
        ) from error
    if not isinstance(losses, dict):
        return
    layers = {layer.name: layer for layer in model.layers}
    weights = [id(weight) for player in losses if player in layers for weight in layers[player].trainable_weights]
    if not losses.keys() <= layers.keys() or sorted(weights) != sorted(id(w) for w in model.trainable_weights):
        raise InputError(
            f"The names that objective {name} returns have to be layers of the model that together contain every "
            "trainable weight exactly once.",
            received=f"players {', '.join(map(str, losses))}; layers {', '.join(layers)}",
            remedy="Return a value for each nested model, by the name of its layer, and freeze the layers that none "
            "of them trains.",
        )
