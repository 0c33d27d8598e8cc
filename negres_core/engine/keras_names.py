"""The names of Keras' losses and optimizers, for the message about one that does not exist."""

from __future__ import annotations

import difflib
from typing import Any, Literal

import keras

USUAL = {"loss": ["binary_crossentropy", "mse", "sparse_categorical_crossentropy"], "optimizer": ["adam", "sgd"]}
"""Usual names, if none is like the wrong one."""


def names_like(value: Any, field: Literal["loss", "optimizer"]) -> str:
    """Return the names of losses or optimizers that are most like a wrong one, in words; usual ones if none is."""
    public = vars(keras.losses if field == "loss" else keras.optimizers)
    # A loss is known by the name of its function, and an optimizer by that of its class in small letters.
    named = {name if field == "loss" else name.lower() for name, made in public.items() if callable(made)}
    named -= {"get", "serialize", "deserialize", "optimizer"}
    named |= {"mse", "mae"} if field == "loss" else set()
    known = sorted(name for name in named if name.islower() and _is_known(name, field))
    text = value.lower() if isinstance(value, str) else ""
    near = set(difflib.get_close_matches(text, known))
    near |= {name for name in known if text and (name in text or (len(text) > 3 and text in name))}
    return f" such as {', '.join(map(repr, sorted(near) or USUAL[field]))}"


def _is_known(name: str, field: Literal["loss", "optimizer"]) -> bool:
    # Keras has public functions and classes that a name alone does not find or make.
    try:
        return (keras.losses.get if field == "loss" else keras.optimizers.get)(name) is not None
    except (LookupError, TypeError, ValueError):
        return False
