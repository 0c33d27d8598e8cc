"""Keras' global settings: which there are, and that no arm changes them for the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

SETTERS = {
    "dtype_policy": keras.config.set_dtype_policy,
    "epsilon": keras.config.set_epsilon,
    "floatx": keras.config.set_floatx,
    "image_data_format": keras.config.set_image_data_format,
}
"""The function that sets each setting."""


def settings() -> dict[str, Any]:
    """Return Keras' global settings by name."""
    return {
        "dtype_policy": keras.config.dtype_policy().name,
        "epsilon": keras.config.epsilon(),
        "floatx": keras.config.floatx(),
        "image_data_format": keras.config.image_data_format(),
    }


@contextmanager
def kept_settings() -> Iterator[dict[str, Any]]:
    """Undo what the code inside changes of Keras' global settings.

    Yields:
        A dictionary that afterwards holds each changed setting, with the value that the code gave it.
    """
    before, changed = settings(), dict[str, Any]()
    try:
        yield changed
    finally:
        changed.update({name: value for name, value in settings().items() if value != before[name]})
        for name in changed:
            SETTERS[name](before[name])
