"""Models of a stage: built from a seed, given inherited weights, frozen, saved and loaded."""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from negres_core.arrays import map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.batch_size import refuse_batches_of_one_size, refuse_stateful
from negres_core.engine.build import call_build
from negres_core.engine.keras_names import names_like
from negres_core.engine.layers import layers_of, make_callable, refuse_layers_of_tensorflow
from negres_core.engine.settings import kept_settings, settings
from negres_core.errors import EvidenceError, InputError
from negres_core.provenance.outside_reads import watch
from negres_core.provenance.state import is_made_up
from negres_core.recipe import Build, Stage, is_loss, name_of

MISSPELT_RATIO = 0.7
"""Share of common characters above which the name of a new head is a misspelt one of the parent's head."""


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
            model = watch(call_build, build, input_shape=data.input_shape, outputs=data.outputs)
    except ValueError as error:
        if "stateful=True" in str(error):  # Keras advises to fix the size of batches
            refuse_stateful([str(error)], name=name_of(build))
        raise
    if changed:
        name, value = next(iter(changed.items()))
        raise InputError(
            f"{name_of(build)} changes a global setting of Keras, with which all other arms would be trained too.",
            received=f"{name} {value!r}, after it was {settings()[name]!r}",
            remedy='Give it to the layers alone, as in Dense(8, dtype="mixed_bfloat16"); or, for all arms, set it at '
            "the top of the module.",
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

    Raises:
        InputError: the model cannot take the rows of the data set, or its inputs have other names.
    """
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
        if not isinstance(outputs, dict | list | tuple):
            return tuple(outputs.shape[1:])
    except Exception as error:
        raise InputError(
            f"{name} returns a model that cannot take the rows of {data.name!r}.",
            received=f"rows of shape {data.input_shape}, and from Keras: {error}",
            remedy="Let the build function take `input_shape`, and create its Input from it.",
        ) from error
    raise InputError(
        f"{name} returns a model with several outputs, and a model is judged by one.",
        received=f"outputs {', '.join(map(str, outputs))}" if isinstance(outputs, dict) else f"{len(outputs)} outputs",
        remedy="Return a model of the output that the claim is about, such as "
        "keras.Model(model.input, model.outputs[0]).",
    )


def make_optimizer(stage: Stage) -> Any:
    """Return a new optimizer for a stage.

    Raises:
        InputError: Keras cannot make it.
    """
    return _make(stage, "optimizer", keras.optimizers.get, keras.optimizers.Optimizer)


def make_loss(stage: Stage) -> Any:
    """Return the loss of a stage, a function (targets, outputs) or a Keras loss object.

    Raises:
        InputError: Keras cannot make it.
    """
    return stage.loss if is_loss(stage.loss) else _make(stage, "loss", keras.losses.get, object)


def make_loss_object(stage: Stage) -> Any:
    """Return the loss of a stage as Keras applies it: targets get the outputs' dtype and, if possible, their rank."""
    loss = make_loss(stage)
    # Keras wraps a plain function in a class that has no public name.
    return loss if isinstance(loss, keras.losses.Loss) else keras.losses.MeanSquaredError.__base__(loss)


def mean_loss(model: Any, stage: Stage, x: Any, y: np.ndarray, *, training: bool) -> Any:
    """Return the mean loss of a batch, without penalties; for an objective, summed over its players."""
    if stage.objective is None:
        return ops.mean(make_loss_object(stage)(y, model(x, training=training)))
    losses = stage.objective(model, x, y, training=training)
    return sum(ops.mean(loss) for loss in (losses.values() if isinstance(losses, dict) else [losses]))


def _make(stage: Stage, field: Literal["loss", "optimizer"], get: Any, kind: type) -> Any:
    value = getattr(stage, field)
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
            f"The {field} of stage {name_of(stage.build)} makes an object of another kind.",
            received=instance,
            remedy=f"Let the function return a new Keras {field}.",
        )
    return instance


