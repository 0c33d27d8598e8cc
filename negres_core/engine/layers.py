"""The layers of a model, at every depth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import keras

from negres_core.errors import InputError


def layers_of(model: Any) -> Iterator[Any]:
    """Yield the layers of a model at every depth, in order, each container before its layers."""
    for layer in layers_within(model):
        yield layer
        yield from layers_of(layer)


def layers_within(container: Any) -> Sequence[Any]:
    """Return the layers directly inside a model or a layer."""
    return getattr(container, "layers", None) or getattr(container, "_layers", None) or ()


def shape_of(layer: Any, end: Literal["input", "output"]) -> tuple[int, ...] | None:
    """Return the shape of one row at an end of a layer, or None if the layer was never called on a symbolic tensor."""
    try:
        return tuple(length or 1 for length in getattr(layer, end).shape[1:])
    except (AttributeError, ValueError):
        return None


class ProvisionalBins(list[float]):
    """Bin boundaries of a Discretization that is not adapted yet."""


def make_callable(model: Any) -> None:
    """Give every Discretization of a model that is not adapted provisional bins: without any, it cannot be called."""
    for layer in layers_of(model):
        if isinstance(layer, keras.layers.Discretization) and layer.bin_boundaries is None:
            # Keras would replace the list by one of its own class.
            object.__setattr__(layer, "bin_boundaries", ProvisionalBins(map(float, range(layer.num_bins - 1))))


def refuse_layers_of_tensorflow(model: Any, *, name: str) -> None:
    """Raise InputError if a model has a layer that cannot be called: of text, of another backend, or not adapted."""
    texts = (keras.layers.StringLookup, keras.layers.TextVectorization)
    tables = (keras.layers.IntegerLookup, *texts)
    hashes = (keras.layers.Hashing, keras.layers.HashedCrossing)
    found = [layer for layer in layers_of(model) if isinstance(layer, tables + hashes)]
    if not found:
        return
    of_text = [layer for layer in found if isinstance(layer, texts)]
    kind = type([*of_text, *found][0]).__name__
    in_front = (
        f"Give it to the recipe, which adapts it to each training fold: Recipe(..., preprocess=lambda: {kind}(...)); "
        "the build function begins with the layer that comes after it."
    )
    if of_text:
        raise InputError(
            f"{name} has a text layer, but models receive only numbers.",
            received=f"{kind} {of_text[0].name!r}",
            remedy=in_front,
        )
    if keras.backend.backend() != "tensorflow":
        raise InputError(
            f"{name} has a layer that Keras implements only with TensorFlow.",
            received=f"{kind} {found[0].name!r} under KERAS_BACKEND={keras.backend.backend()}",
            remedy=f"{in_front} Or use KERAS_BACKEND=tensorflow.",
        )
    empty = [layer.name for layer in found if isinstance(layer, tables) and not _has_vocabulary(layer)]
    if empty:
        raise InputError(
            f"{name} has a layer without a vocabulary, and negres does not adapt such a layer inside a model.",
            received=f"{', '.join(empty)}, which was not adapted",
            remedy=f"Give it the vocabulary: IntegerLookup(vocabulary=[...]). {in_front}",
        )


def _has_vocabulary(layer: Any) -> bool:
    sizes = layer.num_oov_indices + (layer.mask_token is not None) if hasattr(layer, "num_oov_indices") else 2
    return bool(layer.vocabulary_size() > sizes)
