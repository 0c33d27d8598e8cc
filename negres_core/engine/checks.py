"""What can be known to be wrong with a recipe on a data set before anything is trained."""

from __future__ import annotations

from typing import Any

from negres_core.dataset import Dataset
from negres_core.engine.model import (
    build_model,
    freeze_layers,
    inherit_weights,
    make_loss,
    make_optimizer,
    output_shape,
)
from negres_core.errors import InputError
from negres_core.inputs import make_transformer
from negres_core.recipe import Recipe, Stage, name_of


def check_recipe(recipe: Recipe, data: Dataset) -> None:
    """Build every stage of a recipe once, untrained, and raise InputError at the first thing that does not fit."""
    parent = None
    if recipe.preprocess is not None:
        make_transformer(recipe)
    for stage in recipe.stages:
        model = build_model(stage.build, data)
        make_optimizer(stage)
        check_model(model, stage, data)
        if stage.inherits is not None:
            inherit_weights(model, parent, wanted_by=f"{name_of(stage.build)} inherits {name_of(stage.inherits)}")
        if stage.freezes is not None:
            wanted_by = f"{name_of(stage.build)} freezes {name_of(stage.freezes)}"
            freeze_layers(model, build_model(stage.freezes, data), wanted_by=wanted_by)
        if not model.trainable_weights:
            raise InputError(
                f"{name_of(stage.build)} has nothing to train.",
                received=f"{len(model.weights)} weights, none trainable",
                remedy="Freeze less, or drop the stage.",
            )
        parent = model


def check_model(model: Any, stage: Stage, data: Dataset) -> None:
    """Raise InputError where a model cannot take the data's rows, or its outputs cannot hold their targets."""
    name = name_of(stage.build)
    shape = output_shape(model, data, name=name)
    if data.task == "regression":
        if shape not in {data.y.shape[1:], (data.outputs,)}:
            raise InputError(
                f"{name} returns a model whose outputs do not have the shape of the targets of {data.name!r}.",
                received=f"outputs of shape {shape} for targets of shape {data.y.shape[1:]}",
                remedy=f"End in a layer with {data.outputs} outputs; the build function may name `outputs`.",
            )
    elif len(shape) != 1:
        raise InputError(
            f"{name} returns a model of the wrong shape for a classification.",
            received=f"outputs of shape {shape} a row",
            remedy="End in a layer with one output a class; flatten or pool in front of it.",
        )
    elif data.y.max() >= max(shape[0], 2):
        raise InputError(
            f"Labels of {data.name!r} are out of range for the outputs of {name}.",
            received=f"labels from {data.y.min()} to {data.y.max()}, and {shape[0]} outputs",
            remedy=f"Give the last layer {data.outputs} outputs; the build function may name `outputs`.",
        )
    else:
        _check_loss(stage, data, outputs=shape[0])


def _check_loss(stage: Stage, data: Dataset, *, outputs: int) -> None:
    """Raise InputError where one of Keras' own losses does not take class labels for this number of outputs."""
    loss = make_loss(stage)
    if not loss.__module__.startswith("keras."):
        return  # the researcher's own loss is trusted to know its targets
    called = (name_of(loss) if callable(loss) and hasattr(loss, "__name__") else type(loss).__name__).lower()
    wanted, example = (
        ("binary", "binary_crossentropy") if outputs == 1 else ("sparse", "sparse_categorical_crossentropy")
    )
    if wanted not in called:
        raise InputError(
            f"Targets of {data.name!r} are class labels, which the loss of {name_of(stage.build)} does not take.",
            received=f"loss={called!r} for {outputs} outputs",
            remedy=f'Give loss="{example}": the same number as with one-hot rows, from labels.',
        )
