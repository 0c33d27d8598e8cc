"""What can be known to be wrong with a recipe on a data set before anything is trained."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

from negres_core.arrays import label_arrays, map_arrays, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.fits import check_fit
from negres_core.engine.model import (
    build_model,
    freeze_layers,
    inherit_weights,
    load_model,
    make_loss,
    make_optimizer,
    output_shape,
    save_model,
)
from negres_core.errors import InputError
from negres_core.preprocessing import make_transformer
from negres_core.recipe import Recipe, Stage, name_of


def check_recipe(recipe: Recipe, data: Dataset) -> None:
    """Build every stage of a recipe once, untrained, and raise InputError at the first thing that does not fit."""
    parent = None
    if recipe.preprocess is not None:
        _check_transformer(recipe, data)
    if recipe.fit is not None:
        check_fit(recipe.fit, has_model=bool(recipe.stages))
    for stage in recipe.stages:
        model = build_model(stage.build, data)
        _check_optimizer(stage)
        check_model(model, stage, data)
        if stage.inherits is not None:
            inherit_weights(model, parent, wanted_by=f"{name_of(stage.build)} inherits {name_of(stage.inherits)}")
        if stage.freezes is not None:
            wanted_by = f"{name_of(stage.build)} freezes {name_of(stage.freezes)}"
            freeze_layers(model, build_model(stage.freezes, data), wanted_by=wanted_by)
        if stage.objective is not None:
            _check_objective(stage, model, data)
        if not model.trainable_weights:
            raise InputError(
                f"{name_of(stage.build)} has nothing to train.",
                received=f"{len(model.weights)} weights, none trainable",
                remedy="Freeze less, or drop the stage.",
            )
        parent = _saved(model, stage, loaded=stage is not recipe.last or recipe.fit is not None)


def _check_transformer(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError where a transformer does not give back rows as wide as it takes, as a dense array."""
    for label, array in label_arrays(data.x, "x").items():
        flat = array.reshape(len(data), -1)
        sample = flat[:: max(1, len(flat) // 2000)]
        try:
            shape = np.asarray(make_transformer(recipe).fit(sample).transform(sample)).shape
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"`preprocess` cannot be fitted on `{label}` of {data.name!r}.",
                received=f"rows of {flat.shape[1]} values, and from the transformer: {error}",
                remedy="Return a transformer of numbers, without targets: sklearn.preprocessing.MinMaxScaler(), say.",
            ) from error
        if shape != sample.shape:
            raise InputError(
                f"`preprocess` has to keep the number of features of `{label}` of {data.name!r}, in a dense array.",
                received=f"an array of shape {shape} for rows of {flat.shape[1]} values",
                remedy="Return a scaler; put a layer that changes the width into the model.",
            )


def check_model(model: Any, stage: Stage, data: Dataset) -> None:
    """Raise InputError where a model cannot take the data's rows, or its outputs cannot hold their targets."""
    name = name_of(stage.build)
    reduction = getattr(make_loss(stage), "reduction", "mean")
    if reduction not in ("sum_over_batch_size", "mean", "mean_with_sample_weight"):
        raise InputError(
            f"The loss of {name} is not a mean over rows, by which folds of any size can be compared.",
            received=f"reduction={reduction!r}",
            remedy="Leave `reduction` at its default.",
        )
    shape = output_shape(model, data, name=name)
    if data.task != "classification":
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
        _check_loss(stage, model, data, outputs=shape[0])


def _saved(model: Any, stage: Stage, *, loaded: bool) -> Any:
    """Save a model, and load it where a next stage will; raise InputError where it does not survive."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, f"model.{stage.saved_as}")
            path.write_bytes(save_model(model, stage.saved_as))
            return load_model(path) if loaded else model
    except Exception as error:
        raise InputError(
            f"{name_of(stage.build)} returns a model that Keras cannot save{' and load again' if loaded else ''}.",
            received=f"saved_as={stage.saved_as!r}, and from Keras: {error}",
            remedy="Define its own classes at the top of a module, registered with "
            "keras.saving.register_keras_serializable(), and with a get_config.",
        ) from error


def _check_optimizer(stage: Stage) -> None:
    """Raise InputError where an optimizer is not a fresh one, or averages weights."""
    optimizer = make_optimizer(stage)
    if optimizer is make_optimizer(stage):
        raise InputError(
            f"The optimizer of stage {name_of(stage.build)} has to be a fresh one at every call.",
            received=f"the same {type(optimizer).__name__} twice",
            remedy="Make it inside the function: optimizer=lambda: keras.optimizers.Adam(1e-4).",
        )
    if optimizer.use_ema:
        raise InputError(
            f"The optimizer of stage {name_of(stage.build)} averages weights, which Keras swaps in when `fit` returns.",
            received=f"{type(optimizer).__name__}(use_ema=True)",
            remedy="Leave use_ema out.",
        )


def _check_objective(stage: Stage, model: Any, data: Dataset) -> None:
    """Raise InputError where an objective does not run, or names players that do not train every weight once."""
    name = name_of(stage.objective) if stage.objective else ""
    batch = take_rows(data.x, slice(2))
    try:
        made = stage.objective(model, batch, data.y[:2], training=True) if stage.objective else 0.0
    except Exception as error:
        raise InputError(
            f"The objective {name} does not run on a batch of {data.name!r}.",
            received=f"inputs of shape {map_arrays(np.shape, batch)}, and: {error}",
            remedy="Take (model, x, y, *, training), call model(x, training=training), and use keras.ops.",
        ) from error
    if not isinstance(made, dict):
        return
    players = {layer.name: layer for layer in model.layers}
    trained = [id(weight) for player in made if player in players for weight in players[player].trainable_weights]
    if not made.keys() <= players.keys() or sorted(trained) != sorted(id(w) for w in model.trainable_weights):
        raise InputError(
            f"The players of objective {name} have to be layers of the model that train every weight once.",
            received=f"players {', '.join(map(str, made))}; layers {', '.join(players)}",
            remedy="Name each player's nested model, and freeze what none trains.",
        )


def _check_loss(stage: Stage, model: Any, data: Dataset, *, outputs: int) -> None:
    """Raise InputError where one of Keras' own losses does not take class labels for this number of outputs."""
    loss = make_loss(stage)
    own = stage.objective is not None or not loss.__module__.startswith("keras.")
    last = getattr(model.layers[-1], "activation", None)
    if own and outputs == 1 and last is not keras.activations.sigmoid:
        raise InputError(
            f"With a loss or objective of your own, one output of {name_of(stage.build)} has to be a probability.",
            received=f"an output with activation {getattr(last, '__name__', last)}",
            remedy='End in a layer with activation="sigmoid", or give one output a class.',
        )
    if own:
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
