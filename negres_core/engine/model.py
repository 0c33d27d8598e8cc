"""Models of a stage: built from a seed, given inherited weights, frozen, saved and loaded."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from negres_core.arms.functions import is_loss, name_of
from negres_core.arms.stage import Build, Stage
from negres_core.arrays import Named, map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.batch_size import refuse_batches_of_one_size, refuse_stateful
from negres_core.engine.build import call_build
from negres_core.engine.keras_names import names_like
from negres_core.engine.layers import layers_of, make_callable, refuse_layers_of_tensorflow
from negres_core.engine.lora import weights_as_trained
from negres_core.engine.settings import kept_settings, settings
from negres_core.errors import EvidenceError, InputError
from negres_core.provenance.outside_reads import watch

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT}
"""Errors of a folder that is full, cannot be written, or is gone; Python finds no folder if none can be written."""


def build_model(build: Build, data: Dataset, *, seed: int = 0) -> Any:
    """Build the model of a stage for a data set, with initial weights from a seed.

    Raises:
        InputError: the function does not return a Keras model, or its shapes do not fit the data.
    """
    # An initializer without a seed takes one from Python's global generator, which this call seeds.
    keras.utils.set_random_seed(seed)
    try:
        with kept_settings() as changed:
            model = watch(call_build, build, input_shape=data.input_shape, outputs=data.outputs_to_build)
    except ValueError as error:
        if "stateful=True" in str(error):  # Keras advises to fix the size of batches
            refuse_stateful([str(error)], name=name_of(build))
        raise
    if changed:
        name, value = next(iter(changed.items()))
        raise InputError(
            f"{name_of(build)} changes a global setting of Keras, which would affect all other arms too.",
            received=f"{name} {value!r}, after it was {settings()[name]!r}",
            remedy='Set it for single layers, as in Dense(8, dtype="mixed_bfloat16"); or, for all arms, at the top '
            "of the module.",
        )
    if not isinstance(model, keras.Model):
        raise InputError(
            f"{name_of(build)} has to return a Keras model.",
            received=f"a {type(model).__name__}",
            remedy="Return a keras.Sequential or keras.Model.",
        )
    if model.compiled:
        raise InputError(
            f"{name_of(build)} returns a compiled model, whose optimizer and loss would be ignored.",
            received="a model on which compile() was called",
            remedy="Leave out compile(), and pass optimizer= and loss= to the Stage.",
        )
    refuse_layers_of_tensorflow(model, name=name_of(build))
    make_callable(model)
    if not model.built:
        output_shape(model, data, name=name_of(build))
    return model


def output_shape(model: Any, data: Dataset, *, name: str) -> tuple[int, ...]:
    """Return the shape of a model's outputs for one row, by calling it on a batch of two rows, which also builds it.

    If there are several outputs, it is the shape of the one that a claim is about.

    Raises:
        InputError: the model cannot take the rows of the data set, or its inputs or outputs have other names.
    """
    shapes = output_shapes(model, data, name=name)
    return shapes[str(data.output)] if isinstance(shapes, dict) else shapes


def output_shapes(model: Any, data: Dataset, *, name: str) -> Named[tuple[int, ...]]:
    """Return the shapes of all outputs of a model for one row, by name if there are several; see `output_shape`."""
    # A subclassed model has no list of inputs; Keras ignores an input that a functional model does not name.
    names = sorted(tensor.name for tensor in getattr(model, "inputs", None) or ())
    if names and isinstance(data.x, dict) and names != sorted(data.x):
        raise InputError(
            f"{name} returns a model whose inputs do not have the names of the inputs of {data.name!r}.",
            received=f"inputs {', '.join(names)}; the data have {', '.join(sorted(data.x))}",
            remedy="Create an Input(shape, name=name) for each item of `input_shape`, even if the model ignores it.",
        )
    refuse_batches_of_one_size(model, layers_of(model), name=name)
    try:
        batch = map_arrays(lambda shape: np.zeros((2, *shape), np.float32), data.input_shape)
        outputs = model(batch, training=False)
        if not isinstance(outputs, list | tuple):
            shapes = map_arrays(lambda output: tuple(output.shape[1:]), outputs)
    except Exception as error:
        raise InputError(
            f"{name} returns a model that cannot take the rows of {data.name!r}.",
            received=f"rows of shape {data.input_shape}, and from Keras: {error}",
            remedy="Let the build function take `input_shape`, and create its Input from it.",
        ) from error
    if isinstance(outputs, dict | list | tuple):
        _check_names(outputs, data, name=name)
    return shapes


def _check_names(outputs: Any, data: Dataset, *, name: str) -> None:
    """Raise InputError unless several outputs have names of targets, among them the one that a claim is about."""
    if isinstance(outputs, dict) and data.output in outputs and outputs.keys() <= data.named_targets.keys():
        return
    received = f"{len(outputs)} outputs" if not isinstance(outputs, dict) else f"outputs {', '.join(outputs)}"
    if data.output is None:
        wrong = "returns a model with several outputs, but the data set has targets of one."
    elif not isinstance(outputs, dict):
        wrong = "returns a model with several outputs that have no names."
    else:
        wrong = "returns a model whose outputs do not have the names of the targets."
    if data.output is not None:
        received += f"; targets {', '.join(data.named_targets)}; the claim is about {data.output}"
    raise InputError(
        f"{name} {wrong}",
        received=received,
        remedy='Return a dictionary of outputs, keras.Model(inputs, {"age": age, "sex": sex}), and give the data set '
        'targets by the same names, Dataset(y={"age": ages, "sex": labels}); or return a model of one output.',
    )


def make_optimizer(stage: Stage) -> Any:
    """Return a new optimizer for a stage.

    Raises:
        InputError: Keras cannot make it.
    """
    return _make(stage, "optimizer", stage.optimizer, keras.optimizers.get, keras.optimizers.Optimizer)


def make_loss(stage: Stage, output: str | None = None) -> Any:
    """Return the loss of a stage, a function (targets, outputs) or a Keras loss object.

    Args:
        stage: the stage.
        output: the output whose loss it is, if the stage has one for each of several.

    Raises:
        InputError: Keras cannot make it.
    """
    given = stage.losses[output] if stage.losses and output is not None else stage.loss
    return given if is_loss(given) else _make(stage, "loss", given, keras.losses.get, object)


def make_losses(stage: Stage) -> dict[str | None, Any]:
    """Return all losses of a stage by the names of their outputs; the loss of the only output has none."""
    return {name: make_loss(stage, name) for name in stage.losses or [None]}


def make_loss_object(stage: Stage, output: str | None = None) -> Any:
    """Return the loss of a stage as Keras applies it: targets get the outputs' dtype and, if possible, their rank."""
    loss = make_loss(stage, output)
    # Keras wraps a plain function in a class that has no public name.
    return loss if isinstance(loss, keras.losses.Loss) else keras.losses.MeanSquaredError.__base__(loss)


