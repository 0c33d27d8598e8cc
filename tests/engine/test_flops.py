"""Operations of a step, against counts by hand."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from negres_core.engine.flops import step_flops

BY_HAND = {
    "dense, 6 to 8 to 3": (((6,), [layers.Dense(8), layers.Dense(3)]), 2 * (6 * 8 + 8 * 3)),
    "dense over 5 positions": (((5, 6), [layers.Dense(8)]), 2 * 5 * 6 * 8),
    "3 x 3 convolution of 8 x 8 x 2 to 6 x 6 x 4": (((8, 8, 2), [layers.Conv2D(4, 3)]), 2 * 6 * 6 * 3 * 3 * 2 * 4),
    "a stride of 2": (((8, 8, 2), [layers.Conv2D(4, 3, 2, "same")]), 2 * 4 * 4 * 3 * 3 * 2 * 4),
    "its transpose": (((4, 4, 4), [layers.Conv2DTranspose(2, 3, 2, "same")]), 2 * 4 * 4 * 3 * 3 * 2 * 4),
    "nothing that multiplies matrices": (((6,), [layers.Dropout(0.5), layers.BatchNormalization()]), 0),
}


@pytest.mark.parametrize(("model", "row"), BY_HAND.values(), ids=BY_HAND)
def test_a_step_is_three_passes_over_a_batch(model, row):
    shape, stack = model
    assert step_flops(keras.Sequential([keras.Input(shape), *stack]), 32) == 3 * 32 * row


def test_layers_inside_a_nested_model_count():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(8)])
    assert step_flops(keras.Sequential([keras.Input((6,)), inner, layers.Dense(3)]), 1) == 3 * 2 * (6 * 8 + 8 * 3)
