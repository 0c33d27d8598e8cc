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
    known = {name if field == "loss" else name.lower() for name, made in public.items() if callable(made)}
    known = {name for name in known if name.islower()} - {"get", "serialize", "deserialize", "optimizer"}
    known |= {"mse", "mae"} if field == "loss" else set()
    text = value.lower() if isinstance(value, str) else ""
    near = {*difflib.get_close_matches(text, known), *(name for name in known if text and name in text)}
    near |= {name for name in known if len(text) > 3 and text in name}
    return f" such as {', '.join(map(repr, sorted(near) or USUAL[field]))}"