def _make(stage: Stage, field: Literal["loss", "optimizer"], value: Any, get: Any, kind: type) -> Any:
    try:
        instance = get(value) if isinstance(value, str) else watch(value)
    except Exception as error:
        # Keras' own message prints the whole name again, and sometimes a traceback.
        raise InputError(
            f"Keras cannot make the {field} of stage {name_of(stage.build)}.",
            received=f"{field}={value!r}: {error}",
            remedy=f"Give the name of a Keras {field}{names_like(value, field)}, or a function that makes one.",
        ) from error
    if not isinstance(instance, kind) or instance is None:
        raise InputError(
            f"The {field} of stage {name_of(stage.build)} is a function that returns an object of another kind.",
            received=instance,
            remedy=f"Let the function return a new Keras {field}.",
        )
    return instance


@contextlib.contextmanager
def temporary_folder() -> Iterator[str]:
    """Make a folder for temporary files, and remove it in the end.

    Raises:
        EvidenceError: it cannot be made or written. The user's code is not at fault, and other hypotheses go on.
    """
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield folder
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise EvidenceError(
            "A model cannot be saved, because the folder for temporary files cannot be written to.",
            received=f"{os.environ.get('TMPDIR') or 'TMPDIR is not set'}: {error.strerror or error}",
            remedy="Make room there, or set TMPDIR to a folder that can be written.",
        ) from error


def save_model(model: Any, saved_as: str) -> bytes:
    """Save a model as Keras does and return the file's bytes.

    Raises:
        EvidenceError: there is no room for temporary files.
    """
    logger = logging.getLogger("absl")
    level = logger.level
    # Keras warns against HDF5 at every save, but the recipe chose it.
    logger.setLevel(logging.ERROR)
    try:
        with temporary_folder() as folder:
            path = Path(folder, f"model.{saved_as}")
            with weights_as_trained(model):
                model.save(path)
            return path.read_bytes()
    finally:
        logger.setLevel(level)


def load_model(path: Path) -> Any:
    """Load a saved model."""
    return keras.models.load_model(path, compile=False)
