"""The floors of losses, and how far a loss is on the way to its floor."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.metrics import entropy, floor_of, loss_skill

FACES = np.random.default_rng(0).uniform(size=(5, 16, 16, 3)).astype(np.float32)


def test_the_skill_of_a_loss_is_0_for_the_best_constant_and_1_at_the_floor():
    assert loss_skill(0.6, trivial=0.6, floor=0.5) == 0.0
    assert loss_skill(0.5, trivial=0.6, floor=0.5) == 1.0
    assert loss_skill(0.5, trivial=0.5, floor=0.5) == 0.0


def test_the_floor_of_a_cross_entropy_is_the_entropy_of_its_targets():
    import keras

    y = FACES.reshape(5, -1)

    assert floor_of("binary_crossentropy", y) == entropy(y)
    assert entropy(y) == pytest.approx(float(keras.losses.BinaryCrossentropy()(y, y)), rel=1e-5)
    assert (floor_of("mean_squared_error", y), floor_of(None, y), floor_of("poisson", y)) == (0.0, None, None)
