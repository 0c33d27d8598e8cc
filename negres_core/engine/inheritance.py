"""Weights that the models of two stages share: matched by their paths, inherited and frozen."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, Literal

import keras

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.engine.inner_names import placed_paths
from negres_core.engine.layers import layers_of
from negres_core.engine.lora import is_lora, lora_layers
from negres_core.errors import InputError
from negres_core.provenance.state import is_made_up

MISSPELT_RATIO = 0.7
"""Share of common characters above which the name of a new head is a misspelt one of the parent's head."""


def weight_paths(model: Any) -> list[str]:
    """Return the path of each of the model's weights, starting at the outermost layer of the model that contains it."""
    names = {layer.name for layer in layers_of(model)}

    def inside(path: str) -> str:
        # Keras' path starts with the name of the model, or of a model that the layer was taken from. Drop that part,
        # unless it is also the name of a layer.
        outer, _, inner = path.partition("/")
        return path if outer in names or not inner else inside(inner)

    return [inside(weight.path) for weight in model.weights]


def matching_paths(model: Any) -> list[str]:
    """Return the paths of a model's weights by which they match those of another model."""
    return placed_paths(model, weight_paths(model))


def describe_relation(stage: Stage, relation: Literal["inherits", "freezes"]) -> str:
    """Name how a stage depends on another, for the errors of the functions below: "grown inherits base"."""
    return f"{name_of(stage.build)} {relation} {name_of(getattr(stage, relation))}"


def match_weights(model: Any, other: Any, *, wanted_by: str) -> dict[int, int]:
    """Match weights of a model to those of another, by path.

    Two weights match if the path of one ends in the path of the other, so that a layer is also found inside a nested
    model. Names that Keras made up ("dense_3") depend on what else was built, and never match.

    Args:
        model: the model that contains the other's layers.
        other: the other model.
        wanted_by: the relation of the two models for an error; see `describe_relation`.

    Returns:
        Index in `model.weights` to index in `other.weights`.

    Raises:
        InputError: no path matches, a path matches more than one, or only some of a layer's weights match.
    """
    matches = _pair_paths(model, other, wanted_by=wanted_by)
    paths, names = matching_paths(model), matching_paths(other)
    if not matches:
        raise InputError(
            f"{wanted_by}, but they share no layer.",
            received=f"weights {', '.join(paths)}; and {', '.join(names)}",
            remedy='Give the shared layers the same names in both, as in Dense(30, name="hidden_1"); names that Keras '
            "makes up do not count.",
        )
    shared_layers = {_layer_of(paths[here]) for here in matches}
    unmatched = [
        path
        for here, path in enumerate(paths)
        # LoRA is added to a layer that is shared, and starts anew.
        if here not in matches and _layer_of(path) in shared_layers and not is_lora(path)
    ]
    if unmatched:
        raise InputError(
            f"{wanted_by}, but they share only a part of a layer.",
            received=f"{', '.join(unmatched)} in only one of the two",
            remedy="Build layers with the same name the same way in both, biases included.",
        )
    return matches


def _pair_paths(model: Any, other: Any, *, wanted_by: str) -> dict[int, int]:
    """Match weights by their paths, and raise InputError if a path matches more than one; see `match_weights`."""
    made_up = _made_up_names(model)
    matches: dict[int, int] = {}
    names = matching_paths(other)
    for here, path in enumerate(matching_paths(model)):
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
    names = matching_paths(parent)
    matches = match_weights(model, parent, wanted_by=wanted_by)
    made_up = _made_up_names(parent)
    unmatched = [name for there, name in enumerate(names) if there not in matches.values()]
    shared_layers = {_layer_of(names[there]) for there in matches.values()}
    lost = [name for name in unmatched if is_lora(name) and _layer_of(name) in shared_layers]
    if lost:
        raise InputError(
            f"{wanted_by}, but without the LoRA that was trained, on which its layers depend.",
            received=f"{', '.join(lost)} in the parent alone",
            remedy="Call enable_lora of the same rank in both build functions.",
        )
    _refuse([name for name in unmatched if _layer_name(name) in made_up], wanted_by=wanted_by)
    _refuse_misspelt(model, parent, matches, wanted_by=wanted_by)
    for here, there in matches.items():
        ours, theirs = model.weights[here], parent.weights[there]
        if tuple(ours.shape) != tuple(theirs.shape):
            raise InputError(
                f"{wanted_by}, but a shared weight differs in shape.",
                received=f"{ours.path} of shape {tuple(ours.shape)}, and {theirs.path} of {tuple(theirs.shape)}",
                remedy="If the layers are not meant to be shared, give them different names.",
            )
        ours.assign(theirs)
    finish_layers(model)
    return matches


