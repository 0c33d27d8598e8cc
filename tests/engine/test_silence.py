"""Units of hidden ReLU layers that are zero on every row are counted, over several calls."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers

from negres_core.engine.silence import track_silence


def test_units_that_are_zero_on_every_row_are_silent():
    hidden = layers.Dense(3, "relu", name="hidden")
    model = keras.Sequential([keras.Input((2,)), hidden, layers.Dense(1, "relu")])
    # The first unit is positive on the first row alone, the second never, the third always.
    hidden.set_weights([np.array([[1.0, -1, 0], [-1, 0, 0]]), np.array([0.0, -1, 1])])
    with track_silence(model) as silent:
        model(np.array([[0.0, 1]]))
        assert silent[0].tolist() == [True, True, False]
        model(np.array([[1.0, 0]]))
    assert silent[0].tolist() == [False, True, False]
    assert list(silent) == [0]  # the last layer is not a hidden one
    assert "call" not in vars(hidden)