def weight_paths(model: Any) -> list[str]:
    """Return the path of each of the model's weights, starting at the outermost layer of the model that contains it."""
    names = {layer.name for layer in layers_of(model)}

    def inside(path: str) -> str:
        # Keras' path starts with the name of the model, or of a model that the layer was taken from. Drop that part,
        # unless it is also the name of a layer.
        outer, _, inner = path.partition("/")
        return path if outer in names or not inner else inside(inner)

    return [inside(weight.path) for weight in model.weights]


def describe_relation(stage: Stage, relation: Literal["inherits", "freezes"]) -> str:
    """Name how a stage depends on another, for the errors of the functions below: "grown inherits base"."""
    return f"{name_of(stage.build)} {relation} {name_of(getattr(stage, relation))}"


def match_weights(model: Any, names: list[str], *, wanted_by: str) -> dict[int, int]:
    """Match weights of a model to those of another, by path.

    Two weights match if the path of one ends in the path of the other, so that a layer is also found inside a nested
    model. Names that Keras made up ("dense_3") depend on what else was built, and never match.

    Args:
        model: the model that contains the other's layers.
        names: paths of the other model's weights.
        wanted_by: the relation of the two models for an error; see `describe_relation`.

    Returns:
        Index in `model.weights` to index in `names`.

    Raises:
        InputError: no path matches, a path matches more than one, or only some of a layer's weights match.
    """
    made_up = _made_up_names(model)
    matches: dict[int, int] = {}
    paths = weight_paths(model)
    for here, path in enumerate(paths):
        if _layer_name(path) in made_up:
            continue
        candidates = [there for there, name in enumerate(names) if _ends_in(path, name) or _ends_in(name, path)]
        exact = [there for there in candidates if names[there] == path]
        if len(exact or candidates) > 1:
            raise InputError(
                f"{wanted_by}, but a weight matches more than one of its layers.",
                received=f"{path} matches {', '.join(names[there] for there in candidates)}",
                remedy="Give every layer a unique name.",
            )
        if candidates:
            matches[here] = (exact or candidates)[0]
    if not matches:
        raise InputError(
            f"{wanted_by}, but they share no layer.",
            received=f"weights {', '.join(paths)}; and {', '.join(names)}",
            remedy='Give the shared layers the same names in both, as in Dense(30, name="hidden_1"); names that Keras '
            "makes up do not count.",
        )
    shared_layers = {_layer_of(paths[here]) for here in matches}
    unmatched = [path for here, path in enumerate(paths) if here not in matches and _layer_of(path) in shared_layers]
    if unmatched:
        raise InputError(
            f"{wanted_by}, but they share only a part of a layer.",
            received=f"{', '.join(unmatched)} in one and not in the other",
            remedy="Build layers with the same name the same way in both, biases included.",
        )
    return matches


def _layer_of(path: str) -> str:
    return path.rpartition("/")[0]


def _layer_name(path: str) -> str:
    return _layer_of(path).rpartition("/")[2]


def _ends_in(path: str, suffix: str) -> bool:
    return path == suffix or path.endswith(f"/{suffix}")


def _made_up_names(model: Any) -> set[str]:
    return {layer.name for layer in layers_of(model) if is_made_up(layer.name, type(layer).__name__)}