def inherit_what_fits(model: Any, parent: Any, *, wanted_by: str) -> dict[int, int]:
    """Set those of a model's weights to a trained parent's that have the same path and shape; leave all others.

    Returns:
        Index in `model.weights` to index in `parent.weights`.

    Raises:
        InputError: a path matches more than one.
    """
    pairs = _pair_paths(model, parent, wanted_by=wanted_by)
    fitting = {
        here: there
        for here, there in pairs.items()
        if tuple(model.weights[here].shape) == tuple(parent.weights[there].shape)
    }
    for here, there in fitting.items():
        model.weights[here].assign(parent.weights[there])
    return fitting


def finish_layers(model: Any) -> None:
    """Let layers know that their weights were set from outside."""
    for layer in layers_of(model):
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with constants that are made of its weights


def _refuse_misspelt(model: Any, parent: Any, matches: dict[int, int], *, wanted_by: str) -> None:
    """Raise InputError if a layer is left over on each side, both named by the user and of one kind and shape."""
    ours, theirs = _left_over(model, set(matches)), _left_over(parent, set(matches.values()))
    head = next(reversed([_layer_of(path) for path in matching_paths(model)]), "")
    for name, kind in ours.items():
        # A head is often exchanged for a new one of the same shape, under a name of its own.
        twins = [
            other
            for other, other_kind in theirs.items()
            if other_kind == kind and (name != head or SequenceMatcher(None, name, other).ratio() > MISSPELT_RATIO)
        ]
        if twins:
            shared = len({_layer_of(path) for here, path in enumerate(matching_paths(model)) if here in matches})
            total = len({_layer_of(path) for path in matching_paths(parent)})
            raise InputError(
                f"{wanted_by}, but only {shared} of {total} layers, "
                "and a layer of the same kind and shape is left over on both sides.",
                received=f"{name} in one and {' or '.join(twins)} in the other",
                remedy="Give it the same name in both. To start the layer anew, do not name it.",
            )


def _left_over(model: Any, matched: set[int]) -> dict[str, tuple[Any, ...]]:
    """Return class and shapes of each layer with unmatched weights that the user named, by its path."""
    made_up = _made_up_names(model)
    kinds: dict[str, list[Any]] = {}
    owners = {id(weight): type(layer).__name__ for layer in layers_of(model) for weight in layer.weights}
    for index, (path, weight) in enumerate(zip(matching_paths(model), model.weights, strict=True)):
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
    names = matching_paths(reference)
    matches = match_weights(model, reference, wanted_by=wanted_by)
    _refuse([name for there, name in enumerate(names) if there not in matches.values()], wanted_by=wanted_by)
    frozen = set(matches)
    identities = {id(model.weights[index]) for index in frozen}
    for layer in layers_of(model):
        own = {id(weight) for weight in layer.weights}
        if own and own <= identities:
            layer.trainable = False
    for layer in lora_layers(model):
        # Its other weights stay trainable: training them is what LoRA is for.
        for weight in layer.weights:
            if id(weight) in identities:
                weight.trainable = False
    return frozen


def _refuse(names: list[str], *, wanted_by: str) -> None:
    if names:
        raise InputError(
            f"{wanted_by}, but some of its layers were not found.",
            received=", ".join(names),
            remedy='Give every shared layer the same name in both, as in Dense(3, name="classes").',
        )
