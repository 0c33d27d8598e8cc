"""The model that was loaded last, kept for further calls as long as none of them changes it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np
from keras import ops


class KeptModel:
    """Keeps one model, since building it and loading its weights takes longer than most calls."""

    def __init__(self) -> None:
        self._key: Hashable = None
        self._model: Any = None

    @contextlib.contextmanager
    def loaded(self, key: Hashable, load: Callable[[], Any]) -> Iterator[Any]:
        """Return the model of a key for calls that should not change it.

        One that a call has changed is loaded anew the next time: a layer that draws noise moves its generator, and one
        of the user's may count.

        Args:
            key: what the model is known by.
            load: loads it.
        """
        if key != self._key:
            self._model, self._key = load(), key
        before = _values_of(self._model)
        try:
            yield self._model
        finally:
            pairs = zip(before, _values_of(self._model), strict=True)
            if not all(np.array_equal(one, other, equal_nan=True) for one, other in pairs):
                self._key = self._model = None


def _values_of(model: Any) -> list[np.ndarray]:
    return [np.array(ops.convert_to_numpy(variable)) for variable in model.variables]