def inherit_weights(model: Any, parent: Any, *, wanted_by: str) -> dict[int, int]:
    """Set a model's weights to those of a trained parent, matched by path.

    Returns:
        Index in `model.weights` to index in `parent.weights`.

    Raises:
        InputError: the models share no layer, a shared layer differs in shape, or the parent has layers that cannot be
            matched because Keras made up their names. Layers that the user named may be dropped, unless a layer of the
            same kind and shape has a name that only the model has: one of the two names is misspelt.
    """
    names = weight_paths(parent)
    matches = match_weights(model, names, wanted_by=wanted_by)
    made_up = _made_up_names(parent)
    unmatched = [name for there, name in enumerate(names) if there not in matches.values()]
    _refuse([name for name in unmatched if _layer_name(name) in made_up], wanted_by=wanted_by)
    _refuse_misspelt(model, parent, matches, wanted_by=wanted_by)
    for here, there in matches.items():
        ours, theirs = model.weights[here], parent.weights[there]
        if tuple(ours.shape) != tuple(theirs.shape):
            raise InputError(
                f"{wanted_by}, but a shared weight differs in shape.",
                received=f"{ours.path} of shape {tuple(ours.shape)}, and {theirs.path} of {tuple(theirs.shape)}",
                remedy="Give layers that are not shared different names.",
            )
        ours.assign(theirs)
    for layer in layers_of(model):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with constants that are made of its weights
    return matches


def _refuse_misspelt(model: Any, parent: Any, matches: dict[int, int], *, wanted_by: str) -> None:
    """Raise InputError if a layer is left over on each side, both named by the user and of one kind and shape."""
    ours, theirs = _left_over(model, set(matches)), _left_over(parent, set(matches.values()))
    head = next(reversed([_layer_of(path) for path in weight_paths(model)]), "")
    for name, kind in ours.items():
        # A head is often exchanged for a new one of the same shape, under a name of its own.
        twins = [
            other
            for other, other_kind in theirs.items()
            if other_kind == kind and (name != head or SequenceMatcher(None, name, other).ratio() > MISSPELT_RATIO)
        ]
        if twins:
            shared = len({_layer_of(path) for here, path in enumerate(weight_paths(model)) if here in matches})
            total = len({_layer_of(path) for path in weight_paths(parent)})
            raise InputError(
                f"{wanted_by}, but only {shared} of {total} layers, "
                "and a layer of the same kind and shape is left over on both sides.",
                received=f"{name} in one and {' or '.join(twins)} in the other",
                remedy="Spell the name the same way in both. To start the layer anew, leave its name to Keras.",
            )


def _left_over(model: Any, matched: set[int]) -> dict[str, tuple[Any, ...]]:
    """Return class and shapes of each layer with unmatched weights that the user named, by its path."""
    made_up = _made_up_names(model)
    kinds: dict[str, list[Any]] = {}
    owners = {id(weight): type(layer).__name__ for layer in layers_of(model) for weight in layer.weights}
    for index, (path, weight) in enumerate(zip(weight_paths(model), model.weights, strict=True)):
        if index not in matched and _layer_name(path) not in made_up:
            kinds.setdefault(_layer_of(path), [owners.get(id(weight))]).append(tuple(weight.shape))
    return {path: tuple(kind) for path, kind in kinds.items()}


def freeze_layers(model: Any, reference: Any, *, wanted_by: str) -> set[int]:
    """Make every layer of a model untrainable whose weights match those of a reference.

    Returns:
        The indices in `model.weights` that are frozen.

    Raises:
        InputError: a layer of the reference is missing from the model, so that it cannot be frozen.
    """
    names = weight_paths(reference)
    matches = match_weights(model, names, wanted_by=wanted_by)
    _refuse([name for there, name in enumerate(names) if there not in matches.values()], wanted_by=wanted_by)
    frozen = set(matches)
    identities = {id(model.weights[index]) for index in frozen}
    for layer in layers_of(model):
        own = {id(weight) for weight in layer.weights}
        if own and own <= identities:
            layer.trainable = False
    return frozen


def _refuse(names: list[str], *, wanted_by: str) -> None:
    if names:
        raise InputError(
            f"{wanted_by}, but some of its layers were not found.",
            received=", ".join(names),
            remedy='Give every shared layer the same name in both, as in Dense(3, name="classes").',
        )


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
            "A model cannot be saved: the folder for temporary files cannot be written.",
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
            model.save(path)
            return path.read_bytes()
    finally:
        logger.setLevel(level)


def load_model(path: Path) -> Any:
    """Load a saved model."""
    return keras.models.load_model(path, compile=False)
