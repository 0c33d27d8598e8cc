"""LoRA: weights of low rank that `layer.enable_lora(rank)` adds to a layer, and that are trained instead of its kernel.

Keras adds them to the kernel when it saves a model, so that a file has another kernel, and none of them. What was
trained is written beside that, and read again where a model is built by its own code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from negres_core.engine.layers import layers_of

PREFIX = "lora_"
"""Beginning of the names of the weights that LoRA adds, and of those that are written beside Keras' own."""


def lora_layers(model: Any) -> list[Any]:
    """Return the layers of a model that have LoRA."""
    return [layer for layer in layers_of(model) if getattr(layer, "lora_enabled", False)]


def is_lora(path: str) -> bool:
    """Return whether a path is that of a weight that LoRA adds."""
    return path.rpartition("/")[2].startswith(PREFIX)


@contextlib.contextmanager
def weights_as_trained(model: Any) -> Iterator[None]:
    """Inside this context the layers of a model with LoRA save and load their weights as they are, too."""
    layers = lora_layers(model)
    for layer in layers:
        layer.save_own_variables = _saving(layer, layer.save_own_variables)
        layer.load_own_variables = _loading(layer, layer.load_own_variables)
    try:
        yield
    finally:
        for layer in layers:
            del layer.save_own_variables, layer.load_own_variables


def _key(weight: Any) -> str:
    return f"{PREFIX}{weight.name}"


def _saving(layer: Any, save: Callable[[Any], None]) -> Callable[[Any], None]:
    def save_both(store: Any) -> None:
        save(store)
        for weight in layer.weights:
            store[_key(weight)] = weight.numpy()

    return save_both


def _loading(layer: Any, load: Callable[[Any], None]) -> Callable[[Any], None]:
    def load_trained(store: Any) -> None:
        load(store)
        for weight in layer.weights:
            if _key(weight) in store.keys():  # noqa: SIM118  # a store of HDF5 is not a dictionary
                weight.assign(store[_key(weight)])

    return load_trained
